"""Appends that wait for one another are written together, and each gets its own answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from sherpa_core.errors import Conflict, SherpaError, StorageError, UserError
from sherpa_core.events import Event
from sherpa_core.memory import MemoryStorage
from sherpa_http import HTTPStorage
from sherpa_sqlite import SQLiteStorage
from sherpa_testkit.storage_log import note


@pytest.fixture
def clients(served: HTTPStorage) -> Any:
    """Sends one batch from each of many clients while the first one's is being written."""

    def send(gate: Gate, batches: Sequence[Sequence[Event]]) -> list[Future[int]]:
        with ThreadPoolExecutor(len(batches)) as pool:
            found = [pool.submit(HTTPStorage(served.url).append, "s", batches[0])]
            gate.entered.wait()
            for batch in batches[1:]:
                found.append(pool.submit(HTTPStorage(served.url).append, "s", batch))
            service = served._server._service  # type: ignore[union-attr]
            while len(service._waiting) < len(batches) - 1:
                time.sleep(0.001)
            gate.opened.set()
        return found

    return send


class Gate:
    """Counts calls; the first one waits until it is opened."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.sizes: list[int] = []
        self._call = call

    def __call__(self, batches: Sequence[Any]) -> Any:
        self.sizes.append(len(batches))
        self.entered.set()
        self.opened.wait()
        return self._call(batches)


@pytest.fixture
def gate(served: HTTPStorage, monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate(served._inner.append_many)
    monkeypatch.setattr(SQLiteStorage, "append_many", lambda self, batches: made(batches))
    return made


def test_those_that_wait_are_written_together(
    served: HTTPStorage, gate: Gate, clients: Any
) -> None:
    found = clients(gate, [[note(number), note(number)] for number in range(30)])
    assert gate.sizes == [1, 29]
    events = served.read("s", 0, None)
    for number, future in enumerate(found):
        position = future.result()
        assert events[position - 2 : position] == [note(number)] * 2
    assert len(events) == 60


def test_a_wrong_one_does_not_harm_its_neighbours(
    served: HTTPStorage, gate: Gate, clients: Any
) -> None:
    batches = [
        [note(0, key="a")],
        [note(1), note(2, key="a"), note(3)],
        [note(0, key="a"), note(6)],
        [note(7)],
    ]
    outcomes = [each.exception() or each.result() for each in clients(gate, batches)]
    first, conflict, known, last = outcomes
    assert first == 1
    assert isinstance(conflict, Conflict) and (conflict.key, conflict.index) == ("a", 1)
    assert known == 0
    numbers = [event["number"] for event in served.read("s", 0, None)]
    assert sorted(numbers) == [0, 1, 6, 7]
    assert numbers[last - 1] == 7


def test_all_are_told_when_the_storage_fails(
    gate: Gate, clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(batches: Sequence[Any]) -> Any:
        raise StorageError("the disk is full")

    gate._call = fail
    for future in clients(gate, [[note(number)] for number in range(5)]):
        assert "the disk is full" in str(future.exception())


def test_a_storage_that_cannot_write_in_groups(
    served: HTTPStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = served._server._service  # type: ignore[union-attr]
    monkeypatch.setattr(service, "_storage", MemoryStorage())
    remote = HTTPStorage(served.url)
    assert remote.append("s", [note(1, key="k"), note(2)]) == 2
    with pytest.raises(Conflict):
        remote.append("s", [note(2, key="k")])
    assert remote.read("s", 0, None) == [note(1, key="k"), note(2)]


# ---- the group append of the folder's own storage ---------------------------------------


def test_each_batch_has_its_outcome(tmp_path: Any) -> None:
    storage = SQLiteStorage(f"{tmp_path}/study.db")
    found = storage.append_many(
        [
            ("a", [note(1, key="k"), note(2)]),
            ("b", []),
            ("a", [note(3), note(9, key="k"), note(4)]),
            ("a", [note(5, text={1, 2})]),
            ("\ud800", [note(6)]),
            ("b", [note(7)]),
            ("a", [note(1, key="k")]),
            ("a", [note(8)]),
        ]
    )
    kinds = [type(each) if isinstance(each, SherpaError) else each for each in found]
    assert kinds == [2, 0, Conflict, UserError, UserError, 1, 0, 4]
    assert [event["number"] for event in storage.read("a", 0, None)] == [1, 2, 3, 8]
    assert [event["number"] for event in storage.read("b", 0, None)] == [7]


def test_a_group_without_events_creates_nothing(tmp_path: Any) -> None:
    storage = SQLiteStorage(f"{tmp_path}/study.db")
    (empty, refused) = storage.append_many([("a", []), ("a", [note(text={1})])])
    assert empty == 0 and isinstance(refused, UserError)
    assert list(tmp_path.iterdir()) == []
