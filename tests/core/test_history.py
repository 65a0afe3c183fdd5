from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, History, Trial
from sherpa_core.events import Event
from sherpa_core.space import SearchSpace
from sherpa_testkit.strategies import histories

CREATED: Event = {
    "type": "study_created",
    "config": {
        "name": "s",
        "parameters": SearchSpace([Continuous("x", [0, 1]), Choice("c", [1, None])]).to_list(),
        "algorithm": {"name": "random"},
        "lower_is_better": True,
        "seed": 1,
    },
}


def add(trial: int, origin: str = "random", **more: Any) -> Event:
    parameters = {"x": trial / 100, "c": None}
    return {
        "type": "trial_added",
        "trial": trial,
        "parameters": parameters,
        "origin": origin,
    } | more


def observe(trial: int, iteration: int, objective: float, attempt: int = 1, **more: Any) -> Event:
    return {
        "type": "observation_added",
        "trial": trial,
        "attempt": attempt,
        "iteration": iteration,
        "objective": objective,
        **more,
    }


def end(trial: int, status: str = "COMPLETED", **more: Any) -> Event:
    return {"type": "trial_finalized", "trial": trial, "status": status, **more}


def attempt(trial: int, number: int) -> Event:
    return {"type": "attempt_started", "trial": trial, "attempt": number}


def stop(trial: int, iteration: int | None = None, **more: Any) -> Event:
    return {"type": "stop_requested", "trial": trial, "iteration": iteration, "reason": "r"} | more


def queue(x: float) -> Event:
    return {"type": "trial_queued", "parameters": {"x": x, "c": 1}}


def log(*events: Event, higher: bool = False) -> list[Event]:
    """A study's log: the given events with times and a writer, behind the study's creation."""
    created = {**CREATED, "config": {**CREATED["config"], "lower_is_better": not higher}}
    return [
        {**event, "time": 100.0 + place, "writer": event.get("writer", "w")}
        for place, event in enumerate((created, *events))
    ]


def told(*events: Event, higher: bool = False) -> History:
    return History.of(log(*events, higher=higher))


def snapshot(history: History) -> str:
    """All that a history knows, as a text in which NaN equals NaN."""
    speed = ("source", "_caches", "_views")
    facts = {name: value for name, value in vars(history).items() if name not in speed}
    trials = [
        [getattr(trial, name) for name in Trial.__slots__] for trial in history.trials.values()
    ]
    return repr((facts, trials, history.best_result()))


IDS = st.integers(1, 4)
STATUS = st.sampled_from(["COMPLETED", "FAILED", "STOPPED"])
#: Events in any order: also of trials that are not there, twice, late and out of turn.
ANY_EVENT = st.one_of(
    st.builds(add, IDS),
    st.builds(add, IDS),
    st.builds(
        observe, IDS, st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.0, math.nan]),
        st.integers(1, 2),
    ),
    st.builds(observe, IDS, st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.0, math.nan])),
    st.builds(end, IDS, STATUS),
    st.builds(attempt, IDS, st.integers(1, 3)),
    st.builds(stop, IDS, st.none() | st.integers(0, 4)),
    st.builds(queue, st.sampled_from([0.25, 0.5])),
    st.builds(add, IDS, st.just("user"), queue=st.integers(1, 3)),
    st.just({"type": "study_stop_requested", "reason": None}),
    st.just({"type": "runner_lease", "until": 5.0}),
    st.just({"type": "of a newer version", "trial": 1}),
)  # fmt: skip
ANY_LOG = st.builds(
    lambda events, higher: log(*events, higher=higher),
    st.lists(ANY_EVENT, max_size=25),
    st.booleans(),
)


class Naive:
    """What counts, told as plainly as it can be: the reference that the fold is compared with."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.trials: dict[int, dict[str, Any]] = {}
        rows: list[tuple[int, Any]] = []
        for event in events:
            trial = self.trials.get(event.get("trial", 0))
            match event["type"]:
                case "trial_added" if trial is None:
                    self.trials[event["trial"]] = {"attempt": 1, "status": "RUNNING", "stop": None}
                case _ if trial is None or trial["status"] != "RUNNING":
                    pass
                case "attempt_started" if event["attempt"] > trial["attempt"]:
                    trial |= {"attempt": event["attempt"], "stop": None}
                    rows = [row for row in rows if row[0] != event["trial"]]
                case "observation_added":
                    known = {(row[0], row[1]["iteration"]) for row in rows if row[1] != "end"}
                    new = (event["trial"], event["iteration"]) not in known
                    if event["attempt"] == trial["attempt"] and trial["stop"] is None and new:
                        rows.append((event["trial"], event))
                case "stop_requested" if trial["stop"] is None and event["iteration"] is not None:
                    trial["stop"] = event["iteration"]
                    own = [row[1]["iteration"] for row in rows if row[0] == event["trial"]]
                    if event["iteration"] in own:
                        kept = own[: own.index(event["iteration"]) + 1]
                        rows = [
                            row
                            for row in rows
                            if row[0] != event["trial"] or row[1]["iteration"] in kept
                        ]
                case "trial_finalized":
                    trial["status"] = event["status"]
                    rows.append((event["trial"], "end"))
        self.rows = rows


@given(ANY_LOG)
def test_what_counts_is_what_was_promised(events: list[Event]) -> None:
    history, naive = History.of(events), Naive(events)

    assert {id: str(each.status) for id, each in history.trials.items()} == {
        id: each["status"] for id, each in naive.trials.items()
    }
    rows = []
    for id, index in zip(history.rows[::2], history.rows[1::2], strict=True):
        seen = history.trials[id].observation(index) if index >= 0 else None
        rows.append(repr((id, seen and (seen.iteration, seen.objective, seen.time))))
    assert rows == [
        repr((id, None if row == "end" else (row["iteration"], row["objective"], row["time"])))
        for id, row in naive.rows
    ]
    running = [id for id, each in naive.trials.items() if each["status"] == "RUNNING"]
    assert sorted(history.running) == sorted(running)
    assert history.count("RUNNING") == len(running)
    for status in ("COMPLETED", "FAILED", "STOPPED"):
        number = sum(each["status"] == status for each in naive.trials.values())
        assert history.count(status) == number
        assert sum(each.status == status for each in history.ended) == number


@given(ANY_LOG)
def test_the_best_is_the_first_with_the_best_objective_among_those_that_did_not_fail(
    events: list[Event],
) -> None:
    history = History.of(events)

    candidates = [
        each for each in history.ended if each.status != "FAILED" and each.best is not None
    ]
    if not candidates:
        assert history.best is None
        assert history.best_result() == {}
    else:
        choose = min if history.lower_is_better else max
        assert history.best is choose(candidates, key=lambda each: each.objective)


@given(ANY_LOG | histories(max_size=15), st.data())
def test_folding_in_pieces_is_folding_at_once(events: list[Event], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(events)))
    history = History(lambda after, limit: events[after:][:limit])

    history.fold(events[:place])
    assert snapshot(history) == snapshot(History.of(events[:place]))
    for event in events[place:]:
        history.fold([event])

    assert snapshot(history) == snapshot(History.of(events))


def test_iterations_out_of_order_count_once() -> None:
    history = told(add(1), observe(1, 5, 0.5), observe(1, 3, 0.3), observe(1, 5, 0.1))

    assert history.trials[1].iterations == [5, 3]
    assert history.trials[1].objective == 0.3


def test_a_new_attempt_forgets_the_old_one() -> None:
    history = told(
        add(1), observe(1, 1, 0.5), add(2), observe(2, 1, 0.7), attempt(1, 2),
        observe(1, 1, 0.1), observe(1, 1, 0.9, attempt=2), end(1),
    )  # fmt: skip

    assert history.trials[1].objectives == [0.9]
    assert history.trials[1].attempt == 2
    assert history.trials[1].started == 105.0
    assert history.trials[1].duration == 3.0
    assert list(history.rows) == [2, 0, 1, 0, 1, -1]


def test_a_rules_stop_of_an_old_attempt_is_forgotten_and_a_persons_is_not() -> None:
    by_rule = told(add(1), observe(1, 1, 0.5), stop(1, 1), attempt(1, 2))
    by_person = told(add(1), observe(1, 1, 0.5), stop(1), attempt(1, 2))

    assert by_rule.trials[1].stop_requested is None
    assert by_person.trials[1].stop_requested == "r"


def test_a_late_stop_takes_back_what_came_behind_it() -> None:
    history = told(
        add(1), observe(1, 1, 0.5), observe(1, 2, 0.1), stop(1, 1), observe(1, 3, 0.0),
        end(1, "STOPPED"),
    )  # fmt: skip

    assert history.trials[1].objectives == [0.5]
    assert history.best_result()["Objective"] == 0.5


def test_a_stop_for_another_attempt_does_not_count() -> None:
    history = told(add(1), attempt(1, 2), stop(1, attempt=1))

    assert history.trials[1].stop_requested is None


def test_what_comes_after_the_end_does_not_count() -> None:
    history = told(
        add(1), observe(1, 1, 0.5), end(1), observe(1, 2, 0.1), end(1, "FAILED"), stop(1), add(1)
    )

    assert history.trials[1].status == "COMPLETED"
    assert history.trials[1].objectives == [0.5]
    assert history.trials[1].stop_requested is None
    assert len(history.ended) == 1


def test_queued_trials_are_taken_once_in_any_order() -> None:
    history = told(
        queue(0.1), queue(0.2), queue(0.3), add(1, "user", queue=2), add(2, "user", queue=2)
    )

    assert [each["parameters"]["x"] for each in history.queue] == [0.1, 0.3]
    history.fold(log(add(3, "user", queue=1))[1:])
    assert [each["queue"] for each in history.queue] == [3]


def test_the_best_result_has_the_manuals_keys_in_order() -> None:
    history = told(
        add(1), observe(1, 0, 0.5, context={"acc": 0.9}), observe(1, 1, 0.25, context={"acc": 1}),
        end(1), add(2), observe(2, 1, 0.1), end(2, "FAILED"), add(3), observe(3, 1, math.nan),
        end(3),
    )  # fmt: skip

    best = history.best_result()

    assert list(best) == ["Trial-ID", "Iteration", "x", "c", "Objective", "acc"]
    assert best == {
        "Trial-ID": 1, "Iteration": 1, "x": 0.01, "c": None, "Objective": 0.25, "acc": 1,
    }  # fmt: skip


def test_higher_may_be_better() -> None:
    history = told(
        add(1), observe(1, 1, 5.0), end(1), add(2), observe(2, 1, 7.0), end(2, "STOPPED"),
        higher=True,
    )  # fmt: skip

    assert history.best_result()["Trial-ID"] == 2
    assert history.is_better(7.0, 5.0)
    assert history.is_better(5.0, math.nan)
    assert not history.is_better(math.nan, 5.0)
    assert not history.is_better(5.0, 5.0)


def test_an_algorithms_own_trials_are_those_of_its_name() -> None:
    changed = {"type": "algorithm_changed", "algorithm": {"name": "chain"}}
    history = told(
        add(1), add(2, "user"), changed, add(3, "chain/1/asha"), add(4, "chain"), add(5, "chained")
    )

    assert history.num_own == 2
    assert [each.id for each in history.trials.values() if history.is_own(each)] == [3, 4]


def test_notes_tags_runs_and_stops_are_kept() -> None:
    history = told(
        {"type": "note_set", "note": "hello", "tags": ["a"]},
        {"type": "note_set", "note": "again"},
        {"type": "run_started", "max_num_trials": 5, "max_concurrent": 2, "timeout": None},
        {"type": "study_stop_requested", "reason": "enough"},
    )

    assert (history.note, history.tags) == ("again", ["a"])
    assert (history.run.max_num_trials, history.run.max_concurrent) == (5, 2)
    assert history.stop_requested == "enough"


# What plugins keep about a history


def test_what_is_cached_is_made_once() -> None:
    history = told(add(1))
    made = history.cached("owner", list)

    history.fold(log(observe(1, 1, 0.5))[1:])

    assert history.cached("owner", list) is made
    assert history.cached("another owner", list) is not made


@pytest.mark.parametrize("change", [attempt(1, 2), stop(1, 1)])
def test_what_is_cached_is_dropped_when_the_past_changes(change: Event) -> None:
    history = told(add(1), observe(1, 1, 0.5), observe(1, 2, 0.4))
    made = history.cached("owner", list)

    history.fold(log(change)[1:])

    assert history.cached("owner", list) is not made


# Views


def ended_once(event: Event, history: History) -> Iterable[Event]:
    """A mapping that looks at the history: a trial appears when it has ended, in one piece."""
    if event["type"] == "study_created":
        return [event]
    trial = history.trials.get(event.get("trial", 0))
    if event["type"] != "trial_finalized" or trial is None or trial.ended != event["time"]:
        return []
    facts = {"time": event["time"], "writer": "view"}
    added = {**add(trial.id), "parameters": trial.parameters, **facts}
    seen = [
        {**observe(trial.id, each.iteration, each.objective), **facts}
        for each in trial.observations
    ]
    return [added, *seen, {**end(trial.id, str(trial.status)), **facts}]


def even(event: Event, history: History) -> Iterable[Event]:
    """A mapping by the event alone."""
    return [event] if event.get("trial", 0) % 2 == 0 else []


@given(ANY_LOG, st.sampled_from([ended_once, even]))
def test_a_view_that_grew_is_the_view_of_the_whole(events: list[Event], mapping: Any) -> None:
    history = History(lambda after, limit: events[after:][:limit])
    for event in events:
        history.fold([event])
        view = history.cached("view", lambda: history.derive(mapping))
        inner = view.cached("inner", lambda: view.derive(even))  # noqa: B023

    whole = History.of(events).derive(mapping)
    assert snapshot(view) == snapshot(whole)
    assert snapshot(inner) == snapshot(whole.derive(even))


def test_a_view_that_was_dropped_is_fed_no_more() -> None:
    seen = []

    def mapping(event: Event, history: History) -> Iterable[Event]:
        seen.append(event["type"])
        return []

    history = told(add(1), observe(1, 1, 0.5))
    history.cached("view", lambda: history.derive(mapping))
    history.fold(log(attempt(1, 2))[1:])
    seen.clear()

    history.fold(log(end(1))[1:])

    assert seen == []
