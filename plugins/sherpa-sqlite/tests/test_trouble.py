"""What goes wrong with files: every case is one clear error, and nothing is lost."""

from __future__ import annotations

import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from sherpa_core.errors import StorageError
from sherpa_sqlite import SQLiteStorage, opening
from sherpa_testkit.storage_log import note, numbers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """A database of a few hundred kilobytes, closed."""
    storage = SQLiteStorage(str(path))
    storage.append("s", [note(number, text="x" * 200, key=f"k{number}") for number in range(1000)])
    storage.close()
    return path


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter, while this process has no special rights."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    root = os.geteuid() == 0
    if root:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o777)
        rmtree(folder)


def refuses(storage: SQLiteStorage, words: str, writing: bool = True, reading: bool = True) -> None:
    """Check that reading and appending fail with a sentence that names the file."""
    calls = []
    if reading:
        calls += [lambda: storage.read("s", 0, None), storage.list_studies]
    if writing:
        calls += [lambda: storage.append("s", [note()])]
    for call in calls:
        with pytest.raises(StorageError) as caught:
            call()
        assert words in str(caught.value)
        assert storage.path in str(caught.value)


# ---- where the file lies ----------------------------------------------------------------


def test_reading_creates_nothing(path: Path) -> None:
    storage = SQLiteStorage(str(path))
    assert storage.read("s", 0, None) == []
    assert storage.list_studies() == []
    storage.delete_study("s")
    assert os.listdir(path.parent) == []


def test_a_missing_folder(tmp_path: Path) -> None:
    refuses(SQLiteStorage(f"{tmp_path}/missing/study.db"), "folder")
    assert os.listdir(tmp_path) == []


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    refuses(SQLiteStorage(str(tmp_path)), "is not a file")


def test_a_folder_that_may_not_be_entered(public_folder: Path) -> None:
    hidden = public_folder / "hidden"
    hidden.mkdir(mode=0o000)
    refuses(SQLiteStorage(f"{hidden}/study.db"), "may not enter")


def test_a_folder_that_may_not_be_written(public_folder: Path) -> None:
    public_folder.chmod(0o555)
    storage = SQLiteStorage(f"{public_folder}/study.db")
    assert storage.read("s", 0, None) == []
    refuses(storage, "read-only", reading=False)


@pytest.mark.parametrize("folder_mode", [0o777, 0o555], ids=["open folder", "closed folder"])
def test_a_read_only_file_can_be_read(public_folder: Path, folder_mode: int) -> None:
    path = public_folder / "study.db"
    writer = SQLiteStorage(str(path))
    writer.append("s", [note(1)])
    writer.close()
    (public_folder / "study.db-gate").unlink()
    path.chmod(0o444)
    public_folder.chmod(folder_mode)
    storage = SQLiteStorage(str(path))
    assert numbers(storage) == [1]
    refuses(storage, "read-only", reading=False)
    assert numbers(storage) == [1]
    assert os.listdir(public_folder) == ["study.db"]


def test_a_read_only_file_can_be_read_while_its_owner_writes(public_folder: Path) -> None:
    path = public_folder / "study.db"
    writer = SQLiteStorage(str(path))
    writer.append("s", [note(1)])
    path.chmod(0o444)
    public_folder.chmod(0o555)
    storage = SQLiteStorage(str(path))
    assert numbers(storage) == [1]
    writer.append("s", [note(2)])
    assert numbers(storage) == [1, 2]


def test_a_network_file_system(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "file_system", lambda path: "nfs4")
    storage = SQLiteStorage(str(filled))
    assert len(numbers(storage)) == 1000  # nobody writes: a copy can be read anywhere
    refuses(storage, "network file system (nfs4)", reading=False)
    filled.with_name("study.db-wal").touch()
    refuses(storage, "network file system (nfs4)")


def test_the_file_system_of_a_path(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "rootfs / rootfs rw 0 0\n"
        "/dev/sda / ext4 rw 0 0\n"
        "server:/home /home nfs4 rw 0 0\n"
        "tmpfs /home/me/scratch tmpfs rw 0 0\n"
        "server:/b /my\\040data cifs rw 0 0\n"
    )
    found = {
        path: opening.file_system(path, str(mounts))
        for path in ("/x", "/home/me/a.db", "/homes/a.db", "/home/me/scratch/a", "/my data/a.db")
    }
    assert found == {
        "/x": "ext4",
        "/home/me/a.db": "nfs4",
        "/homes/a.db": "ext4",
        "/home/me/scratch/a": "tmpfs",
        "/my data/a.db": "cifs",
    }
    assert opening.file_system("/x", str(tmp_path / "missing")) == ""


# ---- what the file is -------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"hello", b"x" * 10_000], ids=["short", "long"])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refuses(SQLiteStorage(str(path)), "is no SQLite database")
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]


def test_a_database_of_another_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE events (anything)")
    connection.close()
    content = path.read_bytes()
    refuses(SQLiteStorage(str(path)), "belongs to another program")
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(("version", "words"), [(2, "newer"), (0, "has version 0")])
def test_another_version(filled: Path, version: int, words: str) -> None:
    connection = sqlite3.connect(filled)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    refuses(SQLiteStorage(str(filled)), words)


def test_an_empty_file_is_an_empty_storage(path: Path) -> None:
    path.touch()
    storage = SQLiteStorage(str(path))
    assert storage.read("s", 0, None) == []
    assert storage.append("s", [note(1)]) == 1
    assert numbers(storage) == [1]


@pytest.mark.parametrize("length", [99, 1024, 4096, 100_000, -4096, -1])
def test_a_file_that_was_cut_off(filled: Path, length: int) -> None:
    os.truncate(filled, length % os.path.getsize(filled))
    refuses(SQLiteStorage(str(filled)), "is damaged or cut off")


def test_a_damaged_page(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 64] = b"\xa5" * 64
    filled.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        SQLiteStorage(str(filled)).read("s", 0, None)


def test_a_damaged_event(filled: Path) -> None:
    connection = sqlite3.connect(filled)
    connection.execute("UPDATE events SET text = '{' WHERE position = 7")
    connection.commit()
    connection.close()
    storage = SQLiteStorage(str(filled))
    assert len(storage.read("s", 0, 6)) == 6
    with pytest.raises(StorageError, match=r"damaged"):
        storage.read("s", 0, None)


def test_a_file_that_is_removed_while_in_use(filled: Path) -> None:
    storage = SQLiteStorage(str(filled))
    storage.append("s", [note(1)])
    assert storage.list_studies() == ["s"]
    filled.rename(filled.with_name("moved.db"))
    refuses(storage, "removed or replaced")
    SQLiteStorage(str(filled)).append("s", [note(2)])
    refuses(storage, "removed or replaced")
    assert numbers(SQLiteStorage(str(filled))) == [2]


# ---- the disk ---------------------------------------------------------------------------


def fill(storage: SQLiteStorage) -> tuple[int, str]:
    """Append until that fails; return how many events were acknowledged, and the error."""
    number = 0
    with pytest.raises(StorageError) as caught:
        while number < 1000:
            storage.append("s", [note(number, text="x" * 5000)])
            number += 1
    return number, str(caught.value)


def test_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = opening._connect

    def small(path: str, mode: str) -> sqlite3.Connection:
        connection = connect(path, mode)
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(opening, "_connect", small)
        storage = SQLiteStorage(str(path))
        written, error = fill(storage)
        assert "disk is full" in error
        assert numbers(storage) == list(range(written))
        storage.close()
    assert storage.append("s", [note(written)]) == written + 1
    assert numbers(storage) == list(range(written + 1))


def test_a_file_that_may_not_grow(path: Path) -> None:
    storage = SQLiteStorage(str(path))
    storage.append("s", [note(0)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        written, error = fill(storage)
        assert "disk may be full" in error
        assert numbers(storage) == [0, *range(written)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert storage.append("s", [note(written)]) == written + 2
    assert numbers(storage) == [0, *range(written), written]
