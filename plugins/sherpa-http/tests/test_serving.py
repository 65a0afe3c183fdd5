"""A folder that is served: its address, its token, and who else may come."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.errors import StorageError, UserError
from sherpa_http import HTTPStorage, address
from sherpa_http import storage as storage_module
from sherpa_http.storage import URL_FILE
from sherpa_sqlite import SQLiteStorage, opening
from sherpa_testkit.storage_log import note

Serve = Callable[..., HTTPStorage]


def port_of(storage: HTTPStorage) -> int:
    return int(storage.url.rpartition(":")[2].rstrip("/"))


def is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True


# ---- the runner's own side --------------------------------------------------------------


def test_the_runner_uses_the_folders_own_storage(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    remote = HTTPStorage(served.url)
    assert served.append("s", [note(1)]) == 1
    assert remote.append("s", [note(2)]) == 2
    local = SQLiteStorage(f"{tmp_path}/study.db")
    assert local.append("s", [note(3)]) == 3
    for storage in (served, remote, local):
        assert [event["number"] for event in storage.read("s", 0, None)] == [1, 2, 3]
        assert storage.list_studies() == ["s"]
    served.delete_study("s")
    assert list(local.list_studies()) == []


def test_a_folder_on_a_network_file_system(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "file_system", lambda path: "nfs4")
    served = serve()
    remote = HTTPStorage(served.url)
    assert served.append("s", [note(1)]) == 1
    assert remote.append("s", [note(2)]) == 2
    assert served.read("s", 0, None) == remote.read("s", 0, None) == [note(1), note(2)]
    served.close()
    assert SQLiteStorage(f"{tmp_path}/study.db").read("s", 0, None) == [note(1), note(2)]


def test_the_port_is_free_after_closing(serve: Serve) -> None:
    served = serve()
    port = port_of(served)
    assert is_open("127.0.0.1", port)
    served.close()
    served.close()
    assert not is_open("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_what_has_arrived_is_answered_before_it_closes(serve: Serve) -> None:
    served = serve()
    remote = HTTPStorage(served.url)
    for number in range(20):
        assert remote.append("s", [note(number)]) == number + 1
    served.close()
    assert [event["number"] for event in served.read("s", 0, None)] == list(range(20))


# ---- address and token ------------------------------------------------------------------


def test_address_and_token_stay(serve: Serve, tmp_path: Path) -> None:
    first = serve()
    url = first.url
    file = tmp_path / URL_FILE
    assert file.read_text() == f"{url}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    first.close()
    assert serve().url == url
    assert os.listdir(tmp_path) == [URL_FILE]


def test_every_folder_has_a_token_of_its_own(serve: Serve, tmp_path: Path) -> None:
    tokens = set()
    for name in "abc":
        (tmp_path / name).mkdir()
        tokens.add(serve(tmp_path / name).url.split("@")[0])
    assert len(tokens) == 3
    assert min(map(len, tokens)) > 40


def test_a_port_that_is_chosen(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    served = serve(port=port)
    assert port_of(served) == port
    served.close()
    assert port_of(serve()) == port


@pytest.mark.parametrize("port", [0, -1, 65_536, "80", 1.5, True])
def test_a_port_that_is_none(serve: Serve, port: Any) -> None:
    with pytest.raises(UserError, match=r"port is .*; allowed are"):
        serve(port=port)


def test_a_port_that_something_else_has_taken(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_module, "_PROBE", 0.05)
    served = serve()
    served.close()
    taken = socket.create_server(("127.0.0.1", port_of(served)))
    with taken, pytest.raises(StorageError) as caught:
        serve()
    assert f"127.0.0.1, port {port_of(served)}: Address already in use" in str(caught.value)
    assert f"delete {tmp_path / URL_FILE} if no job is running" in str(caught.value)
    monkeypatch.undo()
    assert serve().url == served.url


def test_only_one_address_is_listened_on(serve: Serve) -> None:
    served = serve(remote=True, host="127.0.0.2")
    assert "@127.0.0.2:" in served.url
    assert served.remote
    assert is_open("127.0.0.2", port_of(served))
    assert not is_open("127.0.0.1", port_of(served))
    assert HTTPStorage(served.url).append("s", [note()]) == 1


def test_this_host_alone_unless_it_is_told_otherwise(serve: Serve) -> None:
    served = serve()
    assert "@127.0.0.1:" in served.url
    assert not served.remote and served.shared


def test_other_hosts_reach_an_address_that_is_this_hosts_own(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "is_loopback", lambda host: host == "127.0.0.1")
    monkeypatch.setattr(socket, "gethostname", lambda: "127.0.0.1")
    monkeypatch.setattr(address, "_routed", lambda: ["203.0.113.77", "127.0.0.3"])
    served = serve(remote=True)
    assert "@127.0.0.3:" in served.url  # neither loopback nor another machine's
    assert served.remote
    monkeypatch.setattr(socket, "gethostname", lambda: "127.0.0.4")
    served.close()
    assert "@127.0.0.4:" in serve(remote=True).url


def test_a_host_without_an_address(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "nobody.invalid")
    monkeypatch.setattr(address, "_routed", list)
    with pytest.raises(UserError, match=r"no address that other hosts reach.*`host`"):
        serve(remote=True)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("nobody.invalid", "is not known here"),
        ("x" * 100, "this is no name of a host"),
        ("", "host is ''; allowed is"),
        (5, "host is 5; allowed is"),
        ("0", "every network of this machine"),
        ("::", "every network of this machine"),
        ("203.0.113.77", "Cannot assign requested address"),
    ],
)
def test_a_host_that_cannot_be_served_on(serve: Serve, host: Any, words: str) -> None:
    with pytest.raises((UserError, StorageError), match=words):
        serve(host=host)


def test_an_address_file_that_was_changed(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / URL_FILE).write_text("hello")
    with pytest.raises(UserError, match=f"what {tmp_path / URL_FILE} holds lacks host or port"):
        serve()


# ---- other processes --------------------------------------------------------------------

_OTHER = """
import sys
from pathlib import Path
from sherpa_http import HTTPStorage
storage = HTTPStorage.serve(Path(sys.argv[1]))
print(storage.serves, storage.url, flush=True)
sys.stdin.read()
storage.close()
"""


def start_other(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _OTHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_connects_to_the_first(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    served.append("s", [note(1)])
    second = serve()
    assert second.url == served.url
    assert not second.serves and not second.remote
    assert second.append("s", [note(2)]) == 2
    second.close()
    assert served.read("s", 0, None) == [note(1), note(2)]
    assert HTTPStorage(served.url).list_studies() == ["s"]  # it goes on serving


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    others = [start_other(tmp_path) for _ in range(4)]
    said = [other.stdout.readline().split() for other in others]  # type: ignore[union-attr]
    for other in others:
        other.communicate()
    assert sorted(serves for serves, _ in said) == ["False", "False", "False", "True"]
    assert len({url for _, url in said}) == 1


def test_a_killed_process_is_followed_at_its_address(serve: Serve, tmp_path: Path) -> None:
    with start_other(tmp_path) as other:
        _, url = other.stdout.readline().split()  # type: ignore[union-attr]
        remote = HTTPStorage(url)
        remote.append("s", [note(1)])
        other.kill()
    served = serve()
    assert (served.serves, served.url) == (True, url)
    assert remote.append("s", [note(2)]) == 2


def test_a_forked_child_does_not_hold_the_address(serve: Serve) -> None:
    served = serve()
    remote = HTTPStorage(served.url)
    remote.append("s", [note(0)])
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)  # lives until the parent has seen what it wants
        os._exit(0)
    served.close()
    (kept,) = remote._inner._idle
    assert kept.sock.recv(1) == b""  # closed, although the child lives
    assert not is_open("127.0.0.1", port_of(served))
    assert serve().url == served.url
    assert remote.append("s", [note(1)]) == 2
    os.close(writer)
    os.waitpid(child, 0)
    os.close(reader)
