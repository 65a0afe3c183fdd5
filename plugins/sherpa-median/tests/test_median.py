"""The median rule stops what is worse than the median of the others at the same iteration."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sherpa_core import Continuous, Study, UserError
from sherpa_core.sockets import bind
from sherpa_core.stopping_rules import MedianStoppingRule
from sherpa_testkit import suite_for
from sherpa_testkit.simulation import Drawn, Simulation
from sherpa_testkit.stopping_rule import trial_verdict
from sherpa_testkit.strategies import scripts

SPACE = [Continuous("x", [0, 1])]


class TestContract(suite_for("stopping_rule", "median")):
    pass


class TestContractWithOptions(
    suite_for("stopping_rule", {"name": "median", "min_iterations": 2, "min_trials": 3})
):
    pass


def worse_than_the_median(history, trial, min_iterations=0, min_trials=1):
    """The rule's definition, word by word."""
    iteration = max(trial.iterations, default=None)
    if iteration is None or iteration < min_iterations:
        return False
    better = min if history.lower_is_better else max
    if all(math.isnan(objective) for objective in trial.objectives):
        return True
    bests = []
    for other in history.trials.values():
        got_there = max(other.iterations, default=-math.inf) >= iteration
        if other is trial or other.status == "FAILED" or not got_there:
            continue
        reached = [
            observation.objective
            for observation in other.observations
            if observation.iteration <= iteration and not math.isnan(observation.objective)
        ]
        if reached:
            bests.append(better(reached))
    if len(bests) < min_trials:
        return False
    median = statistics.median(bests)
    mine = better(objective for objective in trial.objectives if not math.isnan(objective))
    return mine > median if history.lower_is_better else mine < median


@settings(max_examples=150, deadline=None)
@given(
    script=scripts(60, ("ask", *["observe"] * 7, "complete", "stop", "fail", "restart")),
    lower_is_better=st.booleans(),
    min_iterations=st.integers(0, 4),
    min_trials=st.integers(1, 3),
)
def test_it_is_the_definition(script, lower_is_better, min_iterations, min_trials):
    options = {"min_iterations": min_iterations, "min_trials": min_trials}
    rule = bind("stopping_rule", MedianStoppingRule(**options))
    study = Simulation(Drawn(), SPACE, lower_is_better)
    for _ in range(3):
        study.ask()
    for step in script:
        study.play([step])
        for trial in study.running:
            assert trial_verdict(rule, study.history, trial) == worse_than_the_median(
                study.history, trial, **options
            )


def study_of(*curves, lower_is_better=True, **options):
    """A study with one running trial for each list of objectives, and those trials."""
    study = Study(
        SPACE,
        "random",
        lower_is_better,
        stopping_rule=MedianStoppingRule(**options),
        disable_dashboard=True,
    )
    trials = [study.get_suggestion() for _ in curves]
    for trial, curve in zip(trials, curves, strict=True):
        for iteration, objective in enumerate(curve, start=1):
            study.add_observation(trial, objective, iteration)
    return study, trials


def stops(*curves, **options):
    """Whether the last one of running trials is stopped."""
    study, trials = study_of(*curves, **options)
    return study.should_trial_stop(trials[-1])


@pytest.mark.parametrize(
    ("objective", "stopped"), [(1.9, False), (2.0, False), (2.1, True), (9.0, True)]
)
def test_it_compares_with_the_median_of_the_others(objective, stopped):
    assert stops([1.0], [2.0], [30.0], [objective]) is stopped
    assert stops([-1.0], [-2.0], [-30.0], [-objective], lower_is_better=False) is stopped


def test_an_even_number_of_others_has_the_middle_for_median():
    assert not stops([1.0], [2.0], [1.5])
    assert stops([1.0], [2.0], [1.6])


def test_it_compares_at_the_same_iteration_not_with_whole_runs():
    slow_start = [9.0, 5.0, 1.0, 0.5]
    assert not stops(slow_start, slow_start, [8.0])
    assert stops(slow_start, slow_start, [8.0, 6.0])


def test_it_compares_the_best_so_far():
    assert not stops([3.0, 3.0], [3.0, 3.0], [2.0, 99.0])


def test_who_did_not_get_there_is_not_compared_with():
    assert not stops([0.1], [0.1], [5.0, 5.0])


def test_failed_trials_do_not_count():
    study, trials = study_of([0.1], [5.0])
    assert study.should_trial_stop(trials[1])
    study.finalize(trials[0], "FAILED")
    assert not study.should_trial_stop(trials[1])


@pytest.mark.parametrize("status", ["COMPLETED", "STOPPED"])
def test_trials_that_ended_count(status):
    study, trials = study_of([0.1], [5.0])
    study.finalize(trials[0], status)
    assert study.should_trial_stop(trials[1])


def test_not_before_min_iterations():
    assert not stops([1.0] * 3, [5.0] * 2, min_iterations=3)
    assert stops([1.0] * 3, [5.0] * 3, min_iterations=3)


def test_not_before_min_trials():
    assert not stops([1.0], [1.0], [5.0], min_trials=3)
    assert stops([1.0], [1.0], [1.0], [5.0], min_trials=3)


def test_the_first_trial_goes_on():
    assert not stops([5.0, 6.0])


def test_only_nan_stops():
    assert stops([math.nan, math.nan])
    assert not stops([1.0, 1.0], [math.nan, 0.5])
    assert not stops([math.nan], min_iterations=2)


def test_nan_of_others_is_left_out():
    assert not stops([math.nan], [math.nan], [2.0], [2.0])


def test_a_trial_without_observations_goes_on():
    study, trials = study_of([1.0], [])
    assert not study.should_trial_stop(trials[1])


def test_what_it_stopped_is_recorded_as_stopped():
    study, trials = study_of([1.0], [5.0])
    assert study.should_trial_stop(trials[1])
    study.finalize(trials[1])
    ended = study.history.ended[0]
    assert (ended.status, ended.failure) == ("STOPPED", "stopping rule median")


@pytest.mark.parametrize(
    "options", [{"min_iterations": -1}, {"min_trials": 0}, {"min_trials": "3"}, {"minimum": 3}]
)
def test_wrong_options_are_named(options):
    with pytest.raises(UserError, match=f"median: .*{next(iter(options))}"):
        Study(SPACE, "random", stopping_rule={"name": "median", **options}, disable_dashboard=True)
