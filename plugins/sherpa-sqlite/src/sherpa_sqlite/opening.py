"""Opening a database file: what it must be, what it is turned into, and where it may lie."""

from __future__ import annotations

import os
import sqlite3
import stat
from urllib.parse import quote

from sherpa_core.errors import StorageError
from sherpa_sqlite import faults

#: Marks SHERPA's databases in SQLite's header ("SHRP").
APPLICATION_ID = 0x53485250
#: The version of the tables below.
SCHEMA_VERSION = 1

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE studies (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE events (
    study INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT,
    text TEXT NOT NULL,
    PRIMARY KEY (study, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_key ON events (study, key) WHERE key IS NOT NULL;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

#: File systems that several hosts share: the write-ahead log's index is memory of one host.
_SHARED_FILE_SYSTEMS = frozenset(
    {
        *("afs", "beegfs", "ceph", "cifs", "fuse.beegfs", "fuse.ceph", "fuse.glusterfs"),
        *("fuse.sshfs", "gfs2", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs"),
        *("pvfs2", "smb2", "smb3", "smbfs"),
    }
)


def file_system(path: str, mounts: str = "/proc/self/mounts") -> str:
    """Return the type of the file system that holds `path`, or `''` where nobody says."""
    found, longest = "", -1
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.split(" ") for line in file]
    except OSError:  # only Linux lists its mounts there
        return ""
    for _, place, kind, *_ in lines:
        place = place.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        if len(place) >= longest and os.path.join(path, "").startswith(os.path.join(place, "")):
            found, longest = kind, len(place)
    return found


def is_shared(path: str) -> bool:
    """Return whether several hosts may see the file."""
    return file_system(path) in _SHARED_FILE_SYSTEMS


def open_for_reading(path: str) -> tuple[sqlite3.Connection, bool] | None:
    """Open the database for reading; nothing is created.

    Returns:
        The connection, and whether it may be kept open; None when there is no database yet.

    Raises:
        StorageError: the folder is missing, or the file is not a database of this version.
        OSError: the folder may not be entered.
        sqlite3.Error: SQLite cannot open it.
    """
    if not _exists(path):
        return None
    shared = is_shared(path)
    quiet = not os.path.exists(f"{path}-wal")
    if shared and not quiet:
        raise _on_shared(path)
    writable = _may_write(path) and _may_write(os.path.dirname(path))
    # Where this process may not create the files of the write-ahead log and nobody else has,
    # nobody is writing: a connection that lives for one call needs no locks.
    frozen = quiet and (shared or not writable)
    connection = _connect(path, "immutable=1" if frozen else "mode=rw")
    try:
        if _is_blank(connection, path):
            connection.close()
            return None
    except BaseException:
        connection.close()
        raise
    return connection, not frozen


def open_for_writing(path: str, synchronous: str, alone: bool = False) -> sqlite3.Connection:
    """Open the database for writing; a missing file is created.

    Args:
        path: the database file.
        synchronous: SQLite's setting of that name.
        alone: nobody else may open it meanwhile; then it may lie where hosts share it.

    Raises:
        StorageError: the folder is missing, or the file is not a database of this version, is
            read-only, or lies where its write-ahead log does not work.
        OSError: the folder may not be entered.
        sqlite3.Error: SQLite cannot open it.
    """
    folder = os.path.dirname(path)
    found = _exists(path)
    if is_shared(path) and not alone:
        raise _on_shared(path)
    # SQLite would leave files behind that nobody can write before it noticed.
    if not _may_write(path if found else folder):
        raise faults.read_only(path)
    connection = _connect(path, "mode=rwc")
    try:
        if alone:  # before the first look, which would create an index in shared memory
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if _is_blank(connection, path):
            _create(connection, path)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
    except BaseException:
        connection.close()
        raise
    return connection


def _exists(path: str) -> bool:
    """Return whether the file is there; what hides it (no folder, no right) is an error."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            raise StorageError(f"the folder of the database {path} does not exist") from None
        return False
    if not stat.S_ISREG(mode):
        raise StorageError(f"the database {path} is not a file; name another one")
    return True


def _may_write(path: str) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _connect(path: str, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?{mode}",
        uri=True,
        timeout=0,  # the busy handler is not fair: see gate.py
        isolation_level=None,
        check_same_thread=False,  # a lock sees to it that one thread at a time uses it
    )


def _is_blank(connection: sqlite3.Connection, path: str) -> bool:
    """Return whether the database is empty, as it is until its creation is complete."""
    quiet = not os.path.exists(f"{path}-wal")
    application, version, page_size, objects = connection.execute(
        "SELECT application_id, user_version, page_size, (SELECT count(*) FROM sqlite_schema) "
        "FROM pragma_application_id, pragma_user_version, pragma_page_size"
    ).fetchone()
    if quiet and os.path.getsize(path) % page_size:  # SQLite takes what is missing for zeros
        raise faults.damaged(path, "its last page is incomplete")
    if not (application or version or objects):
        return True
    if application != APPLICATION_ID:
        raise StorageError(f"the database {path} belongs to another program; name another file")
    if version > SCHEMA_VERSION:
        raise StorageError(
            f"the database {path} was written by a newer sherpa-sqlite (its version is {version}, "
            f"this one reads {SCHEMA_VERSION}); install the newer one"
        )
    if version < SCHEMA_VERSION:
        raise StorageError(
            f"the database {path} has version {version}, which this sherpa-sqlite does not read "
            f"(it reads {SCHEMA_VERSION})"
        )
    return False


def _create(connection: sqlite3.Connection, path: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StorageError(
            f"the database {path} lies on a file system without shared memory, which its "
            "write-ahead log needs; put it on a local disk"
        )
    try:
        connection.executescript(_SCHEMA)
    except sqlite3.OperationalError:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if _is_blank(connection, path):  # otherwise another process was faster
            raise


def _on_shared(path: str) -> StorageError:
    return StorageError(
        f"the database {path} lies on a network file system ({file_system(path)}), where SQLite's "
        "write-ahead log is not safe; put it on a local disk, or use a storage with a server"
    )
