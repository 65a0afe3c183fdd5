"""A study's log in the database: numbered slots, each a document with one or more events.

A slot is inserted once and never changed. Its `_id` ends with its number, so the unique index
decides who writes the next one, and the last one is found by asking for single numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs
from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from sherpa_core.events import Event
from sherpa_mongo.connection import Document
from sherpa_mongo.studies import Log

#: The most events that a slot may have.
MAX_EVENTS = 2_000
#: The most characters of their JSON; the database allows documents of 16 MB.
MAX_SIZE = 2_000_000
_PAGE = 10_000  # positions in a page, which is found by equality; no slot is longer
_STEPS = 4  # slots that a reader looks for one by one before it takes a page


@attrs.frozen
class Receipt:
    """What became of one request, in the slot that answers it.

    Args:
        request: its id.
        position: of its last event, 0 when one of its events was there already.
        conflict: index of the event whose key was taken, None if none was.
    """

    request: str
    position: int
    conflict: int | None


@attrs.frozen
class Slot:
    """Some events that stand behind one another.

    Args:
        number: slots count from 1.
        first: position of its first event.
        count: number of its events.
        text: their JSON, a list.
        receipts: the requests that it answers.
        grouped: whether some of them came through the inbox.
    """

    number: int
    first: int
    count: int
    text: str = attrs.field(repr=False)
    receipts: list[Receipt]
    grouped: bool

    @property
    def last(self) -> int:
        """Position of its last event."""
        return self.first + self.count - 1

    @property
    def events(self) -> list[Event]:
        """Its events."""
        events: list[Event] = json.loads(self.text)
        return events


class Slots:
    """The slots of one log.

    Args:
        database: the database.
        log: the log's id.
    """

    def __init__(self, database: Database[Document], log: Log) -> None:
        self._log = log
        self._slots = database.log
        # Only speed depends on hints, so nobody waits until they are safe.
        self._hints = database.hints.with_options(write_concern=WriteConcern(w=1))

    def find(self, number: int) -> Slot | None:
        """Return the slot with this number, None if nobody has written it yet."""
        found = self._slots.find_one({"_id": f"{self._log}/{number}"})
        return None if found is None else _slot(found)

    def insert(self, slot: Slot) -> bool:
        """Write a slot behind the last one; False when somebody else has written that number."""
        try:
            self._slots.insert_one(
                {
                    "_id": f"{self._log}/{slot.number}",
                    "page": self._page(slot.first),
                    "number": slot.number,
                    "first": slot.first,
                    "count": slot.count,
                    "events": slot.text,
                    "receipts": json.dumps([attrs.astuple(each) for each in slot.receipts]),
                    "grouped": slot.grouped,
                }
            )
        except DuplicateKeyError:
            return False
        return True

    def find_hint(self) -> tuple[Slot | None, bool]:
        """Return a slot near the end of the log, without its events, and whether many came to it.

        It is settled.
        """
        found = self._hints.find_one({"_id": f"{self._log}/last"})
        if found is None:
            return None, False
        slot = Slot(found["number"], found["position"] + 1, 0, "[]", [], grouped=False)
        return slot, found["crowded"]

    def write_hint(self, slot: Slot) -> None:
        """Tell others that the log has come to this slot, which is settled."""
        hint = {"number": slot.number, "position": slot.last, "crowded": len(slot.receipts) > 1}
        with suppress(DuplicateKeyError):  # two that write the first hint at once
            self._hints.replace_one({"_id": f"{self._log}/last"}, hint, upsert=True)

    def read(self, after: int, start: Slot | None) -> Iterator[Slot]:
        """Yield the slots that hold the positions behind `after`, in order.

        Args:
            after: a position.
            start: a slot that was read before, where a reader goes on that has read up to it.
        """
        if start is not None and start.first - 1 <= after <= start.last:
            number = start.number
            if after < start.last:
                yield start
            number += 1
            for _ in range(_STEPS):
                slot = self.find(number)
                if slot is None:
                    return
                yield slot
                number, after = number + 1, slot.last
        else:
            number = 0
        page = after // _PAGE
        if not number and page:  # the slot before may reach into this page
            page -= 1
        while True:
            found = False
            query: dict[str, Any] = {"page": f"{self._log}/{page}"}
            if number:
                query["number"] = {"$gte": number}
            for document in self._slots.find(query).sort("number"):
                slot = _slot(document)
                found = True
                if number and slot.number != number:  # written while this page was being read
                    return
                number = slot.number + 1
                if slot.last > after:
                    yield slot
            if not found:
                return
            page += 1

    def _page(self, first: int) -> str:
        return f"{self._log}/{(first - 1) // _PAGE}"


def _slot(document: Document) -> Slot:
    return Slot(
        document["number"],
        document["first"],
        document["count"],
        document["events"],
        [Receipt(*each) for each in json.loads(document["receipts"])],
        document["grouped"],
    )


def fits(count: int, size: int) -> bool:
    """Return whether so many events with so many characters of JSON fit into one slot."""
    return count <= MAX_EVENTS and size <= MAX_SIZE
