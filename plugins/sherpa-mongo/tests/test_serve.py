"""A study's own `mongod`, started by the storage; a stand-in of that name where there is none."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from sherpa_core.errors import StorageError, UserError
from sherpa_core.jobs import process_start
from sherpa_mongo import MongoStorage, server

STAND_IN = Path(__file__).parents[3] / "scripts" / "services" / "mongodb"
Folders = tuple[Path, Path]
NOTE = {"type": "note_set", "time": 0.0}

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def mongod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command `mongod` on the PATH; what it has kept outside of the folder is removed."""
    if which("mongod") is not None:
        yield
        return
    monkeypatch.setenv("PATH", str(STAND_IN), prepend=os.pathsep)
    yield
    for path in tmp_path.rglob("mongodb/postgresql"):
        subprocess.run([STAND_IN / "mongod", "--dbpath", path.parent, "--drop"], check=True)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The folders of two studies."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    return one, two


def pid_of(folder: Path) -> int:
    """The process of the server that runs in a folder."""
    return int(json.loads((folder / "mongod.json").read_text())["pid"])


@pytest.mark.usefixtures("server", "mongod")
class TestServe:
    def test_a_study_is_kept_in_its_folder(self, tmp_path: Path) -> None:
        storage = MongoStorage.serve(tmp_path)
        assert storage.append("s", [NOTE]) == 1
        assert storage.url == f"mongodb://127.0.0.1:{storage.address[1]}/"
        storage.close()
        with pytest.raises(StorageError, match="does not answer"):
            MongoStorage(f"{storage.url}?serverSelectionTimeoutMS=300").read("s", 0, None)

        again = MongoStorage.serve(tmp_path)

        assert again.url == storage.url
        assert list(again.read("s", 0, None)) == [NOTE]
        again.close()

    def test_a_second_one_uses_the_first_ones_server(self, tmp_path: Path) -> None:
        first, second = MongoStorage.serve(tmp_path), MongoStorage.serve(tmp_path)
        assert second.url == first.url
        second.append("s", [NOTE])
        assert list(first.read("s", 0, None)) == [NOTE]
        for storage in (second, first):
            storage.close()

    def test_a_server_whose_runner_was_killed_is_found_and_stopped(self, tmp_path: Path) -> None:
        code = (
            "import os, pathlib, sys; from sherpa_mongo import MongoStorage; "
            "MongoStorage.serve(pathlib.Path(sys.argv[1])).append('s', "
            f"[{NOTE!r}]); os.kill(os.getpid(), {int(signal.SIGKILL)})"
        )
        killed = subprocess.run([sys.executable, "-c", code, tmp_path], check=False)
        assert killed.returncode == -signal.SIGKILL
        pid = pid_of(tmp_path)
        assert process_start(pid) is not None

        storage = MongoStorage.serve(tmp_path)

        assert list(storage.read("s", 0, None)) == [NOTE]
        assert process_start(pid) is not None
        storage.close()
        assert process_start(pid) is None

    def test_a_killed_server_is_started_again(self, tmp_path: Path) -> None:
        storage = MongoStorage.serve(tmp_path)
        storage.append("s", [NOTE])
        pid = pid_of(tmp_path)
        os.kill(pid, signal.SIGKILL)

        again = MongoStorage.serve(tmp_path)

        assert list(again.read("s", 0, None)) == [NOTE]
        again.close()
        storage.close()

    def test_the_port_of_another_study_is_refused(self, folders: Folders) -> None:
        one = MongoStorage.serve(folders[0])
        port = one.address[1]

        with pytest.raises(UserError, match=f"port {port} is taken, perhaps by another study"):
            MongoStorage.serve(folders[1], port=port)
        with pytest.raises(UserError, match=f"runs already, at port {port}, not {port + 1}"):
            MongoStorage.serve(folders[0], port=port + 1)
        two = MongoStorage.serve(folders[1])

        assert two.address != one.address
        two.append("s", [NOTE])
        assert list(one.read("s", 0, None)) == []
        one.close()
        two.close()

    def test_two_that_find_the_same_port_free_do_not_share_a_server(
        self, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = MongoStorage.serve(folders[0])
        too_early, is_free = iter([True]), server._is_free
        monkeypatch.setattr(server, "_is_free", lambda port: next(too_early, is_free(port)))

        two = MongoStorage.serve(folders[1])

        assert two.address != one.address
        two.append("s", [NOTE])
        assert list(one.read("s", 0, None)) == []
        one.close()
        two.close()

    def test_other_hosts_reach_it_only_where_that_is_asked_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("sherpa_mongo.server._own_address", lambda: "127.0.0.2")

        storage = MongoStorage.serve(tmp_path, remote=True)

        assert storage.address[0] == "127.0.0.2"
        assert storage.append("s", [NOTE]) == 1
        assert "asks for no password" in caplog.text
        storage.close()

    def test_mongods_own_options(self, tmp_path: Path) -> None:
        storage = MongoStorage.serve(tmp_path, quiet="")
        storage.close()
        with pytest.raises(StorageError, match=r"ended at once: .*unrecognised.*--colour"):
            MongoStorage.serve(tmp_path, **{"--colour": "red"})
        with pytest.raises(UserError, match="'dbpath', which is set by SHERPA"):
            MongoStorage.serve(tmp_path, dbpath="elsewhere")


def test_without_mongod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="mongod is not on the PATH: install"):
        MongoStorage.serve(tmp_path)


def test_a_port_that_something_else_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "mongod"
    program.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} is taken"):
            MongoStorage.serve(tmp_path, port=port)
