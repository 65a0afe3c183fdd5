"""The part of the storage contract about a log: positions, keys, studies and values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sherpa_core import registry
from sherpa_core.errors import Conflict, UserError
from sherpa_core.events import MAX_EVENT_SIZE, Event
from sherpa_core.sockets import Socket
from sherpa_testkit.promises import promised
from sherpa_testkit.storage_model import Append, Delete, Model, comparable, operations, values

_PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_CIRCLE: list[Any] = []
_CIRCLE.append(_CIRCLE)


def note(number: int = 0, /, **fields: Any) -> Event:
    """Return a small event; `fields` are added or replace its own."""
    return {"type": "note_set", "time": 1e9 + number, "writer": "w", "number": number} | fields


def numbers(storage: Any) -> list[int]:
    """Return the numbers of the notes in the log of the study `s`."""
    return [event["number"] for event in storage.read("s", 0, None)]


@pytest.mark.contract("storage")
class LogContract:
    """The capabilities, the fixtures, and what one user of a storage may rely on.

    Attributes:
        persistent: a second object of the same URL finds the logs of the first.
        multiprocess: several processes may use the same URL at once, and what they appended
            survives their `kill -9`.
    """

    persistent: bool = True
    multiprocess: bool = True

    @pytest.fixture
    def url(self) -> str:
        """Return the URL of an empty storage, another one for each test."""
        raise NotImplementedError("override the fixture `url` of StorageContract")

    @pytest.fixture
    def storage(self, url: str) -> Any:
        """Return the storage at `url`."""
        return registry.open_storage(url)

    @pytest.fixture
    def shared_url(self, url: str) -> str:
        """Return `url`, for tests in which several processes use it."""
        if not self.multiprocess:
            pytest.skip("this storage does not declare multiprocess")
        return url

    # ---- what append returns, and where events stand ------------------------------------

    def test_binds(self, storage: Any) -> None:
        with promised("a storage implements append, read, list_studies and delete_study"):
            socket = Socket("storage", storage)
            assert socket.hook.read(study="s", after=0, limit=None) == []

    def test_append_returns_the_last_position(self, storage: Any) -> None:
        with promised("append returns the position of the last event; positions count from 1"):
            assert storage.append("s", [note(1)]) == 1
            assert storage.append("s", [note(2), note(3, key="k"), note(4)]) == 4
            assert storage.append("s", [note(5, key="l")]) == 5

    def test_a_batch_keeps_its_order(self, storage: Any) -> None:
        batch = [note(n, key=f"k{-n % 7}/{n}") if n % 3 else note(n) for n in range(500)]
        with promised("a batch keeps its order"):
            storage.append("s", batch)
            assert comparable(storage.read("s", 0, None)) == comparable(batch)

    def test_an_empty_batch_writes_nothing(self, storage: Any) -> None:
        with promised("appending no events writes nothing"):
            storage.append("s", [])
            assert list(storage.list_studies()) == []
            assert list(storage.read("s", 0, None)) == []

    def test_read_takes_any_piece(self, storage: Any) -> None:
        log = [note(n) for n in range(7)]
        storage.append("s", log)
        for after in range(9):
            for limit in (None, 0, 1, 3, 7, 100):
                with promised(f"read(after={after}, limit={limit}) gives that piece of the log"):
                    wanted = log[after:][:limit]
                    assert comparable(storage.read("s", after, limit)) == comparable(wanted)

    def test_the_log_is_nobodys_to_change(self, storage: Any) -> None:
        event = note(1, context={"lr": 0.1})
        storage.append("s", [event])
        with promised("changing an event that was appended or read does not change the log"):
            event["context"]["lr"] = 0.2
            storage.read("s", 0, None)[0]["context"]["lr"] = 0.3
            assert storage.read("s", 0, None)[0]["context"] == {"lr": 0.1}

    # ---- keys ---------------------------------------------------------------------------

    def test_sending_again_changes_nothing(self, storage: Any) -> None:
        batch = [note(1, key="a"), note(2, key="b")]
        assert storage.append("s", batch) == 2
        with promised("a key that comes again with the same body is no event and no error"):
            again = storage.append("s", batch)
            assert comparable(storage.read("s", 0, None)) == comparable(batch)
        with promised("append returns 0 when a key was already there with the same body"):
            assert again == 0
            assert storage.append("s", [note(3, key="c"), note(2, key="b")]) == 0
            assert storage.append("s", [note(1, key="a"), note(4)]) == 0
        with promised("the new events of a batch that is partly known are written"):
            assert [event["number"] for event in storage.read("s", 0, None)] == [1, 2, 3, 4]

    def test_the_time_is_not_part_of_the_body(self, storage: Any) -> None:
        storage.append("s", [note(1, key="a", time=1.0)])
        with promised("events of the same key that differ only in time have the same body"):
            assert storage.append("s", [note(1, key="a", time=2.0)]) == 0
        with promised("the first event of a key stays"):
            assert [event["time"] for event in storage.read("s", 0, None)] == [1.0]

    @pytest.mark.parametrize(
        "context",
        [
            {"loss": float("nan"), "best": float("-inf")},
            {str(n): n for n in range(12, 0, -1)},
            {n: n for n in range(12)},
            {"shape": (1, 2), "lr": np.float64(0.1), "units": np.int64(3)},
            {"näme": "日本\U0001f600\0\n"},
        ],
        ids=["nan", "order", "number keys", "numpy", "unicode"],
    )
    def test_any_body_equals_itself(self, storage: Any, context: dict[Any, Any]) -> None:
        event = note(1, key="a", context=context)
        storage.append("s", [event])
        with promised("an event that is sent again as it was has the same body"):
            assert storage.append("s", [event]) == 0

    def test_a_conflict_names_its_event(self, storage: Any) -> None:
        storage.append("s", [note(1, key="a")])
        batch = [note(2), note(3, key="b"), note(9, key="a"), note(4), note(5, key="c")]
        taken = promised("a key that is there with another body is a Conflict")
        with taken, pytest.raises(Conflict) as caught:
            storage.append("s", batch)
        with promised("a Conflict says the key and the event's index in its batch"):
            assert (caught.value.key, caught.value.index) == ("a", 2)
        numbers = [event["number"] for event in storage.read("s", 0, None)]
        with promised("the events before a conflict are written"):
            assert numbers[:3] == [1, 2, 3]
        with promised("an event that conflicts and those after it are not written"):
            assert numbers[3:] == []
        with promised("positions go on without a gap after a conflict"):
            assert storage.append("s", [note(6)]) == 4

    def test_keys_within_a_batch(self, storage: Any) -> None:
        with promised("a key twice in one batch with the same body is one event"):
            assert storage.append("s", [note(1, key="a"), note(1, key="a"), note(2)]) == 0
            assert [event["number"] for event in storage.read("s", 0, None)] == [1, 2]
        with promised("a key twice in one batch with two bodies is a Conflict"):
            with pytest.raises(Conflict) as caught:
                storage.append("s", [note(3, key="b"), note(4, key="b"), note(5)])
            assert caught.value.index == 1
            assert [event["number"] for event in storage.read("s", 0, None)] == [1, 2, 3]

    def test_events_without_a_key_are_never_merged(self, storage: Any) -> None:
        with promised("events without a key are kept as often as they are appended"):
            storage.append("s", [note(1), note(1)])
            assert storage.append("s", [note(1)]) == 3

    # ---- studies ------------------------------------------------------------------------

    def test_an_unknown_study_is_empty(self, storage: Any) -> None:
        with promised("a study that is not there reads as empty"):
            assert list(storage.read("nobody", 0, None)) == []
            assert list(storage.read("nobody", 5, 10)) == []
        with promised("reading a study does not create it"):
            assert list(storage.list_studies()) == []
        with promised("deleting a study that is not there is no error"):
            storage.delete_study("nobody")

    def test_studies_do_not_mix(self, storage: Any) -> None:
        with promised("keys and positions belong to one study"):
            assert storage.append("a", [note(1, key="k")]) == 1
            assert storage.append("b", [note(2, key="k"), note(3)]) == 2
            assert storage.append("a", [note(4)]) == 2
        with promised("a study reads only its own events"):
            assert [event["number"] for event in storage.read("a", 0, None)] == [1, 4]
            assert [event["number"] for event in storage.read("b", 0, None)] == [2, 3]

    @pytest.mark.parametrize("name", ["a b/c", "Größe", "日本", "x#y?z=1&%41", 'it\'s; "x"', "A"])
    def test_names_of_studies(self, storage: Any, name: str) -> None:
        storage.append("a", [note(0)])
        with promised(f"{name!r} can be the name of a study"):
            storage.append(name, [note(1)])
            assert [event["number"] for event in storage.read(name, 0, None)] == [1]
            assert set(storage.list_studies()) == {"a", name}

    def test_deleting_a_study(self, storage: Any) -> None:
        for name in ("b", "a"):
            storage.append(name, [note(1, key="k"), note(2)])
        with promised("list_studies gives the names, sorted"):
            assert list(storage.list_studies()) == ["a", "b"]
        storage.delete_study("a")
        with promised("a deleted study reads as empty and is not listed"):
            assert list(storage.read("a", 0, None)) == []
            assert list(storage.list_studies()) == ["b"]
        with promised("deleting a study leaves the others alone"):
            assert [event["number"] for event in storage.read("b", 0, None)] == [1, 2]
        with promised("a deleted study's name, keys and positions are free again"):
            assert storage.append("a", [note(7, key="k")]) == 1
            assert [event["number"] for event in storage.read("a", 0, None)] == [7]

    # ---- values -------------------------------------------------------------------------

    def test_native_values_come_back(self, storage: Any) -> None:
        given_values = {
            "bool": np.bool_(True),
            "float": np.float64(0.1),
            "small": np.float32(0.5),
            "int": np.int64(2**62),
            "list": [np.int8(1), (2, 3)],
            "dict": {"inner": np.float64(2.0)},
        }
        wanted = {
            "bool": True,
            "float": 0.1,
            "small": 0.5,
            "int": 2**62,
            "list": [1, [2, 3]],
            "dict": {"inner": 2.0},
        }
        storage.append("s", [note(1, context=given_values)])
        with promised("native Python values come back, also for NumPy's scalars"):
            assert repr(storage.read("s", 0, None)[0]["context"]) == repr(wanted)

    @pytest.mark.parametrize(
        "value",
        [
            *(float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 0.1, 1.0, 1, 2**70),
            *(True, None, "", "\0", "\n\r\t\u2028", "naïve 日本 \U0001f600", "NaN", [], {}, [[{}]]),
        ],
        ids=repr,
    )
    def test_values_survive(self, storage: Any, value: Any) -> None:
        storage.append("s", [note(1, objective=value, key=f"key of {value!r}")])
        with promised(f"{value!r} comes back as it was"):
            event = storage.read("s", 0, None)[0]
            assert repr(event["objective"]) == repr(value)
            assert event["key"] == f"key of {value!r}"

    @pytest.mark.parametrize(
        "value",
        [
            *(object(), {1, 2}, b"bytes", 1j, np.zeros(2), {(1, 2): 3}, "\ud800"),
            *(_CIRCLE, "x" * (MAX_EVENT_SIZE + 1)),
        ],
        ids=[
            *("object", "set", "bytes", "complex", "array", "tuple key", "surrogate"),
            *("circle", "too long"),
        ],
    )
    def test_what_is_not_json_is_refused(self, storage: Any, value: Any) -> None:
        with promised("what is not JSON is refused with a UserError"), pytest.raises(UserError):
            storage.append("s", [note(1), note(2, context={"value": value})])
        with promised("nothing of a batch is written when one of its events is refused"):
            assert list(storage.read("s", 0, None)) == []
            assert list(storage.list_studies()) == []

    def test_every_value_survives(self, storage: Any) -> None:
        numbers = count()

        @_PROPERTY
        @given(values())
        def check(value: Any) -> None:
            event = note(next(numbers), context=value)
            storage.append("s", [event])
            assert comparable(storage.read("s", event["number"], 1)) == comparable([event])

        with promised("every JSON value comes back as it was"):
            check()

    def test_behaves_like_the_model(self, storage: Any) -> None:
        examples = count()

        @_PROPERTY
        @given(operations())
        def check(steps: Sequence[Any]) -> None:
            model, example = Model(), next(examples)
            for step in steps:
                name = f"{example}/{step.study}"
                match step:
                    case Append(study, batch):
                        found = _outcome(storage, name, batch)
                        assert found == _outcome(model, study, batch), f"after {step}"
                    case Delete(study):
                        storage.delete_study(name)
                        model.delete_study(study)
                    case read:
                        events = storage.read(name, read.after, read.limit)
                        wanted = model.read(read.study, read.after, read.limit)
                        assert comparable(events) == comparable(wanted), f"at {step}"
            for study in ("first", "second"):
                events = storage.read(f"{example}/{study}", 0, None)
                assert comparable(events) == comparable(model.read(study, 0, None))
            listed = {name for name in storage.list_studies() if name.startswith(f"{example}/")}
            assert listed == {f"{example}/{study}" for study in model.logs}

        with promised("any sequence of calls gives what the model of a storage gives"):
            check()


def _outcome(storage: Any, study: str, batch: Sequence[Event]) -> int | tuple[str, int]:
    """Return what `append` returns, or what the conflict says."""
    try:
        result: int = storage.append(study, batch)
    except Conflict as conflict:
        return conflict.key, conflict.index
    return result
