"""Observations and ends of trials: what is kept, what is refused."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import sherpa_core as sherpa
from sherpa_core import Study, Trial, UserError
from sherpa_core.events import encode
from sherpa_testkit.studies import ask, study_of, tell

PARAMETERS = [sherpa.Continuous("lr", [0.005, 0.1], "log")]


def new(**more: Any) -> Study:
    return study_of(PARAMETERS, **more)


def log_of(study: Study) -> list[str]:
    return [encode(event) for event in study._log.read(0)]


# Observations


def test_an_observation_is_kept_with_its_context() -> None:
    study = new(clock=itertools.count(1000.0).__next__)
    trial = ask(study)

    study.add_observation(trial, np.float64(0.25), np.int64(3), {"acc": 0.5, "sizes": (1, 2)})

    (seen,) = study.history.trials[1].observations
    assert (seen.iteration, seen.objective) == (3, 0.25)
    assert seen.context == {"acc": 0.5, "sizes": [1, 2]}
    assert seen.time > trial.started


def test_nan_is_kept_and_never_best() -> None:
    study = new()
    trial = ask(study)
    for iteration, objective in enumerate([math.nan, 3.0, math.nan]):
        study.add_observation(trial, objective, iteration)
    study.finalize(trial)

    assert study.get_best_result()["Objective"] == 3.0
    assert study.results["Objective"].isna().tolist() == [True, False, True, False]


def test_infinity_may_be_best_where_that_is_better() -> None:
    study = new(lower_is_better=True)
    tell(study, ask(study), -math.inf)
    tell(study, ask(study), 0.0)

    assert study.get_best_result()["Trial-ID"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"objective": "0.5"}, "objective must be a number, but is '0.5' of type str"),
        ({"objective": None}, "objective must be a number, but is None"),
        ({"objective": 1j}, "objective must be a number"),
        ({"objective": np.zeros(3)}, "objective must be a number"),
        ({"objective": 1.0, "iteration": "1"}, "iteration must be a whole number"),
        ({"objective": 1.0, "iteration": 0.5}, "iteration must be a whole number"),
        ({"objective": 1.0, "iteration": 10**400}, "iteration must lie within"),
        ({"objective": 1.0, "iteration": 7}, "trial 1 has an observation of iteration 7"),
        ({"objective": 1.0, "context": {"lr": 1}}, "'lr': a parameter is"),
        ({"objective": 1.0, "context": {"Objective": 1}}, "cannot be named 'Objective'"),
        ({"objective": 1.0, "context": {"a": object()}}, "not JSON"),
        ({"objective": 1.0, "context": {"a": "x" * 10_000_000}}, "write large results to a file"),
        ({"objective": 1.0, "context": [1]}, "context must be a dict"),
    ],
)
def test_wrong_observations_change_nothing(arguments: Any, sentence: str) -> None:
    study = new()
    trial = ask(study)
    study.add_observation(trial, 0.5, 7)
    before = log_of(study)

    with pytest.raises(UserError, match=sentence) as caught:
        study.add_observation(trial, **arguments)

    assert len(str(caught.value)) < 600
    assert log_of(study) == before
    study.add_observation(trial, 0.4, 8)
    study.finalize(trial)
    assert study.get_best_result()["Iteration"] == 8


def test_an_iteration_counts_once_whatever_the_order() -> None:
    study = new()
    trial = ask(study)
    for iteration in (5, 3):
        study.add_observation(trial, 0.5, iteration)

    for objective in (0.5, 0.1):
        with pytest.raises(UserError, match="has an observation of iteration 5"):
            study.add_observation(trial, objective, 5)
    assert study.history.trials[1].iterations == [5, 3]


def test_a_metric_named_like_an_inactive_parameter_is_refused() -> None:
    parameters = [
        sherpa.Choice("o", ["a"]),
        sherpa.Choice("p", [1, 2]),
        sherpa.Continuous("x", [0, 1], when={"p": 3 - 1}),
    ]
    study = study_of(parameters, sherpa.algorithms.GridSearch())
    trial = ask(study)
    assert "x" not in trial.parameters

    with pytest.raises(UserError, match="'x': a parameter is"):
        study.add_observation(trial, 1.0, context={"x": 5})


# Ends


def test_a_second_finalize_is_refused() -> None:
    study = new()
    trial = ask(study)
    tell(study, trial, 0.5)
    before = log_of(study)

    with pytest.raises(UserError, match="trial 1 has ended already, as COMPLETED"):
        study.finalize(trial, "FAILED")
    with pytest.raises(UserError, match="trial 1 has ended already"):
        study.add_observation(trial, 0.1, 9)
    with pytest.raises(UserError, match="trial 1 has ended already"):
        study.should_trial_stop(trial)
    assert log_of(study) == before


@pytest.mark.parametrize("trial", [Trial(99, {}), None, "1", 1, {"id": 1}], ids=repr)
def test_an_unknown_trial_is_refused(trial: Any) -> None:
    study = new()
    ask(study)
    before = log_of(study)

    for call in (study.finalize, study.should_trial_stop, study.request_stop):
        with pytest.raises(UserError, match="is not a trial of this study"):
            call(trial)
    with pytest.raises(UserError, match="is not a trial of this study"):
        study.add_observation(trial, 0.5)
    assert log_of(study) == before


@pytest.mark.parametrize("status", ["completed", "DONE", "RUNNING", "INTERMEDIATE", 3, ""])
def test_a_wrong_status_is_refused(status: Any) -> None:
    study = new()
    trial = ask(study)
    before = log_of(study)

    with pytest.raises(UserError, match="status must be one of 'COMPLETED', 'FAILED' and 'STOP"):
        study.finalize(trial, status)
    assert log_of(study) == before


def test_a_trial_without_observations_may_fail_or_stop_but_not_complete() -> None:
    study = new()
    trial = ask(study)

    with pytest.raises(UserError, match="trial 1 has no observation: finalize it as FAILED or"):
        study.finalize(trial)
    study.finalize(trial, "FAILED")
    study.finalize(ask(study), "STOPPED")

    assert study.results["Status"].tolist() == ["FAILED", "STOPPED"]


def test_the_best_looks_at_completed_and_stopped_trials() -> None:
    study = new()
    for objective, status in [(0.1, "FAILED"), (0.2, "STOPPED"), (0.3, "COMPLETED")]:
        tell(study, ask(study), objective, status)
    study.add_observation(ask(study), 0.0)

    assert study.get_best_result()["Objective"] == 0.2
