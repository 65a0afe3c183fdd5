"""The storage plugin: the log of each study as rows of one table."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import attrs

from sherpa_core.errors import Conflict, SherpaError, UserError, listed
from sherpa_core.events import Event, decode_many, encode, same_body
from sherpa_sqlite import faults
from sherpa_sqlite.address import parse
from sherpa_sqlite.database import Owner, Reader, Writer
from sherpa_sqlite.opening import is_shared

_SYNCHRONOUS = ("NORMAL", "FULL")
_NETWORK = ("refuse", "exclusive")
_PIECE = 20_000  # events that are decoded at once: bounds what a long read needs

_END = """
SELECT id, (SELECT max(position) FROM events WHERE study = id) FROM studies WHERE name = ?
"""
_INSERT = """
INSERT INTO events (study, position, key, text) VALUES (?, ?, ?, ?)
ON CONFLICT (study, key) WHERE key IS NOT NULL DO NOTHING
"""
_READ = """
SELECT text FROM events
WHERE study = (SELECT id FROM studies WHERE name = ?) AND position > ?
ORDER BY position LIMIT ?
"""


def _valid_synchronous(_: object, __: object, value: object) -> None:
    if value not in _SYNCHRONOUS:
        raise UserError(f"synchronous is {value!r}; allowed are {listed(_SYNCHRONOUS)}")


def _valid_network(_: object, __: object, value: object) -> None:
    if value not in _NETWORK:
        raise UserError(f"network is {value!r}; allowed are {listed(_NETWORK)}")


def _valid_timeout(_: object, __: object, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise UserError(f"timeout is {value!r}; allowed are seconds above 0 and below 1,000,000")


@attrs.define(eq=False)
class SQLiteStorage:
    """Keeps studies in one SQLite file on a local disk.

    Any number of processes and threads of one host may use the file at once. An append is
    durable when it returns: neither `kill -9` nor a crash of the program loses it. Nothing is
    created before the first append.

    Args:
        url: `sqlite:///absolute/path/study.db`, `sqlite:relative.db` or a plain path. A URL may
            set the options, which then win: `sqlite:study.db?synchronous=FULL`.
        synchronous: `NORMAL`, or `FULL` so that appends also survive a loss of power.
        timeout: seconds after which waiting for a locked database ends with a `StorageError`.
        network: what to do with a file on a network file system: `refuse` it, or use it in one
            process alone (`exclusive`), which others cannot open meanwhile.

    Raises:
        UserError: the URL names no file, or an option is wrong.
    """

    url: str = attrs.field(
        metadata={"help": "sqlite:///absolute/path/study.db, sqlite:relative.db, or a path"}
    )
    synchronous: str = attrs.field(
        default="NORMAL",
        validator=_valid_synchronous,
        metadata={"help": "NORMAL, or FULL: appends also survive a loss of power"},
    )
    timeout: float = attrs.field(
        default=60.0,
        validator=_valid_timeout,
        metadata={"help": "seconds to wait for a locked database before giving up"},
    )
    network: str = attrs.field(
        default="refuse",
        validator=_valid_network,
        metadata={"help": "a file on a network file system: refuse it, or use it exclusive(ly)"},
    )
    path: str = attrs.field(init=False)
    _reader: Reader | Owner = attrs.field(init=False, repr=False)
    _writer: Writer | Owner = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.path, given = parse(self.url, ("synchronous", "timeout", "network"))
        # Trial processes open it by this URL, perhaps from another folder.
        self.url = f"sqlite://{self.path}" + (f"?{urlencode(given)}" if given else "")
        if "synchronous" in given:
            self.synchronous = given["synchronous"].upper()
        if "timeout" in given:
            self.timeout = _seconds(given["timeout"])
        self.network = given.get("network", self.network)
        if self.network == "exclusive" and is_shared(self.path):
            self._reader = self._writer = Owner(self.path, self.timeout, self.synchronous)
        else:
            self._reader = Reader(self.path, self.timeout)
            self._writer = Writer(self.path, self.timeout, self.synchronous)

    def append(self, study: str, events: Sequence[Event]) -> int:
        """See `StorageSpec.append`."""
        (written,) = self.append_many([(study, events)])
        if isinstance(written, SherpaError):
            raise written
        return written

    def append_many(
        self, batches: Sequence[tuple[str, Sequence[Event]]]
    ) -> list[int | Conflict | UserError]:
        """Append the events of several callers in one transaction: one commit for all.

        Args:
            batches: of each caller the study and its events.

        Returns:
            For each batch what `append` returns or raises; one does not concern the others.
        """
        prepared = [_prepared(*batch) for batch in batches]
        if not any(isinstance(batch, _Batch) and batch.texts for batch in prepared):
            return [0 if isinstance(batch, _Batch) else batch for batch in prepared]
        return self._writer.run(
            lambda connection: [
                _append(connection, batch) if isinstance(batch, _Batch) else batch
                for batch in prepared
            ]
        )

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`; never waits for a writer."""
        name = _valid_name(study)
        try:
            found = self._reader.run(lambda connection: _read(connection, name, after, limit))
        except ValueError as error:
            raise faults.damaged(self.path, f"an event of study {study!r}: {error}") from error
        return found or []

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        rows = self._reader.run(
            lambda connection: connection.execute("SELECT name FROM studies").fetchall()
        )
        return sorted(name for (name,) in rows or [])

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`; later studies use the room, the file keeps its size."""
        if study in self.list_studies():
            self._writer.run(lambda connection: _delete(connection, study))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._reader.close()
        self._writer.close()


@attrs.frozen
class _Batch:
    """A study's name, and events with their texts, all checked."""

    study: str
    events: Sequence[Event]
    texts: list[str]


def _prepared(study: str, events: Sequence[Event]) -> _Batch | UserError:
    try:
        return _Batch(_valid_name(study), events, [encode(event) for event in events])
    except UserError as error:
        return error


def _append(connection: sqlite3.Connection, batch: _Batch) -> int | Conflict:
    """Write the events; a conflict is returned, not raised, since those before it stay."""
    if not batch.texts:
        return 0
    cursor = connection.cursor()
    found = cursor.execute(_END, (batch.study,)).fetchone()
    if found is None:
        cursor.execute("INSERT INTO studies (name) VALUES (?)", (batch.study,))
        found = cursor.lastrowid, 0
    study_id, position = found
    all_new = True
    for index, (event, text) in enumerate(zip(batch.events, batch.texts, strict=True)):
        key = event.get("key")
        cursor.execute(_INSERT, (study_id, position + 1, key, text))
        if cursor.rowcount == 1:
            position += 1
            continue
        (kept,) = cursor.execute(
            "SELECT text FROM events WHERE study = ? AND key = ?", (study_id, key)
        ).fetchone()
        if not same_body(event, kept):
            return Conflict(str(key), index)
        all_new = False
    return position if all_new else 0


def _read(connection: sqlite3.Connection, study: str, after: int, limit: int | None) -> list[Event]:
    cursor = connection.execute(_READ, (study, after, -1 if limit is None else limit))
    events: list[Event] = []
    while rows := cursor.fetchmany(_PIECE):
        events += decode_many([text for (text,) in rows])
    return events


def _delete(connection: sqlite3.Connection, study: str) -> None:
    connection.execute(
        "DELETE FROM events WHERE study = (SELECT id FROM studies WHERE name = ?)", (study,)
    )
    connection.execute("DELETE FROM studies WHERE name = ?", (study,))


def _valid_name(study: str) -> str:
    try:
        study.encode()
    except UnicodeEncodeError:
        raise UserError(f"the study name {study!r} is not valid unicode") from None
    return study


def _seconds(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text  # the validator says what is allowed
