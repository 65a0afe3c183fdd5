"""The in-memory storage: a study that lives as long as its process."""

from __future__ import annotations

import marshal
import threading
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sherpa_core.errors import Conflict
from sherpa_core.events import MAX_EVENT_SIZE, Event, decode, encode, same_body


class _Log:
    """One study's events as bytes that nobody can change, and where each key stands."""

    __slots__ = ("keys", "records")

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.keys: dict[str, int] = {}


def _record(event: Event) -> bytes:
    """Return an event as bytes; refuses what `encode` refuses.

    `marshal` is five times faster than JSON. These bytes never leave the process, so that it does
    not matter that another Python could not read them.
    """
    if type(event.get("key", "")) is not str or not _is_plain(event):
        event = decode(encode(event))
    record = marshal.dumps(event)
    if len(record) > MAX_EVENT_SIZE:
        encode(event)  # says what is too long
    return record


def _is_plain(values: Mapping[str, Any]) -> bool:
    """Return whether values are what their JSON gives back, as far as a quick look tells."""
    if not _TEXT.issuperset(map(type, values)):
        return False
    for value in values.values():
        kind = type(value)
        if kind is str:
            plain = value.isascii()
        elif kind is dict:
            plain = _is_plain(value)
        else:
            plain = kind in _SCALARS
        if not plain:
            return False
    return True


_TEXT = frozenset((str,))
_SCALARS = frozenset((int, float, bool, type(None)))


class MemoryStorage:
    """Keeps logs in this process's memory. Safe to use from several threads.

    Args:
        url: `memory://`; anything behind it is ignored.

    Attributes:
        shared: False: nobody else writes to it, so that a study need not look.
        contract: what the contract suite of storages is to know.
    """

    shared = False
    contract: ClassVar[Mapping[str, bool]] = {"persistent": False, "multiprocess": False}

    def __init__(self, url: str = "memory://") -> None:
        self.url = url
        self._logs: dict[str, _Log] = {}
        self._lock = threading.Lock()

    def append(self, study: str, events: Sequence[Event]) -> int:
        """See `StorageSpec.append`; durable here means until the process ends."""
        records = list(map(_record, events))
        all_new = True
        with self._lock:
            log = self._logs.get(study)
            if log is None:
                log = self._logs[study] = _Log()
            known, keys = log.records, log.keys
            for index, event in enumerate(events):
                key = event.get("key")
                if key is not None:
                    place = len(known)
                    taken = keys.setdefault(key, place)
                    if taken != place:
                        if not same_body(event, encode(marshal.loads(known[taken]))):
                            raise Conflict(key, index)
                        all_new = False
                        continue
                known.append(records[index])
            return len(known) if all_new else 0

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`."""
        log = self._logs.get(study)
        if log is None or after >= len(log.records):
            return []
        end = None if limit is None else after + limit
        return list(map(marshal.loads, log.records[after:end]))

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        return sorted(name for name, log in self._logs.items() if log.records)

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`."""
        with self._lock:
            self._logs.pop(study, None)
