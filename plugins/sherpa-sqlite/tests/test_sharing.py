"""Locks, threads and forks: what others do with the file while we use it."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sherpa_core.errors import StorageError
from sherpa_sqlite import SQLiteStorage, database, gate
from sherpa_sqlite import storage as storage_module
from sherpa_testkit.forking import in_child
from sherpa_testkit.storage_log import note, numbers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@contextmanager
def database_locked(path: Path) -> Iterator[Callable[[], None]]:
    """Hold SQLite's write lock, as another program does; gives what releases it."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield lambda: holder.rollback()


@contextmanager
def gate_locked(path: Path) -> Iterator[Callable[[], None]]:
    """Hold the gate, as a process does that was stopped in the middle of an append."""
    with open(f"{path}-gate", "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(file, fcntl.LOCK_UN)


@pytest.mark.parametrize("locked", [database_locked, gate_locked])
def test_a_lock_that_is_not_released(path: Path, locked: Callable[..., object]) -> None:
    storage = SQLiteStorage(f"sqlite://{path}?timeout=0.05")
    storage.append("s", [note(1)])
    with locked(path) as release:  # type: ignore[attr-defined]
        for _ in range(2):
            with pytest.raises(StorageError, match=r"locked by others for more than 0\.05 s"):
                storage.append("s", [note(2)])
        assert numbers(storage) == [1]  # readers do not wait
        release()
        assert storage.append("s", [note(3)]) == 2


@pytest.mark.parametrize("locked", [database_locked, gate_locked])
def test_a_lock_that_is_released_in_time(
    path: Path, locked: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = SQLiteStorage(str(path))
    storage.append("s", [note(1)])
    pauses: list[float] = []
    with locked(path) as release:  # type: ignore[attr-defined]

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 5:
                release()

        for module in (database, gate):
            monkeypatch.setattr(module, "pause", pause)
        assert storage.append("s", [note(2)]) == 2
    assert len(pauses) == 5


def test_a_database_that_others_create_at_the_same_time(path: Path) -> None:
    storages = [SQLiteStorage(str(path)) for _ in range(8)]
    ready = threading.Barrier(len(storages))
    positions: list[int] = []

    def work(storage: SQLiteStorage) -> None:
        ready.wait()
        positions.append(storage.append("s", [note()]))

    threads = [threading.Thread(target=work, args=(storage,)) for storage in storages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(positions) == list(range(1, 9))


def test_a_reader_does_not_wait_for_a_writer_of_its_own_object(path: Path) -> None:
    storage = SQLiteStorage(str(path))
    storage.append("s", [note(1)])
    with gate_locked(path) as release:
        writer = threading.Thread(target=storage.append, args=("s", [note(2)]))
        writer.start()
        assert numbers(storage) == [1]
        release()
        writer.join()
    assert numbers(storage) == [1, 2]


def test_an_interrupted_append_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    storage = SQLiteStorage(str(path))
    storage.append("s", [note(1, key="k")])
    with monkeypatch.context() as patch:
        patch.setattr(storage_module, "same_body", interrupt)
        with pytest.raises(KeyboardInterrupt):
            storage.append("s", [note(2), note(1, key="k")])
    assert numbers(storage) == [1]
    assert SQLiteStorage(f"sqlite://{path}?timeout=0.05").append("s", [note(3)]) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_while_another_thread_writes(path: Path) -> None:
    storage = SQLiteStorage(str(path))
    stop = threading.Event()
    written: list[int] = []

    def work() -> None:
        while not stop.is_set():
            written.append(storage.append("s", [note(len(written))]))

    writer = threading.Thread(target=work)
    writer.start()
    statuses = [in_child(lambda: storage.append("t", [note()])) for _ in range(20)]
    stop.set()
    writer.join()
    assert statuses == [0] * 20
    assert len(storage.read("t", 0, None)) == 20
    assert written == list(range(1, len(written) + 1))
    assert numbers(storage) == list(range(len(written)))
