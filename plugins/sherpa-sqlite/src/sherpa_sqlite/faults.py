"""What SQLite's and the system's errors mean, in one sentence each."""

from __future__ import annotations

import errno
import sqlite3

from sherpa_core.errors import StorageError

#: Codes after which the same call may succeed a moment later.
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)

_READ_ONLY = "is read-only: its studies can be read, but nothing can be written"
_DENIED = "cannot be used: this user may not enter its folder, or not write there"
_FULL = "could not be written because the disk is full; make room and try again"
_DAMAGED = (
    "is damaged or cut off; restore it from a copy, or save what is left with the sqlite3 "
    "program's .recover"
)

_MEANINGS = {
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "is no SQLite database; name another file",
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened; it and its folder must be readable, and writable while others write"
    ),
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_IOERR: (
        "could not be read or written: the disk may be full, over its quota, failing or gone"
    ),
}

_SYSTEM_MEANINGS = {
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: _READ_ONLY,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
}


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code, 0 where SQLite was not asked at all."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_passing(error: sqlite3.Error) -> bool:
    """Return whether the call may succeed a moment later."""
    return _code(error) in _PASSING


def read_only(path: str) -> StorageError:
    """Return the error for an attempt to write what can only be read."""
    return StorageError(f"the database {path} {_READ_ONLY}")


def damaged(path: str, found: str) -> StorageError:
    """Return the error for a file that does not hold what was written."""
    return StorageError(f"the database {path} {_DAMAGED} ({found})")


def locked(path: str, timeout: float) -> StorageError:
    """Return the error for a lock that was not released in time."""
    return StorageError(
        f"the database {path} was locked by others for more than {timeout:g} s; end the program "
        "that holds it, or raise the option timeout"
    )


def explain(path: str, error: sqlite3.Error | OSError, timeout: float) -> StorageError:
    """Return the error to raise instead of `error`."""
    if isinstance(error, OSError):
        meaning = _SYSTEM_MEANINGS.get(error.errno or 0, "cannot be opened")
    elif is_passing(error):
        return locked(path, timeout)
    else:
        meaning = _MEANINGS.get(_code(error), "cannot be used")
    return StorageError(f"the database {path} {meaning} ({error})")
