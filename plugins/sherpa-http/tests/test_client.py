"""What a client does with long logs, lost connections, and servers that are none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.errors import Conflict, StorageError, UserError
from sherpa_core.events import MAX_EVENT_SIZE
from sherpa_http import HTTPStorage, client, protocol
from sherpa_testkit.storage_log import note, numbers

TOKEN = "a-token-that-nobody-may-see"


def refusal(url: str, timeout: float = 60.0) -> str:
    """The sentence with which every call fails; none shows the token."""
    found = set()
    for call in (
        lambda storage: storage.append("s", [note()]),
        lambda storage: storage.read("s", 0, None),
        lambda storage: storage.list_studies(),
        lambda storage: storage.delete_study("s"),
    ):
        with pytest.raises(StorageError) as caught:
            call(HTTPStorage(url, timeout))
        found.add(str(caught.value))
        assert TOKEN not in f"{caught.value!r} {caught.value.__cause__!r}"
    (sentence,) = found
    return sentence


@contextmanager
def answering(reply: bytes | None) -> Iterator[str]:
    """A server that answers every connection so (None: never), and closes it."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                if reply is not None:
                    connection.recv(65_536)
                    connection.sendall(reply)
                    connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=work)
        thread.start()
        yield f"http://:{TOKEN}@127.0.0.1:{listener.getsockname()[1]}/"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in held:
        connection.close()


# ---- servers that are gone, or others ---------------------------------------------------


def test_a_server_that_is_gone(serve: Callable[..., HTTPStorage]) -> None:
    served = serve()
    served.close()
    sentence = refusal(served.url)
    place = served.url.partition("@")[2].rstrip("/")
    assert f"at {place} does not answer (Connection refused)" in sentence
    assert "continue the study" in sentence


def test_a_server_that_goes_and_comes_again(serve: Callable[..., HTTPStorage]) -> None:
    served = serve()
    remote = HTTPStorage(served.url)
    assert remote.append("s", [note(0, key="a")]) == 1
    served.close()
    with pytest.raises(StorageError, match="does not answer"):
        remote.append("s", [note(1)])
    assert serve().url == served.url
    assert remote.append("s", [note(0, key="a")]) == 0
    assert remote.append("s", [note(2)]) == 2


def test_a_wrong_token(serve: Callable[..., HTTPStorage]) -> None:
    place = serve().url.partition("@")[2]
    sentence = refusal(f"http://:{TOKEN}@{place}")
    assert f"at {place.rstrip('/')} refuses the token" in sentence


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nSherpa-Storage: 1\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nSherpa-Storage: 1\r\nContent-Length: 2\r\n\r\n[]",
    ],
    ids=["nothing", "ssh", "other", "404", "redirect", "cut off", "no JSON", "no object"],
)
def test_what_is_not_a_storage(reply: bytes) -> None:
    with answering(reply) as url:
        sentence = refusal(url)
    place = url.partition("@")[2].rstrip("/")
    assert f"at {place}" in sentence
    assert "is not a SHERPA storage" in sentence or "the connection was closed" in sentence


def test_answers_that_lack_what_was_asked_for() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nSherpa-Storage: 1\r\nContent-Length: 2\r\n\r\n{}") as url:
        for call in (
            lambda storage: storage.append("s", [note()]),
            lambda storage: storage.read("s", 0, None),
            lambda storage: storage.list_studies(),
        ):
            with pytest.raises(StorageError, match="is not a SHERPA storage"):
                call(HTTPStorage(url))


def test_a_server_of_a_newer_version() -> None:
    with answering(
        b"HTTP/1.1 404 Not Found\r\nSherpa-Storage: 2\r\nContent-Length: 2\r\n\r\n{}"
    ) as url:
        sentence = refusal(url)
    assert "speaks version 2 of the protocol" in sentence
    assert "install the same sherpa-http" in sentence


def test_a_server_that_never_answers() -> None:
    with answering(None) as url:
        assert "does not answer (nothing came in time)" in refusal(url, timeout=0.05)


def test_a_host_that_is_not_known() -> None:
    assert "at nobody.invalid:1 does not answer" in refusal(f"http://:{TOKEN}@nobody.invalid:1/")


def test_a_storage_that_fails_at_the_server(
    served: HTTPStorage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    remote = HTTPStorage(served.url)
    Path(served._inner.path).write_bytes(b"hello")
    with pytest.raises(StorageError, match=r"at 127\.0\.0\.1:\d+ reports: .* is no SQLite"):
        remote.append("s", [note()])
    monkeypatch.setattr(type(served._inner), "list_studies", lambda self: 1 / 0)
    with pytest.raises(StorageError, match="reports: ZeroDivisionError: division by zero"):
        remote.list_studies()
    assert "ZeroDivisionError" in caplog.text


# ---- the URL ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http:", "names no server"),
        ("http://", "lacks host or port"),
        (f"http://:{TOKEN}@host/", "lacks host or port"),
        (f"http://:{TOKEN}@:80/", "lacks host or port"),
        (f"http://:{TOKEN}@host:0/", "lacks host or port"),
        (f"http://:{TOKEN}@host:66666/", "not a valid URL"),
        (f"http://:{TOKEN}@host:x/", "not a valid URL"),
        (f"http://:{TOKEN}@{'x' * 100}:80/", "not a valid URL"),
        (f"http://:{TOKEN}@[::1:80/", "not a valid URL"),
        ("http://host:80/", "for host:80 lacks the token"),
        ("http://:@host:80/", "for host:80 lacks the token"),
        (f"http://:{TOKEN}%0d%0a@host:80/", "for host:80 lacks the token"),
        (f"http://user:{TOKEN}@host:80/", "for host:80 lacks the token"),
        (f"http://:{TOKEN}@host:80/study", "goes on behind the port"),
        (f"http://:{TOKEN}@host:80/?timeout=1", "goes on behind the port"),
    ],
)
def test_a_url_that_names_no_server(url: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(url)
    for given in {url, f"http:{file}" if url != "http:" else url}:
        with pytest.raises(UserError) as caught:
            HTTPStorage(given)
        assert words in str(caught.value)
        assert "http://:TOKEN@HOST:PORT/" in str(caught.value)
        assert TOKEN not in str(caught.value)


def test_a_url_in_a_file(serve: Callable[..., HTTPStorage], tmp_path: Path) -> None:
    served = serve()
    remote = HTTPStorage(f"http:{tmp_path}/http-storage.url")
    assert remote.url == served.url
    with pytest.raises(StorageError, match="/missing cannot be read: No such file"):
        HTTPStorage(f"http:{tmp_path}/missing")
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(StorageError, match="it is not a text"):
        HTTPStorage(f"http:{tmp_path}/binary")


def test_the_token_is_not_shown() -> None:
    storage = HTTPStorage(f"http://:{TOKEN}@[::1]:80/")
    assert storage.url == f"http://:{TOKEN}@[::1]:80/"
    assert TOKEN not in f"{storage} {storage!r} {vars(storage._inner)['_address']!r}"


@pytest.mark.parametrize("timeout", [0, -1, True, "x", float("nan"), 1e6])
def test_a_timeout_that_is_none(timeout: Any) -> None:
    with pytest.raises(UserError, match="timeout is"):
        HTTPStorage(f"http://:{TOKEN}@host:80/", timeout)


# ---- long logs --------------------------------------------------------------------------


def test_long_batches_and_logs_travel_in_pieces(served: HTTPStorage) -> None:
    remote = HTTPStorage(served.url)
    longest = "\U0001f600" * (MAX_EVENT_SIZE - 100)  # four bytes each
    batch = [note(number, text=longest if number % 4 == 0 else "x") for number in range(9)]
    assert remote.append("s", batch) == 9
    assert remote.read("s", 0, None) == batch
    assert remote.read("s", 3, 3) == batch[3:6]


def test_a_conflict_in_a_later_piece(served: HTTPStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = HTTPStorage(served.url)
    served.append("s", [note(-1, key="taken")])
    monkeypatch.setattr(client, "PIECE", 1)
    assert remote.append("s", [note(0), note(1, key="k")]) == 3
    assert remote.append("s", [note(1, key="k"), note(2)]) == 0
    with pytest.raises(Conflict) as caught:
        remote.append("s", [note(3), note(4), note(5, key="taken"), note(6)])
    assert (caught.value.key, caught.value.index) == ("taken", 2)
    assert numbers(remote) == [-1, 0, 1, 2, 3, 4]


@pytest.mark.parametrize("limit", [None, 0, 1, 500, 501, 1700, 5000])
def test_pages_of_any_size(
    served: HTTPStorage, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    served.append("s", [note(number) for number in range(2000)])
    for size in (1, 70_000, protocol.PIECE):
        monkeypatch.setattr("sherpa_http.service.PIECE", size)
        found = HTTPStorage(served.url).read("s", 10, limit)
        assert [event["number"] for event in found] == list(range(2000))[10:][:limit]
