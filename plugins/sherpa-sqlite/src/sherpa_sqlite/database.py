"""A database connection that opens when needed, retries, and steps aside for `os.fork`."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from typing import TypeVar

from sherpa_core.errors import StorageError
from sherpa_sqlite import faults, opening
from sherpa_sqlite.gate import Gate, pause

_Result = TypeVar("_Result")
_PAUSE = 0.001  # seconds between two attempts at a locked database


class Database:
    """One connection to a database file, used by one thread at a time.

    Args:
        path: the database file.
        timeout: seconds after which waiting for a lock ends with a `StorageError`.
    """

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        with _forking:
            _databases.add(self)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _run(self, work: Callable[[float], _Result]) -> _Result:
        """Call `work` with a deadline until no other process is in its way.

        Raises:
            StorageError: the database cannot be used, or was locked for too long.
        """
        deadline = time.monotonic() + self.timeout
        if not self._lock.acquire(timeout=self.timeout):
            raise faults.locked(self.path, self.timeout)
        try:
            while True:
                try:
                    self._check_identity()
                    return work(deadline)
                except sqlite3.Error as error:
                    if not faults.is_passing(error) or time.monotonic() >= deadline:
                        raise faults.explain(self.path, error, self.timeout) from error
                    if self._connection is not None and self._connection.in_transaction:
                        self.close()
                except OSError as error:
                    raise faults.explain(self.path, error, self.timeout) from error
                pause(_PAUSE)
        except BaseException:
            self.close()  # whatever happened, no half of it stays
            raise
        finally:
            self._lock.release()

    def _check_identity(self) -> None:
        """Refuse to go on with a file that is no longer the one in the folder."""
        if self._identity is not None and self._identity != _identity(self.path):
            raise StorageError(f"the database {self.path} was removed or replaced while in use")

    def _opened(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        self._connection = connection
        self._identity = _identity(self.path)
        return connection


class Reader(Database):
    """The connection that reads; it creates no file and waits for no writer."""

    def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result | None:
        """Return what `work` returns, or None when there is no database yet."""

        def read(_: float) -> _Result | None:
            if self._connection is not None:
                return work(self._connection)
            opened = opening.open_for_reading(self.path)
            if opened is None:
                return None
            connection, may_stay = opened
            try:
                return work(self._opened(connection))
            finally:
                if not may_stay:
                    self.close()

        return self._run(read)


class Writer(Database):
    """The connection that writes: one transaction for each call, in turn with all others."""

    def __init__(self, path: str, timeout: float, synchronous: str) -> None:
        self._synchronous = synchronous
        self._gate = Gate(f"{path}-gate")
        super().__init__(path, timeout)

    def close(self) -> None:
        """Close connection and gate; the next call opens them again."""
        super().close()
        self._gate.close()

    def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return what `work` returns; all of it is written, or nothing."""

        def write(deadline: float) -> _Result:
            connection = self._connection or self._opened(
                opening.open_for_writing(self.path, self._synchronous)
            )
            if not self._gate.enter(deadline):
                raise faults.locked(self.path, self.timeout)
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = work(connection)
                connection.execute("COMMIT")
            finally:
                self._gate.leave()
            return result

        return self._run(write)


class Owner(Database):
    """The one connection to a file that nobody else may have open meanwhile.

    The index of the write-ahead log is then this process's own memory, so that the file may lie
    on a file system that several hosts share.
    """

    def __init__(self, path: str, timeout: float, synchronous: str) -> None:
        self._synchronous = synchronous
        super().__init__(path, timeout)

    def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Return what `work` returns; all of it is written, or nothing."""

        def alone(_: float) -> _Result:
            connection = self._connection or self._opened(
                opening.open_for_writing(self.path, self._synchronous, alone=True)
            )
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
            return result

        return self._run(alone)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


# SQLite's locks do not survive a fork, nor may an inherited connection even be closed, so none
# is open while one happens: parent and child open theirs again.
_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_forking = threading.Lock()
_held: list[Database] = []


def _before_fork() -> None:
    _forking.acquire()
    _held.extend(_databases)
    for database in _held:
        database._lock.acquire()
        database.close()


def _after_fork() -> None:
    for database in _held:
        database._lock.release()
    _held.clear()
    _forking.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
