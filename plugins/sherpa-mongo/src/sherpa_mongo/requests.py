"""What is to be appended: requests, and what becomes of their events at a place in the log."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

import attrs

from sherpa_core.events import Event, body, decode_many
from sherpa_mongo.slots import Receipt, Slot, fits


@attrs.define(eq=False)
class Request:
    """Some events of one writer, which stand behind one another in the log.

    Args:
        texts: their JSON.
        seen: none of their keys is in the slots up to this one; -1 where nobody has looked.
        id: unique.
    """

    texts: Sequence[str] = attrs.field(repr=False)
    seen: int = -1
    id: str = attrs.field(factory=lambda: uuid4().hex)
    keyed: Sequence[tuple[str, str] | None] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.keyed = [_keyed(event) for event in decode_many(self.texts)]

    @property
    def keys(self) -> Iterator[str]:
        """The keys of its events."""
        return (each[0] for each in self.keyed if each is not None)


def split(texts: Sequence[str]) -> Iterator[tuple[int, Request]]:
    """Yield requests that fit into a slot each, with the index of their first event."""
    first, size = 0, 0
    for index, text in enumerate(texts):
        size += len(text)
        if index > first and not fits(index + 1 - first, size):
            yield first, Request(texts[first:index])
            first, size = index, len(text)
    yield first, Request(texts[first:])


def place(
    requests: Sequence[Request], behind: Slot | None, taken: dict[str, str], grouped: bool
) -> tuple[Slot, dict[str, str]]:
    """Return the slot behind another one that answers as many of the requests as fit.

    Args:
        requests: the first one is answered in any case.
        behind: the last slot of the log, None where there is none.
        taken: what stands in the log under each key that occurs in the requests.
        grouped: whether requests come through the inbox.

    Returns:
        The slot, and what is new under which key.
    """
    start = behind.last if behind else 0
    texts: list[str] = []
    size = 0
    new: dict[str, str] = {}
    receipts: list[Receipt] = []
    for request in requests:
        kept, added, conflict = _what_is_new(request, ChainMap(new, taken))
        length = sum(map(len, kept))
        if receipts and not fits(len(texts) + len(kept), size + length):
            continue
        texts += kept
        size += length
        new.update(added)
        all_new = len(kept) == len(request.texts)
        receipts.append(Receipt(request.id, start + len(texts) if all_new else 0, conflict))
    number = behind.number + 1 if behind else 1
    text = f"[{','.join(texts)}]"
    return Slot(number, start + 1, len(texts), text, receipts, grouped), new


def keys_of(slot: Slot) -> dict[str, str]:
    """Return what stands in a slot under which key."""
    return dict(each for event in slot.events if (each := _keyed(event)) is not None)


def _what_is_new(
    request: Request, taken: Mapping[str, str]
) -> tuple[list[str], dict[str, str], int | None]:
    texts: list[str] = []
    new: dict[str, str] = {}
    for index, (text, keyed) in enumerate(zip(request.texts, request.keyed, strict=True)):
        if keyed is not None:
            key, digest = keyed
            found = new.get(key) or taken.get(key)
            if found is not None:
                if found != digest:
                    return texts, new, index
                continue
            new[key] = digest
        texts.append(text)
    return texts, new, None


def _keyed(event: Event) -> tuple[str, str] | None:
    """Return an event's key and what tells its body from another one under the same key."""
    key = event.get("key")
    if key is None:
        return None
    return key, hashlib.sha256(body(event).encode()).hexdigest()[:32]
