"""A storage as simple as can be, and sequences of operations to compare others with it."""

from __future__ import annotations

import json
from typing import Any

import attrs
from hypothesis import strategies as st

from sherpa_core.errors import Conflict
from sherpa_core.events import Event

_STUDIES = st.sampled_from(["first", "second"])


@attrs.frozen
class Append:
    """Append `events` to `study`."""

    study: str
    events: list[Event]


@attrs.frozen
class Read:
    """Read `study`."""

    study: str
    after: int
    limit: int | None


@attrs.frozen
class Delete:
    """Delete `study`."""

    study: str


Operation = Append | Read | Delete


class Model:
    """What every storage must do, in the plainest words."""

    def __init__(self) -> None:
        self.logs: dict[str, list[Event]] = {}

    def append(self, study: str, events: list[Event]) -> int:
        """Append events as `StorageSpec.append` says."""
        all_new = True
        for index, event in enumerate(events):
            log = self.logs.setdefault(study, [])
            same = [old for old in log if "key" in event and old.get("key") == event["key"]]
            if not same:
                log.append(event)
            elif _without_time(same[0]) != _without_time(event):
                raise Conflict(event["key"], index)
            else:
                all_new = False
        return len(self.logs[study]) if all_new else 0

    def read(self, study: str, after: int, limit: int | None) -> list[Event]:
        """Return events as `StorageSpec.read` says."""
        log = self.logs.get(study, [])[after:]
        return log if limit is None else log[:limit]

    def delete_study(self, study: str) -> None:
        """Forget a study."""
        self.logs.pop(study, None)


def comparable(events: Any) -> list[str]:
    """Return events as texts that are equal when the events are, NaN included."""
    return [json.dumps(event, sort_keys=True) for event in events]


def values() -> st.SearchStrategy[Any]:
    """Return values that an event may hold: JSON, with NaN, infinity and all of unicode."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )


def operations() -> st.SearchStrategy[list[Operation]]:
    """Return sequences of operations with many keys used again, by the same body or another."""
    plain = st.fixed_dictionaries(
        {"type": st.just("note_set"), "time": st.floats(0, 1e9), "number": st.integers(0, 1)}
    )
    keyed = st.builds(lambda event, key: event | {"key": key}, plain, st.sampled_from("abc"))
    return st.lists(
        st.builds(Append, _STUDIES, st.lists(plain | keyed, min_size=1, max_size=4))
        | st.builds(Read, _STUDIES, st.integers(0, 6), st.none() | st.integers(0, 4))
        | st.builds(Delete, _STUDIES),
        min_size=1,
        max_size=12,
    )


def _without_time(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "time"}
