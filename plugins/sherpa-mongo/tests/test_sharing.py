"""Many writers at once, and writers that die in the middle."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

from sherpa_core.errors import Conflict, StorageError
from sherpa_core.events import Event
from sherpa_mongo import MongoStorage, commit
from sherpa_mongo.commit import Writer
from sherpa_mongo.slots import Slots
from sherpa_testkit.storage_log import note, numbers


class Died(Exception):
    """What a writer raises where it is made to die."""


def dies_in(
    monkeypatch: pytest.MonkeyPatch, storage: MongoStorage, cls: type, step: str, event: Event
) -> None:
    """Append an event with a writer that dies when it comes to a step."""

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(cls, step, die)
        with pytest.raises(Died):
            storage.append("s", [event])


def crowded(storage: MongoStorage) -> None:
    """Make the storage believe that many others write."""
    storage.append("s", [note(0)])
    expect(storage, 2)


def expect(storage: MongoStorage, crowd: int) -> None:
    known = storage._known["s"]
    known.end = attrs.evolve(known.end, crowd=crowd)


# ---- many at once -----------------------------------------------------------------------


@pytest.mark.timeout(240)
def test_200_clients_at_once(database: str) -> None:
    clients = 200
    ready = threading.Barrier(clients)
    found: dict[int, int] = {}

    def work(number: int) -> None:
        storage = MongoStorage(f"{database}?serverSelectionTimeoutMS=60000")
        storage.read("s", 0, None)
        ready.wait()
        found[number] = storage.append("s", [note(number, key=f"k{number}")])
        storage.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    log = numbers(MongoStorage(database))
    assert len(found) == clients
    assert [log[position - 1] for position in found.values()] == list(found)
    assert sorted(log) == list(range(clients))


def test_one_takes_along_what_others_have_put_in(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storages = [MongoStorage(database) for _ in range(4)]
    storages[0].append("s", [note(0, key="k0")])
    for number, storage in enumerate(storages[1:], 1):
        crowded(storage)
        # It stays where it is: its request is in the inbox, and nobody waits for the answer.
        dies_in(monkeypatch, storage, Writer, "_wait", note(number, key=f"k{number}"))

    expect(storages[0], 2)
    position = storages[0].append("s", [note(9)])

    log = numbers(storages[0])
    assert log[position - 1] == 9
    assert sorted(log) == [0, 0, 0, 0, 1, 2, 3, 9]
    assert storages[1].append("s", [note(1, key="k1")]) == 0
    with pytest.raises(Conflict):
        storages[1].append("s", [note(7, key="k2")])


def test_a_conflict_and_a_repetition_among_those_taken_along(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, storage = MongoStorage(database), MongoStorage(database)
    crowded(dead)
    dies_in(monkeypatch, dead, Writer, "_wait", note(1, key="k"))
    crowded(storage)

    outcomes: list[Any] = []
    for event in (note(2, key="l"), note(1, key="k"), note(3, key="k")):
        expect(storage, 2)
        try:
            outcomes.append(storage.append("s", [event]))
        except Conflict as conflict:
            outcomes.append((conflict.key, conflict.index))

    assert outcomes[1:] == [0, ("k", 0)]
    assert numbers(storage).count(1) == 1
    assert 3 not in numbers(storage)


def test_one_whose_turn_it_is_may_die(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dead, storage = MongoStorage(database), MongoStorage(database)
    crowded(dead)
    dies_in(monkeypatch, dead, Writer, "_take_out", note(1))
    crowded(storage)
    storage.read("s", 0, None)
    monkeypatch.setattr(commit, "_PATIENCE", 0.05)

    storage.append("s", [note(2)])

    assert sorted(numbers(storage)) == [0, 0, 1, 2]


# ---- writers that die -------------------------------------------------------------------


@pytest.mark.parametrize("step", ["_index", "_clear"])
@pytest.mark.parametrize("crowd", [1, 2])
def test_a_slot_whose_writer_died_is_settled_by_the_next(
    database: str, monkeypatch: pytest.MonkeyPatch, step: str, crowd: int
) -> None:
    dead, storage = MongoStorage(database), MongoStorage(database)
    crowded(dead)
    expect(dead, crowd)
    dies_in(monkeypatch, dead, Writer, step, note(1, key="k"))
    assert numbers(storage) == [0, 1]

    with pytest.raises(Conflict):
        storage.append("s", [note(2, key="k")])
    assert storage.append("s", [note(1, key="k")]) == 0
    crowded(storage)
    storage.append("s", [note(3)])
    assert numbers(storage) == [0, 1, 0, 3]


def test_whatever_fails_nothing_is_lost_or_doubled(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls to the database fail at random, before or after they were carried out."""
    dice = random.Random(5)

    def fail(work: Callable[..., Any]) -> Callable[..., Any]:
        def failing(*arguments: Any) -> Any:
            moment = dice.random()
            if moment < 0.06:
                raise AutoReconnect("before")
            result = work(*arguments)
            if moment > 0.94:
                raise AutoReconnect("after")
            return result

        return failing

    for cls, names in {
        Writer: ("_index", "_clear", "_put", "_take_out", "_takes_turn", "_look_up", "_settle"),
        Slots: ("insert", "find", "find_hint", "write_hint"),
    }.items():
        for name in names:
            monkeypatch.setattr(cls, name, fail(getattr(cls, name)))
    monkeypatch.setattr(commit, "_PATIENCE", 0.05)
    acknowledged: list[tuple[int, int]] = []

    def work(writer: int) -> None:
        storage = MongoStorage(database)
        for number in range(25):
            event = note(100 * writer + number, key=f"{writer}/{number}")
            while True:
                try:
                    acknowledged.append((event["number"], storage.append("s", [event])))
                    break
                except StorageError:
                    pass
        storage.close()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()

    log = numbers(MongoStorage(database))
    assert Counter(log) == Counter(number for number, _ in acknowledged)
    assert len(log) == 6 * 25
    assert all(log[position - 1] == number for number, position in acknowledged if position)
    for writer in range(6):
        assert [number for number in log if number // 100 == writer] == sorted(
            number for number in log if number // 100 == writer
        )


# ---- what one object knows of what others do --------------------------------------------


def test_a_study_that_another_one_deletes_and_creates_again(database: str) -> None:
    one, other = MongoStorage(database), MongoStorage(database)
    one.append("s", [note(1), note(2)])
    one.append("s", [note(3)])
    assert numbers(one) == [1, 2, 3]

    other.delete_study("s")
    other.append("s", [note(4)])

    assert one.append("s", [note(5)]) == 2
    assert numbers(one) == numbers(other) == [4, 5]


def test_the_last_slot_is_found_without_its_hint(database: str, client: MongoClient[Any]) -> None:
    storage = MongoStorage(database)
    for number in range(1, 40):
        storage.append("s", [note(number)])
        client.get_database(database.rpartition("/")[2]).hints.delete_many({})
        assert MongoStorage(database).append("t", [note(number)]) == number
    assert MongoStorage(database).append("s", [note(40)]) == 40


def test_a_hint_that_somebody_wrote_too_late(database: str) -> None:
    late, storage = MongoStorage(database), MongoStorage(database)
    storage.append("s", [note(0, key="k0")])
    old = Slots(late._connection.database(), storage._known["s"].log)
    slot = old.find(1)
    for number in range(1, 12):
        storage.append("s", [note(number, key=f"k{number}")])
    old.write_hint(slot)
    for number in (0, 1, 6, 11):
        assert MongoStorage(database).append("s", [note(number, key=f"k{number}")]) == 0
        with pytest.raises(Conflict):
            MongoStorage(database).append("s", [note(99, key=f"k{number}")])
        old.write_hint(slot)
    assert MongoStorage(database).append("s", [note(12)]) == 13
    assert numbers(storage) == list(range(13))


def test_who_comes_to_a_crowd_joins_it_at_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, storage = MongoStorage(database), MongoStorage(database)
    crowded(dead)
    dies_in(monkeypatch, dead, Writer, "_wait", note(1))
    crowded(storage)
    storage.append("s", [note(2)])  # and takes along the other one's

    dies_in(monkeypatch, MongoStorage(database), Writer, "_wait", note(3))
    MongoStorage(database).append("s", [note(4)])  # together with what lies there
    MongoStorage(database).append("s", [note(5)])
    MongoStorage(database).append("s", [note(6)])

    assert sorted(numbers(storage)) == [0, 0, 1, 2, 3, 4, 5, 6]


def test_a_long_log_of_many_small_slots(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_PAGE": 7, "MAX_EVENTS": 5}.items():
        monkeypatch.setattr(f"sherpa_mongo.slots.{name}", value)
    storage = MongoStorage(database)
    written = 0
    for size in (1, 1, 4, 12, 1, 1, 1, 1, 1, 9, 5, 5, 5, 2):
        storage.append("s", [note(written + offset + 1) for offset in range(size)])
        written += size
    for after in range(written + 2):
        for limit in (1, 4, None):
            wanted = list(range(after + 1, written + 1))[:limit]
            found = MongoStorage(database).read("s", after, limit)
            assert [event["number"] for event in found] == wanted
    pieces = [event["number"] for n in range(0, written, 3) for event in storage.read("s", n, 3)]
    assert pieces == list(range(1, written + 1))
