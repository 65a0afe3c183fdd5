"""How events get into the log: one insert decides, and takes along what others have waiting.

A writer inserts the slot behind the last one. Where it succeeds, that is all. Where others were
faster, it puts its request into the inbox instead, where nobody is in its way, and one of those
who wait writes a slot with all that lies there: however many writers come at once, a few slots
answer them all.

What must hold, whoever dies where:

* Before slot n + 1 is written, the keys of all slots up to n are in the collection `keys`, and
  the requests that they answer are out of the inbox: slot n is *settled*. Every writer sees to
  it for slot n before it writes slot n + 1, so nobody need look further back.
* A request is put into the inbox once. So it is in one slot at most: whoever takes it out has
  settled slot n before, and either writes n + 1 or reads what others have written there.
* Whether a key is free is known up to some slot (`base`), by asking for it when that slot was
  settled, and behind it by reading the slots.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Mapping, Sequence

import attrs
from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import BulkWriteError, DuplicateKeyError

from sherpa_mongo.connection import Document
from sherpa_mongo.requests import Request, keys_of, place
from sherpa_mongo.slots import Receipt, Slot, Slots
from sherpa_mongo.studies import Log, short

_FEW_KEYS = 250  # up to here keys are looked up one by one, which every server does by an index
_MANY_KEYS = 1_000  # at once
_TAKEN_ALONG = 1_000  # requests
_BACK = 20  # slots that are read again to learn which keys they hold
_SHARE = 0.004  # seconds between two looks of a writer that waits, for each that waits with it
_SHORTEST, _LONGEST = 0.005, 1.0  # the bounds of that
_EAGER = 8  # so many of those who wait ask for the turn at each look
_PATIENCE = 3.0  # seconds without a slot after which the one whose turn it is must have died
_CROWD_LASTS = 2.0  # seconds for which those who wrote at the same time are believed to go on
_FRESH = 0.1  # seconds in which a writer that goes on neither reads nor writes the hint
_DUPLICATE = 11000


@attrs.frozen
class Memory:
    """What a client knows of a log's end from one append to the next: only speed depends on it.

    Args:
        last: the last slot that it knows.
        settled: the last slot that it knows to be settled.
        crowd: how many requests were answered together with its last one.
        written: when that was, by `time.monotonic`.
        hinted: when it last read or wrote the hint.
    """

    last: Slot | None = None
    settled: Slot | None = None
    crowd: int = 1
    written: float = -math.inf
    hinted: float = -math.inf


class Writer:
    """Appends to one log, once.

    Args:
        database: the database.
        log: the log's id.
        memory: what is known of it.
    """

    def __init__(self, database: Database[Document], log: Log, memory: Memory) -> None:
        self._log = log
        self._slots = Slots(database, log)
        self._keys = database.keys
        self._inbox = database.inbox
        self._turns = database.hints.with_options(write_concern=WriteConcern(w=1))
        self._queued = False
        self._taken: dict[str, str] = {}
        self._free: set[str] = set()
        self._receipts: dict[str, Receipt] = {}
        now = time.monotonic()
        self._last, self._settled, self._hinted = memory.last, memory.settled, memory.hinted
        self._crowd = memory.crowd if now - memory.written < _CROWD_LASTS else 1
        self._knows_end = now - memory.hinted < _FRESH
        self._base = self._number
        if self._last is not None and self._last is not self._settled:
            self._taken = keys_of(self._last)
            self._base -= 1

    def append(self, request: Request) -> Receipt:
        """Write the request's events; return what became of them."""
        if not self._knows_end:
            self._read_hint()
        if self._crowd > 1 or not self._write_directly(request):
            self._put(request)
            self._wait(request)
        return self._receipts[request.id]

    @property
    def memory(self) -> Memory:
        """What is known of the log now."""
        return Memory(self._last, self._settled, self._crowd, time.monotonic(), self._hinted)

    def _write_directly(self, request: Request) -> bool:
        """Try to write the next slot, and once more where only one came between."""
        self._settle()
        before = self._base = self._number
        if self._write([request]):
            return True
        return self._number == before + 1 and self._crowd == 1 and self._write([request])

    def _read_hint(self) -> None:
        hint, crowded = self._slots.find_hint()
        if hint is not None and hint.number > self._number:
            self._last = self._settled = hint
            self._base = hint.number
            if crowded:
                self._crowd = max(self._crowd, 2)

    def _wait(self, request: Request) -> None:
        """Stay until the request is in the log, by somebody else's hand or by this one's."""
        pause = min(max(_SHORTEST, _SHARE * self._crowd), _LONGEST)
        asked, patience = False, 0.0
        seen = -1
        while True:
            time.sleep(pause * random.uniform(0, 2))
            asked_at = time.monotonic()
            if self._catch_up(request):
                return
            # A server that is slow to answer is asked less often.
            pause = 1.5 * max(pause, time.monotonic() - asked_at, _SHARE * self._crowd)
            pause = min(pause, _LONGEST)
            if self._number != seen:
                seen, asked = self._number, False
                patience = time.monotonic() + _PATIENCE * random.uniform(1, 2)
            leads = time.monotonic() > patience
            if not asked and random.random() * self._crowd < _EAGER:
                asked = True
                leads = leads or self._takes_turn(seen + 1)
            if leads:
                self._settle()
                others = self._take_out(request)
                while not self._write([request, *others]):
                    others = [each for each in others if each.id not in self._receipts]
                self._turns.delete_one({"_id": self._turn(seen + 1)})
                return

    def _write(self, requests: Sequence[Request]) -> bool:
        """Try to write the next slot; return whether the first request is answered."""
        self._look_up([each for each in requests if each.seen < self._base])
        slot, new = place(requests, self._last, self._taken, self._queued)
        if not slot.count and not self._queued:  # all was there already: nobody need be told
            self._note(slot)
        elif self._slots.insert(slot):
            self._note(slot)
            self._index(new)
            self._clear(slot)
            self._last = self._settled = slot
            if not self._knows_end:
                self._slots.write_hint(slot)
                self._hinted = time.monotonic()
        else:
            self._catch_up(requests[0])
            self._settle()
        return requests[0].id in self._receipts

    def _catch_up(self, request: Request) -> bool:
        """Read what others have written; return whether it answers the request."""
        slots = self._slots.read(self._last.last if self._last else 0, self._last)
        while request.id not in self._receipts and (slot := next(slots, None)):
            self._note(slot)
            self._taken.update(keys_of(slot))
            self._last = slot
        return request.id in self._receipts

    def _note(self, slot: Slot) -> None:
        for receipt in slot.receipts:
            self._receipts[receipt.request] = receipt
        self._crowd = len(slot.receipts)

    @property
    def _number(self) -> int:
        return self._last.number if self._last else 0

    # ---- what must be true of a slot before the next one is written -----------------------

    def _settle(self) -> None:
        """Do what the last slot's writer may not have lived to do."""
        slot = self._last
        if slot is None or slot is self._settled:
            return
        keys = keys_of(slot)
        # Its last key is written when the others are there.
        if keys and self._keys.find_one({"_id": self._key(list(keys)[-1])}) is None:
            self._index(keys)
        self._clear(slot)
        self._settled = slot

    def _index(self, keys: Mapping[str, str]) -> None:
        documents = [{"_id": self._key(key), "body": digest} for key, digest in keys.items()]
        for some in (documents[:-1], documents[-1:]):
            if not some:
                continue
            try:
                self._keys.insert_many(some, ordered=False)
            except BulkWriteError as error:  # another one does the same
                if any(each["code"] != _DUPLICATE for each in error.details["writeErrors"]):
                    raise

    def _clear(self, slot: Slot) -> None:
        if slot.grouped:
            answered = [each.request for each in slot.receipts]
            self._inbox.delete_many({"_id": {"$in": answered}})

    # ---- keys -----------------------------------------------------------------------------

    def _look_up(self, requests: Sequence[Request]) -> None:
        """Ask what stands under the keys of requests, up to `base`."""
        keys = dict.fromkeys(key for each in requests for key in each.keys)
        ids = {self._key(key): key for key in keys if key not in self._free}
        if len(ids) <= _FEW_KEYS:
            found = [self._keys.find_one({"_id": each}) for each in ids]
        else:
            names = list(ids)
            found = []
            for first in range(0, len(names), _MANY_KEYS):
                found += self._keys.find({"_id": {"$in": names[first : first + _MANY_KEYS]}})
        self._free.update(ids.values())
        for document in found:
            if document is not None:
                self._taken[ids[document["_id"]]] = document["body"]

    def _reach_back(self, requests: Sequence[Request]) -> None:
        """Read again what was written since requests were put in: quicker than asking."""
        near = [each.seen for each in requests if self._base - _BACK <= each.seen < self._base]
        for number in range(min(near, default=self._base) + 1, self._base + 1):
            if slot := self._slots.find(number):
                self._taken.update(keys_of(slot))
        self._base = min(near, default=self._base)

    def _key(self, key: str) -> str:
        return f"{self._log}/{short(key)}"

    # ---- the inbox ------------------------------------------------------------------------

    def _put(self, request: Request) -> None:
        self._look_up([request])
        if self._taken.keys().isdisjoint(request.keys):
            request.seen = self._base
        text = json.dumps(list(request.texts))
        self._inbox.insert_one(
            {"_id": request.id, "log": self._log, "seen": request.seen, "texts": text}
        )
        self._queued = True

    def _take_out(self, request: Request) -> list[Request]:
        """Return what others have put into the inbox, which is not in any slot up to `last`."""
        found = self._inbox.find({"log": self._log}).limit(_TAKEN_ALONG)
        others = [
            Request(json.loads(each["texts"]), each["seen"], each["_id"])
            for each in found
            if each["_id"] != request.id
        ]
        self._reach_back(others)
        return others

    def _takes_turn(self, number: int) -> bool:
        """Return whether it falls to this writer to write a slot; others wait for it."""
        try:
            self._turns.insert_one({"_id": self._turn(number)})
        except DuplicateKeyError:
            return False
        return True

    def _turn(self, number: int) -> str:
        return f"{self._log}/turn/{number}"
