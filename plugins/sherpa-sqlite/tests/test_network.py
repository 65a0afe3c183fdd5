"""A file on a network file system that one process uses alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sherpa_core.errors import StorageError, UserError
from sherpa_sqlite import SQLiteStorage, opening
from sherpa_testkit import StorageContract
from sherpa_testkit.storage_log import note

_OTHER = """
import sys
from sherpa_sqlite import SQLiteStorage, opening
from sherpa_testkit.storage_log import note
opening.file_system = lambda path: "nfs4"
storage = SQLiteStorage(sys.argv[1])
storage.append("s", [note(1)])
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "file_system", lambda path: "nfs4")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/study.db?network=exclusive&timeout=0.1"


class TestExclusive(StorageContract):
    persistent = False  # another object would be another user of the file
    multiprocess = False

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite://{tmp_path}/study.db?network=exclusive"


def other(url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    return process


def test_nobody_else_gets_in_meanwhile(url: str) -> None:
    with other(url) as owner:
        with pytest.raises(StorageError, match="was locked by others"):
            SQLiteStorage(url).append("s", [note(2)])
        owner.communicate()
    storage = SQLiteStorage(url)
    assert storage.append("s", [note(2)]) == 2
    assert storage.read("s", 0, None) == [note(1), note(2)]


def test_what_a_killed_process_wrote_is_there(url: str) -> None:
    with other(url) as owner:
        owner.kill()
    assert SQLiteStorage(url).read("s", 0, None) == [note(1)]


def test_it_leaves_a_file_that_anybody_can_read(url: str, tmp_path: Path) -> None:
    storage = SQLiteStorage(url)
    storage.append("s", [note(1)])
    assert "study.db-shm" not in os.listdir(tmp_path)  # memory of one host
    storage.close()
    assert os.listdir(tmp_path) == ["study.db"]
    reader = SQLiteStorage(f"{tmp_path}/study.db")
    assert reader.read("s", 0, None) == [note(1)]
    with pytest.raises(StorageError, match="network file system"):
        reader.append("s", [note(2)])


def test_a_local_file_is_shared_all_the_same(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "file_system", lambda path: "ext4")
    first, second = SQLiteStorage(url), SQLiteStorage(url)
    assert first.append("s", [note(1)]) == 1
    assert second.append("s", [note(2)]) == 2


def test_a_word_that_is_neither(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="network is 'yes'; allowed are 'refuse' and 'exclusive'"):
        SQLiteStorage(f"sqlite://{tmp_path}/study.db?network=yes")
