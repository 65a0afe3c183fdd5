"""Rules that end the study: when they do, and that a study goes on without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sherpa_core import AlgorithmState, Continuous, Study, Trial
from sherpa_stopping import FailureLimit, NoImprovement, TargetReached, TimeLimit


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def ends_after(rule: Any, objectives: Sequence[float], lower_is_better: bool = True) -> int:
    """How many trials with these objectives a study of the rule has before it ends."""
    study = Study(
        [Continuous("x", [0, 1])], "random", lower_is_better, rule, disable_dashboard=True
    )
    for number, objective in enumerate(objectives):
        trial = study.get_suggestion()
        if trial is AlgorithmState.DONE:
            return number
        assert isinstance(trial, Trial)
        study.add_observation(trial, objective)
        study.finalize(trial)
    return len(objectives)


def test_no_improvement_counts_from_the_best() -> None:
    assert ends_after(NoImprovement(3), [5, 4, 3, 3, 3, 4, 1, 1]) == 6
    assert ends_after(NoImprovement(3), [5, 4, 3, 3, 3, 2, 9, 9, 9, 9]) == 9
    assert ends_after(NoImprovement(3), [1, 2, 3, 4, 5, 6], lower_is_better=False) == 6


def test_no_improvement_wants_more_than_a_margin() -> None:
    falling = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
    assert ends_after(NoImprovement(2, min_improvement=0.15), falling) == 6
    assert ends_after(NoImprovement(2, min_improvement=0.5), falling) == 3


def test_the_target_ends_the_study_once_reached() -> None:
    assert ends_after(TargetReached(2), [5, 3, 2, 1]) == 3
    assert ends_after(TargetReached(2), [1, 3], lower_is_better=False) == 2
    assert ends_after(TargetReached(2), [float("nan"), 3, 4]) == 3


def test_the_time_limit_counts_from_the_creation() -> None:
    clock = Clock()
    study = Study(
        [Continuous("x", [0, 1])],
        "random",
        stopping_rule=TimeLimit(60),
        disable_dashboard=True,
        clock=clock,
    )
    for _ in range(3):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        clock.now += 20
        study.add_observation(trial, 1.0)
        study.finalize(trial)
    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.history.stop_requested == "stopping rule time-limit"


def test_failures_one_after_the_other_end_the_study() -> None:
    study = Study(
        [Continuous("x", [0, 1])], "random", stopping_rule=FailureLimit(3), disable_dashboard=True
    )
    for failed in (True, True, False, True, True, True):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        if not failed:
            study.add_observation(trial, 1.0)
        study.finalize(trial, "FAILED" if failed else "COMPLETED")
    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.history.stop_requested == "stopping rule failure-limit"


@pytest.mark.parametrize(
    ("rule", "options", "value"),
    [
        (NoImprovement, {"num_trials": 0}, "0"),
        (NoImprovement, {"num_trials": 2, "min_improvement": -1}, "-1"),
        (TimeLimit, {"seconds": 0}, "0"),
        (FailureLimit, {"num_trials": 0}, "0"),
        (TargetReached, {"target": "low"}, "low"),
        (TargetReached, {"target": float("nan")}, "nan"),
    ],
)
def test_wrong_options_are_refused(rule: Any, options: dict[str, Any], value: str) -> None:
    with pytest.raises(ValueError, match=value):
        rule(**options)
