from __future__ import annotations

from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core import Study, Trial
from sherpa_core.engine import MAX_ATTEMPTS, Engine
from sherpa_core.memory import MemoryStorage

PARAMETERS = [sherpa.Continuous("x", [0, 1])]


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


def engine(storage: MemoryStorage, **more: Any) -> Engine:
    """The engine of one of several processes that work on the same study."""
    given = {"storage": storage, "name": "s", "resume": True, "disable_dashboard": True, **more}
    made = Study(PARAMETERS, "random", **given).engine
    made.log.refresh()
    return made


def started(of: Engine) -> Trial:
    trial = of.ask()
    assert isinstance(trial, Trial)
    return trial


def test_two_processes_that_ask_at_once_get_two_trials(storage: MemoryStorage) -> None:
    one, two = engine(storage), engine(storage)

    trials = [started(one), started(two), started(one)]

    assert [each.id for each in trials] == [1, 2, 3]
    assert [each.writer for each in trials] == [one.log.writer, two.log.writer, one.log.writer]


def test_a_queued_trial_is_taken_once(storage: MemoryStorage) -> None:
    one, two = engine(storage), engine(storage)
    one.log.append({"type": "trial_queued", "parameters": {"x": 0.25}})
    two.log.refresh()

    taken = [started(one), started(two)]

    assert [each.parameters["x"] == 0.25 for each in taken] == [True, False]
    assert [each.origin for each in taken] == ["user", "random"]


def test_a_lost_trial_runs_again_a_bounded_number_of_times(storage: MemoryStorage) -> None:
    one = engine(storage)
    trial = started(one)

    attempts = []
    while one.restart(trial, "lost with its node") is not None:
        attempts.append(trial.attempt)

    assert attempts == list(range(2, MAX_ATTEMPTS + 1))
    assert trial.status == "FAILED"
    assert trial.failure == f"lost with its node, {MAX_ATTEMPTS} times"
    assert one.restart(trial, "again") is None


def test_a_lost_trial_is_taken_over_by_one_process(storage: MemoryStorage) -> None:
    one, two = engine(storage), engine(storage)
    trial = started(one)
    two.log.refresh()

    assert one.restart(trial, "lost") is trial
    assert two.restart(two.history.trials[1], "lost") is None
    assert two.history.trials[1].writer == one.log.writer


def test_the_first_end_counts(storage: MemoryStorage) -> None:
    one, two = engine(storage), engine(storage)
    trial = started(one)
    two.log.refresh()

    two.finish(two.history.trials[1], "FAILED", "exit code 1")
    one.finish(trial, "COMPLETED")

    assert (trial.status, trial.failure) == ("FAILED", "exit code 1")
    assert len(one.history.ended) == 1


def test_a_run_ends_after_its_number_of_trials_also_when_it_is_continued(
    storage: MemoryStorage,
) -> None:
    one = engine(storage)
    run = {"max_num_trials": 2, "max_concurrent": 1, "timeout": None}
    one.log.append({"type": "run_started", **run})
    one.finish(started(one), "FAILED")
    two = engine(storage)
    started(two)

    assert two.is_over()
    assert two.ask() is sherpa.AlgorithmState.DONE


def test_a_rule_for_the_study_is_asked_once_per_end(storage: MemoryStorage) -> None:
    class Counting:
        asked = 0

        def should_study_stop(self, history: Any) -> bool:
            self.asked += 1
            return len(history.ended) == 2

    rule = Counting()
    one = engine(storage, stopping_rule=rule)
    for _ in range(2):
        trial = started(one)
        assert not one.is_over()
        assert not one.is_over()
        one.finish(trial, "STOPPED")
        asked = rule.asked

    assert asked == 1
    assert one.is_over()
    assert rule.asked == 2
    assert one.history.stop_requested == "stopping rule Counting"


def test_stop_requests_say_up_to_where(storage: MemoryStorage) -> None:
    one = engine(storage)
    trial = started(one)
    for iteration in (1, 2, 3):
        one.log.append(
            {
                "type": "observation_added", "trial": 1, "attempt": 1, "iteration": iteration,
                "objective": 1.0 / iteration,
            }
        )  # fmt: skip

    one.request_stop(trial, "stopping rule median", iteration=2)

    assert trial.iterations == [1, 2]
    assert trial.stop_requested == "stopping rule median"
