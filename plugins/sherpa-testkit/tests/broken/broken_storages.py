"""Storages that each break one promise, deliberately."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from sherpa_core.errors import Conflict, UserError
from sherpa_core.events import Event, encode
from sherpa_core.memory import MemoryStorage
from sherpa_sqlite import SQLiteStorage


class Healthy(MemoryStorage):
    """Keeps all promises."""


class ReversesBatches(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        return super().append(study, events[::-1])


class CountsFromZero(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        return super().append(study, events) - 1


class ReturnsThePositionAlways(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        return super().append(study, events) or len(self.read(study, 0, None))


class IgnoresKeys(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        count = len(self.read(study, 0, None))
        nonce = iter(range(count, count + len(events)))
        hidden = [{**event, "key": f"{event.get('key')}#{next(nonce)}"} for event in events]
        return super().append(study, hidden)

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        events = super().read(study, after, limit)
        for event in events:
            event["key"] = event["key"].partition("#")[0]
            if event["key"] == "None":
                del event["key"]
        return events


class IgnoresConflicts(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        try:
            return super().append(study, events)
        except Conflict:
            return 0


class ComparesTimes(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        old = {event.get("key"): event for event in self.read(study, 0, None)}
        for index, event in enumerate(events):
            if "key" in event and event["time"] != old.get(event["key"], event)["time"]:
                raise Conflict(event["key"], index)
        return super().append(study, events)


class AllOrNothing(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        trial = MemoryStorage()
        trial.append(study, self.read(study, 0, None))
        trial.append(study, events)
        return super().append(study, events)


class GoesOnAfterConflicts(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        try:
            return super().append(study, events)
        except Conflict as conflict:
            super().append(study, events[conflict.index + 1 :])
            raise


class ForgetsTheIndex(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        try:
            return super().append(study, events)
        except Conflict as conflict:
            raise Conflict(conflict.key) from None


class SharesKeysAmongStudies(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        for index, event in enumerate(events):
            for other in self.list_studies():
                log = self.read(other, 0, None)
                if other != study and any("key" in e and e["key"] == event.get("key") for e in log):
                    raise Conflict(event["key"], index)
        return super().append(study, events)


class LosesNaN(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        texts = [encode(event).replace("NaN", "null") for event in events]
        return super().append(study, [json.loads(text) for text in texts])


class KnowsOnlyASCII(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        texts = [encode(event).encode("ascii", "replace").decode() for event in events]
        return super().append(study, [json.loads(text) for text in texts])


class KeepsObjects(MemoryStorage):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._objects: dict[str, list[Event]] = {}

    def append(self, study: str, events: Sequence[Event]) -> int:
        position = super().append(study, events)
        self._objects.setdefault(study, []).extend(events)
        return position

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        return self._objects.get(study, [])[after:][:limit]


class RefusesTooLate(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        try:
            return super().append(study, events)
        except UserError:
            super().append(study, events[:1])
            raise


class StoresAnything(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        try:
            return super().append(study, events)
        except UserError:
            return super().append(study, [{"type": "note_set", "time": 0.0, "lost": True}])


class IgnoresTheLimit(MemoryStorage):
    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        return super().read(study, after, None)


class RaisesForUnknownStudies(MemoryStorage):
    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        if study == "nobody":
            raise KeyError(study)
        return super().read(study, after, limit)


class ListsInOrderOfCreation(MemoryStorage):
    def list_studies(self) -> Sequence[str]:
        return [name for name, log in self._logs.items() if log.records]


class HidesWhatIsDeleted(MemoryStorage):
    """Keeps the keys and positions of a deleted study."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._deleted: dict[str, int] = {}

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        return super().read(study, after + self._deleted.get(study, 0), limit)

    def list_studies(self) -> Sequence[str]:
        return [name for name in super().list_studies() if self.read(name, 0, 1)]

    def delete_study(self, study: str) -> None:
        self._deleted[study] = len(super().read(study, 0, None))


class IsNotThreadSafe(MemoryStorage):
    def append(self, study: str, events: Sequence[Event]) -> int:
        count = len(self.read(study, 0, None))
        time.sleep(0.001)  # the gap in which other threads append
        return super().append(study, events) and count + len(events)


class InAFile(SQLiteStorage):
    """Keeps all promises, under another URL."""

    def __init__(self, url: str) -> None:
        super().__init__(url.replace("broken:", "sqlite:"))
        self.waiting: list[Any] = []
        self.known: dict[str, list[Event]] = {}


class AcknowledgesEarly(InAFile):
    """Writes batches only when it has a few of them."""

    def append(self, study: str, events: Sequence[Event]) -> int:
        if len(self.waiting) > 3:
            self.flush()
        self.waiting.append((study, events))
        return len(super().read(study, 0, None)) + sum(len(batch) for _, batch in self.waiting)

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        self.flush()
        return super().read(study, after, limit)

    def flush(self) -> None:
        for study, events in self.waiting:
            super().append(study, events)
        self.waiting.clear()


class LooksBeforeItWrites(InAFile):
    """Checks keys in one transaction and writes in another one."""

    def append(self, study: str, events: Sequence[Event]) -> int:
        taken = {event["hidden"] for event in super().read(study, 0, None) if "hidden" in event}
        if any(event.get("key") in taken for event in events):
            return 0
        hidden = [{"hidden" if k == "key" else k: v for k, v in e.items()} for e in events]
        return super().append(study, hidden)

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        events = super().read(study, after, limit)
        return [{"key" if k == "hidden" else k: v for k, v in e.items()} for e in events]


class SortsWhatItReads(InAFile):
    """Reads the events by writer, so that a late one may appear below an early one."""

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        events = sorted(super().read(study, 0, None), key=lambda event: str(event.get("writer")))
        return events[after:][:limit]


class CountsByItself(InAFile):
    """Takes itself for the only one who appends."""

    def append(self, study: str, events: Sequence[Event]) -> int:
        self.waiting += events
        super().append(study, events)
        return len(self.waiting)


class RemembersWhatItRead(InAFile):
    """Does not look again for what others have appended."""

    def append(self, study: str, events: Sequence[Event]) -> int:
        self.known.pop(study, None)
        return super().append(study, events)

    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        if study not in self.known:
            self.known[study] = list(super().read(study, 0, None))
        events: list[Event] = json.loads(json.dumps(self.known[study][after:][:limit]))
        return events
