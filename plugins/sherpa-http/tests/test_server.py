"""What the server answers to clients of all kinds, above all to bad ones."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sherpa_http import HTTPStorage, server
from sherpa_testkit.storage_log import note

APPEND = "/sherpa/1/append"


def works(served: HTTPStorage) -> bool:
    """Whether a client gets through, on a connection of its own."""
    client = HTTPStorage(served.url)
    before = len(client.read("s", 0, None))
    assert client.append("s", [note(before)]) == before + 1
    return [event["number"] for event in client.read("s", 0, None)] == list(range(before + 1))


# ---- the token --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", [APPEND, "/sherpa/1/list", "/sherpa/9/list", "/", "/x?y", "*"])
def test_a_wrong_token_learns_nothing(peer: Any, method: str, path: str) -> None:
    answer = peer.ask(path, {"study": "s", "events": []}, method, token="x" * len(peer.token))
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers == {
        "content-length": "0",
        "www-authenticate": "Bearer",
        "connection": "close",
    }


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda t: t[:-1], lambda t: t + "A"])
def test_nearly_the_token_is_a_wrong_one(peer: Any, change: Any) -> None:
    assert peer.ask("/sherpa/1/list", {}, token=change(peer.token)).status == 401


def test_a_token_that_is_missing_or_in_another_place(peer: Any) -> None:
    for line in ("", f"Authorization: {peer.token}\r\n", "Authorization: Bearer é\r\n"):
        request = f"POST /sherpa/1/list?token={peer.token} HTTP/1.1\r\nHost: x\r\n{line}\r\n"
        (answer,) = peer.say(request.encode())
        assert (answer.status, answer.body) == (401, b"")


def test_a_wrong_token_is_refused_before_the_body_is_taken(peer: Any) -> None:
    head = f"POST {APPEND} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n"
    with peer.connect() as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_a_wrong_token_with_a_long_body_gets_its_answer(peer: Any) -> None:
    answer = peer.ask(APPEND, b"x" * 3_000_000, token="wrong")
    assert (answer.status, answer.body) == (401, b"")


# ---- requests that say something else ---------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"hello\r\n\r\n", "illegal request line"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "request line"),
        (b"POST / HTTP/1.1\r\n\r\n", "Host"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "Content-Length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", ""),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n" + b"x" * 20_000, "too long"),
    ],
    ids=["words", "TLS", "no host", "length", "lengths", "encoding", "long head"],
)
def test_what_is_not_http(peer: Any, served: HTTPStorage, request_: bytes, words: str) -> None:
    (answer,) = peer.say(request_)
    assert answer.status == 400
    assert "not valid HTTP" in answer.message and words in answer.message
    assert works(served)


@pytest.mark.parametrize(
    ("operation", "body", "words"),
    [
        ("append", b"", "not JSON"),
        ("append", b'{"study": "s"', "not JSON"),
        ("append", b'{"study": "\xff"}', "not JSON"),
        ("append", b"[" * 1_000_000, "not JSON"),
        ("append", b'{"study": "s", "events": [' + b"9" * 5000 + b"]}", "not JSON"),
        ("append", b"[]", "must be a JSON object"),
        ("append", {}, "'study' must be a JSON string"),
        ("append", {"study": 1, "events": []}, "'study' must be a JSON string"),
        ("append", {"study": "s"}, "'events' must be a JSON array"),
        ("append", {"study": "s", "events": {}}, "'events' must be a JSON array"),
        ("append", {"study": "s", "events": [1]}, "'events' must hold JSON objects"),
        ("read", {"study": "s"}, "'after' must be a JSON integer"),
        ("read", {"study": "s", "after": True}, "'after' must be a JSON integer"),
        ("read", {"study": "s", "after": 0.5}, "'after' must be a JSON integer"),
        ("read", {"study": "s", "after": -1}, "'after' must be at least 0"),
        ("read", {"study": "s", "after": 2**63}, "'after' must be at least 0"),
        ("read", {"study": "s", "after": 0, "limit": "x"}, "'limit' must be a JSON integer"),
        ("delete", {"study": None}, "'study' must be a JSON string"),
    ],
)
def test_a_body_that_is_not_what_it_should_be(
    peer: Any, served: HTTPStorage, operation: str, body: object, words: str
) -> None:
    answer = peer.ask(f"/sherpa/1/{operation}", body)
    assert answer.status == 400
    assert words in answer.message
    assert works(served)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/etc/passwd", 404),
        ("/../study.db", 404),
        ("/study.db", 404),
        ("/sherpa/2/list", 404),
        ("/sherpa/1/", 404),
        ("/sherpa/1/../../etc/passwd", 404),
        ("/sherpa/1/__class__", 404),
        ("/sherpa/1/_append", 404),
    ],
)
def test_nothing_else_is_served(peer: Any, path: str, status: int) -> None:
    answer = peer.ask(path, {"study": "s"})
    assert answer.status == status
    assert list(json.loads(answer.body)) == ["message"]


def test_only_post_is_understood(peer: Any, served: HTTPStorage) -> None:
    served.append("s", [note()])
    for method in ("GET", "DELETE", "PUT", "HEAD", "CONNECT"):
        assert peer.ask("/sherpa/1/delete", {"study": "s"}, method).status == 405
    assert served.list_studies() == ["s"]


@pytest.mark.parametrize("size", [8_000_001, 10**15])
def test_a_body_that_is_too_long_by_its_own_words(peer: Any, size: int) -> None:
    head = f"POST {APPEND} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
    (answer,) = peer.say(f"{head}Authorization: Bearer {peer.token}\r\n\r\n".encode(), b"x" * 1000)
    assert answer.status == 413
    assert "8,000,000 bytes" in answer.message


def test_a_body_in_chunks(peer: Any, served: HTTPStorage) -> None:
    head = f"POST {APPEND} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    start = f"{head}Authorization: Bearer {peer.token}\r\n\r\n".encode()
    body = json.dumps({"study": "s", "events": [note(7)]}).encode()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
    (answer,) = peer.say(start, chunks, b"0\r\n\r\n")
    assert (answer.status, json.loads(answer.body)) == (200, {"position": 1})
    (answer,) = peer.say(start, *[b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"] * 9)
    assert answer.status == 413
    (answer,) = peer.say(start, b"not a chunk\r\n")
    assert answer.status == 400


def test_a_client_that_asks_whether_to_go_on(peer: Any) -> None:
    head = "POST /sherpa/1/list HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    expecting = f"{head}Authorization: Bearer {peer.token}\r\nExpect: 100-continue\r\n\r\n"
    with peer.connect() as connection:
        connection.sendall(expecting.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_wants_another_protocol(peer: Any) -> None:
    headers = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    assert peer.ask("/sherpa/1/list", {}, headers=headers).status == 200


def test_several_requests_on_one_connection(peer: Any) -> None:
    one = f"POST /sherpa/1/list HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {peer.token}\r\n"
    request = f"{one}Content-Length: 2\r\n\r\n{{}}".encode()
    assert [answer.status for answer in peer.say(request * 5)] == [200] * 5


# ---- clients that take their time, or go ------------------------------------------------


def test_slow_clients_hold_up_nobody(peer: Any, served: HTTPStorage) -> None:
    starts = [b"", b"POST ", f"POST {APPEND} HTTP/1.1\r\nHost: x\r\n".encode()]
    half = f"POST {APPEND} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {peer.token}\r\n"
    starts.append(f"{half}Content-Length: 100\r\n\r\n{{".encode())
    slow = [peer.connect() for _ in range(100)]
    for number, connection in enumerate(slow):
        connection.sendall(starts[number % len(starts)])
    assert works(served)
    for connection in slow:
        connection.close()
    assert works(served)


def test_more_connections_than_there_may_be(peer: Any, served: HTTPStorage) -> None:
    served._server._most = 10  # type: ignore[union-attr]
    client = HTTPStorage(served.url)
    idle = []
    for number in range(30):
        idle.append(peer.connect())
        assert client.append("s", [note(number)]) == number + 1
    closed = 0
    for connection in idle:
        connection.setblocking(False)
        try:
            closed += connection.recv(1) == b""
        except BlockingIOError:
            pass
        except ConnectionResetError:
            closed += 1
        connection.close()
    assert closed >= 20


def test_a_client_that_is_too_slow_is_sent_away(
    peer: Any, served: HTTPStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_PATIENCE", 0.05)
    with peer.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        assert connection.recv(1) == b""
    monkeypatch.undo()
    assert works(served)


def test_a_connection_that_the_server_closed_is_opened_again(
    served: HTTPStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = HTTPStorage(served.url)
    with monkeypatch.context() as patch:
        patch.setattr(server, "_PATIENCE", 0.01)
        client.append("s", [note(0)])
        (kept,) = client._inner._idle
        assert kept.sock.recv(1, socket.MSG_PEEK) == b""  # waits until it is closed
    assert client.append("s", [note(1)]) == 2


@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.one_of(st.binary(), st.sampled_from([b"\r\n", b"POST / HTTP/1.1", b"Host: x"]))))
def test_no_bytes_end_the_server(peer: Any, served: HTTPStorage, pieces: list[bytes]) -> None:
    for answer in peer.say(*pieces):
        assert answer.status in (400, 401)
    with peer.connect() as connection:  # goes in the middle, without waiting
        connection.sendall(b"".join(pieces))
    assert peer.ask("/sherpa/1/list", {}).status == 200
