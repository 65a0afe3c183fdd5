"""The contract of storages, and its part about threads, objects and processes that share a log."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest

from sherpa_core import registry
from sherpa_core.events import Event
from sherpa_testkit.forking import in_child
from sherpa_testkit.promises import promised
from sherpa_testkit.storage_log import LogContract, note, numbers
from sherpa_testkit.storage_model import comparable
from sherpa_testkit.storage_worker import Worker, numbered, start_together

_LONG_LOG = 1_000_000
_MAX_GROWTH = 200_000_000  # bytes; the whole log as Python objects takes several times that


class StorageContract(LogContract):
    """Subclass it as `TestMyStorage` and override the fixture `url`.

    The class attributes `persistent` and `multiprocess` declare what the storage can do; both
    are True unless they are overridden.
    """

    def test_threads_share_an_object(self, storage: Any) -> None:
        positions: dict[str, list[int]] = {}

        def work(writer: str) -> None:
            positions[writer] = [
                storage.append("s", [note(number, writer=writer)]) for number in range(50)
            ]

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with promised("four threads may append at once without an error"):
            assert sorted(positions) == list("abcd")
        _check_positions(storage.read("s", 0, None), positions, "four threads")

    def test_another_object_finds_the_log(self, storage: Any, url: str) -> None:
        if not self.persistent:
            pytest.skip("this storage does not declare persistent")
        storage.append("s", [note(1, key="k"), note(2)])
        other = registry.open_storage(url)
        with promised("a second object of the same URL finds what the first appended"):
            assert [event["number"] for event in other.read("s", 0, None)] == [1, 2]
            assert list(other.list_studies()) == ["s"]
        with promised("two objects of the same URL append to one log with one set of keys"):
            assert other.append("s", [note(1, key="k")]) == 0
            assert other.append("s", [note(3)]) == 3
            assert storage.append("s", [note(4)]) == 4
        with promised("an object that has read a log finds what another one appends later"):
            assert [event["number"] for event in other.read("s", 0, None)] == [1, 2, 3, 4]
            storage.append("s", [note(5)])
            assert [event["number"] for event in other.read("s", 0, None)] == [1, 2, 3, 4, 5]
            assert [event["number"] for event in other.read("s", 4, 1)] == [5]
        other.delete_study("s")
        with promised("what one object deletes is gone for the other"):
            assert list(storage.read("s", 0, None)) == []

    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
    def test_parent_and_child_go_on_after_a_fork(self, storage: Any, shared_url: str) -> None:
        storage.append("s", [note(1)])

        def work() -> None:
            assert numbers(storage) == [1]
            assert storage.append("s", [note(2)]) == 2

        with promised("parent and child go on with an object after a fork"):
            assert in_child(work) == 0
            assert storage.append("s", [note(3)]) == 3
            assert numbers(storage) == [1, 2, 3]

    def test_positions_under_contention(self, storage: Any, shared_url: str) -> None:
        positions: dict[str, list[int]] = {}
        with ExitStack() as stack:
            workers = {
                name: stack.enter_context(Worker("write", shared_url, "s", name, 100, 3))
                for name in "abcdefgh"
            }
            with promised("eight processes may append at once without an error"):
                start_together(workers.values())
                for name, worker in workers.items():
                    positions[name] = list(iter(worker.answer, None))
                    assert len(positions[name]) == 100
        events = storage.read("s", 0, None)
        lasts = [event for event in events if event["number"] % 3 == 2]
        with promised("no event of eight processes is lost or doubled"):
            assert len(events) == 8 * 100 * 3
            assert len(lasts) == 8 * 100
        with promised("append returns the event's own position while others append"):
            for name, found in positions.items():
                for batch, position in enumerate(found):
                    wanted = comparable([numbered(name, 3 * batch + 2)])
                    assert comparable([events[position - 1]]) == wanted

    def test_readers_see_no_gap(self, storage: Any, shared_url: str) -> None:
        seen: list[str] = []
        with ExitStack() as stack:
            workers = [
                stack.enter_context(Worker("write", shared_url, "s", name, 500, 3))
                for name in "abc"
            ]
            start_together(workers)
            with promised("a reader that has position n never sees something new below n"):
                while not all(worker.ended() for worker in workers):
                    log = comparable(storage.read("s", 0, None))
                    assert log[: len(seen)] == seen
                    new = comparable(storage.read("s", len(log), None))
                    seen = log + new
            with promised("three processes may append at once without an error"):
                assert [len(list(iter(each.answer, None))) for each in workers] == [500] * 3
        log = comparable(storage.read("s", 0, None))
        with promised("a reader that has position n never sees something new below n"):
            assert log[: len(seen)] == seen
            assert len(log) == 3 * 500 * 3

    @pytest.mark.parametrize("same", [True, False], ids=["same body", "other bodies"])
    def test_keys_under_contention(self, storage: Any, shared_url: str, same: bool) -> None:
        names = ["all"] * 8 if same else list("abcdefgh")
        with ExitStack() as stack:
            workers = [
                stack.enter_context(Worker("contend", shared_url, "s", name, 50)) for name in names
            ]
            with promised("eight processes may append the same keys at once without an error"):
                start_together(workers)
                found = [worker.answer() for worker in workers]
        log = storage.read("s", 0, None)
        with promised("a key that many processes append at once is one event"):
            wanted = sorted(f"trial/{number}" for number in range(50))
            assert sorted(event["key"] for event in log) == wanted
        place = {event["key"]: index + 1 for index, event in enumerate(log)}
        for number in range(50):
            outcomes = [each[number] for each in found]
            position = place[f"trial/{number}"]
            loser = 0 if same else "conflict"
            with promised(f"exactly one process wins a key, the others get {loser!r}"):
                assert sorted(outcomes, key=str) == sorted([position, *[loser] * 7], key=str)
            with promised("the event in the log is the winner's"):
                assert log[position - 1]["writer"] == names[outcomes.index(position)]

    def test_kill_9_loses_nothing(self, storage: Any, shared_url: str) -> None:
        random = Random(1)
        for round_ in range(4):
            names = [f"{round_}{letter}" for letter in "abc"]
            acknowledged = {}
            with ExitStack() as stack:
                workers = {
                    name: stack.enter_context(Worker("write", shared_url, "s", name, 10**6, 2))
                    for name in names
                }
                start_together(workers.values())
                for name, worker in workers.items():
                    count_ = random.randrange(1, 60)
                    with promised("processes may append while others are killed"):
                        assert all(worker.answer() is not None for _ in range(count_))
                    worker.kill()
                    acknowledged[name] = 2 * (count_ + len(list(iter(worker.answer, None))))
            log = storage.read("s", 0, None)
            for name in names:
                numbers = [event["number"] for event in log if event["writer"] == name]
                with promised("what append has acknowledged survives kill -9 of its process"):
                    assert len(numbers) >= acknowledged[name], f"of process {name}"
                with promised("kill -9 leaves neither gaps nor doubles nor another order"):
                    assert numbers == list(range(len(numbers))), f"of process {name}"
            with promised("the log can be appended to after kill -9"):
                assert storage.append("s", [note(0)]) == len(log) + 1

    def test_a_long_log_is_read_in_pieces(self, storage: Any, url: str) -> None:
        with promised("a log may have a million events"):
            for first in range(1, _LONG_LOG + 1, 20_000):
                batch = [note(first + offset) for offset in range(20_000)]
                assert storage.append("s", batch) == first + 19_999
        with promised("a long log is read in pieces, in order"):
            if self.multiprocess:
                with Worker("scan", url, "s", 20_000) as worker:
                    found = worker.answer()
                assert (found["count"], found["ordered"]) == (_LONG_LOG, True)
            else:
                number = 0
                while events := storage.read("s", number, 20_000):
                    for event in events:
                        number += 1
                        assert event["number"] == number
                assert number == _LONG_LOG
                return
        with promised("reading a piece needs memory for that piece, not for the log"):
            assert found["grown"] <= _MAX_GROWTH


def _check_positions(events: Sequence[Event], positions: dict[str, list[int]], who: str) -> None:
    with promised(f"{who} append without loss"):
        assert len(events) == sum(len(each) for each in positions.values())
    for writer, found in positions.items():
        for number, position in enumerate(found):
            with promised(f"append returns the event's own position to {who}"):
                event = events[position - 1]
                assert (event["writer"], event["number"]) == (writer, number)
