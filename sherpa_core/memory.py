"""The in-memory storage: a study that lives as long as its process."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sherpa_core.errors import Conflict
from sherpa_core.events import Event, decode_many, encode, same_body


class _Log:
    """One study's events as JSON texts, and where each key stands."""

    __slots__ = ("keys", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.keys: dict[str, int] = {}


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
        texts = list(map(encode, events))
        all_new = True
        with self._lock:
            log = self._logs.get(study)
            if log is None:
                log = self._logs[study] = _Log()
            known, keys = log.texts, log.keys
            for index, event in enumerate(events):
                key = event.get("key")
                if key is not None:
                    place = len(known)
                    taken = keys.setdefault(key, place)
                    if taken != place:
                        if not same_body(event, known[taken]):
                            raise Conflict(key, index)
                        all_new = False
                        continue
                known.append(texts[index])
            return len(known) if all_new else 0

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """See `StorageSpec.read`."""
        log = self._logs.get(study)
        if log is None or after >= len(log.texts):
            return []
        end = None if limit is None else after + limit
        return decode_many(log.texts[after:end])

    def list_studies(self) -> Sequence[str]:
        """See `StorageSpec.list_studies`."""
        return sorted(name for name, log in self._logs.items() if log.texts)

    def delete_study(self, study: str) -> None:
        """See `StorageSpec.delete_study`."""
        with self._lock:
            self._logs.pop(study, None)
