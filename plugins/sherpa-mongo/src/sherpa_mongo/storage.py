"""The storage plugin: the logs of studies in a MongoDB database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs

from sherpa_core.errors import Conflict, StorageError
from sherpa_core.events import Event, encode
from sherpa_core.plugin import option
from sherpa_mongo import requests, server, studies
from sherpa_mongo.address import Address, parse
from sherpa_mongo.commit import Memory, Writer
from sherpa_mongo.connection import Connection
from sherpa_mongo.faults import explained
from sherpa_mongo.slots import Receipt, Slot, Slots

logger = logging.getLogger(__name__)


@attrs.define
class _Known:
    """What an object remembers of a log: only speed depends on it."""

    log: studies.Log
    read: Slot | None = None
    end: Memory = attrs.field(factory=Memory)


@attrs.define(eq=False)
class MongoStorage:
    """Keeps studies in a MongoDB database, for any number of hosts at once.

    An append is on the disks of a majority of the servers when it returns. Nothing is created
    before the first one.

    Args:
        url: `mongodb://user:password@host:port/database?options` or `mongodb+srv://...`; the
            database is `sherpa` where none is named, the options are MongoDB's own.

    Attributes:
        remote: True: other hosts may use the URL.

    Raises:
        UserError: the URL is not right.
    """

    remote: ClassVar[bool] = True

    url: str = option("mongodb://user:password@host:port/database?options", repr=False)
    _address: Address = attrs.field(init=False, repr=lambda address: address.place)
    _connection: Connection = attrs.field(init=False, repr=False)
    _stop: Callable[[], None] | None = attrs.field(init=False, repr=False, default=None)
    _known: dict[str, _Known] = attrs.field(init=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._address = parse(self.url)
        self._connection = Connection(self._address)

    @classmethod
    def serve(
        cls, folder: Path, port: int | None = None, remote: bool = False, **options: Any
    ) -> Self:
        """Start a `mongod` that keeps its data in `folder`, or find the one that runs there.

        Args:
            folder: the study's output folder.
            port: the server's port. Default: a free one from 27010 on.
            remote: whether other hosts must reach it; there is no password, so everybody can.
            **options: further options of `mongod`; one without a value is given as `""`.

        Raises:
            UserError: `mongod` is not installed, or the port is taken.
            StorageError: it does not start.
        """
        running, ours = server.start(folder, port, remote, options)
        if remote:
            logger.warning(
                "the study's database at %s:%s asks for no password: whoever reaches this port "
                "can read and write",
                running.host,
                running.port,
            )
        storage = cls(running.url)
        if ours:
            storage._stop = partial(server.stop, folder, running)
        return storage

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the (first) server, for scripts that ask for them."""
        return self._address.first

    def append(self, study: str, events: Sequence[Event]) -> int:
        """See `StorageSpec.append`."""
        texts = [encode(event) for event in events]
        if not texts:
            return 0
        position, all_new = 0, True
        with explained(self._address.place):
            known = self._current(study, create=True)
            assert known is not None
            for first, request in requests.split(texts):
                receipt = self._write(known, request)
                if receipt.conflict is not None:
                    index = first + receipt.conflict
                    raise Conflict(str(events[index]["key"]), index)
                position = receipt.position
                all_new = all_new and position > 0
        return position if all_new else 0

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`; never waits for a writer."""
        with explained(self._address.place):
            known = self._known.get(study) or self._current(study)
            if known is None:
                return []
            events = self._read(study, known, after, limit)
            if not events:
                current = self._current(study)
                if current is not None and current is not known:  # deleted and created again
                    events = self._read(study, current, after, limit)
            return events

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        with explained(self._address.place):
            return studies.names(self._connection.settled())

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`."""
        with explained(self._address.place):
            studies.delete(self._connection.database(), study)
        self._known.pop(study, None)

    def close(self) -> None:
        """Close the connections, which the next call opens again, and stop what `serve` began."""
        self._connection.close()
        if self._stop is not None:
            self._stop()

    def _current(self, study: str, create: bool = False) -> _Known | None:
        """Return what is known of the log that a study has now."""
        find = studies.find_or_create if create else studies.find
        log = find(self._connection.database(), study)
        if log is None:
            self._known.pop(study, None)
            return None
        known = self._known.get(study)
        if known is None or known.log != log:
            known = self._known[study] = _Known(log)
        return known

    def _write(self, known: _Known, request: requests.Request) -> Receipt:
        writer = Writer(self._connection.database(), known.log, known.end)
        receipt = writer.append(request)
        known.end = writer.memory
        return receipt

    def _read(self, study: str, known: _Known, after: int, limit: int | None) -> list[Event]:
        events: list[Event] = []
        if limit == 0:
            return events
        for slot in Slots(self._connection.settled(), known.log).read(after, known.read):
            try:
                new = slot.events
            except ValueError as error:
                raise StorageError(
                    f"the database {self._address.place} is damaged: slot {slot.number} of the "
                    f"study {study!r} is not what was written ({error})"
                ) from error
            known.read = slot
            events += new[max(after + 1 - slot.first, 0) :]
            if limit is not None and len(events) >= limit:
                return events[:limit]
        return events
