"""TPE: the contract, what it finds, and what it does with trials of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sherpa_core import Algorithm, AlgorithmState, Continuous, Study
from sherpa_testkit import AlgorithmContract
from sherpa_testkit.problems import NETWORK, PIPELINE, Problem
from sherpa_testkit.studies import ask, go_on, go_wrong, study_of, tell
from sherpa_tpe import TPE

PLANE = [Continuous("x", [-5, 10]), Continuous("y", [-5, 10])]


def valley(values: Mapping[str, Any]) -> float:
    """The objective of two numbers that act together."""
    return float((values["x"] - 3) ** 2 + 5 * (values["x"] - values["y"] - 1) ** 2)


class TestTPEContract(AlgorithmContract):
    startup_trials = 10
    learns = True

    def make_algorithm(self) -> Algorithm:
        return TPE()


class TestUnivariateTPEContract(AlgorithmContract):
    startup_trials = 10
    learns = True

    def make_algorithm(self) -> Algorithm:
        return TPE(multivariate=False)


@pytest.mark.parametrize("multivariate", [True, False])
@pytest.mark.parametrize(
    "problem",
    [Problem(PLANE, valley), NETWORK, PIPELINE],
    ids=["valley", "network", "pipeline"],
)
def test_it_is_far_better_than_random(problem: Problem, multivariate: bool) -> None:
    found, random = [], []
    for seed in range(5):
        tpe = TPE(multivariate=multivariate)
        found.append(go_on(study_of(problem.space, tpe, seed), problem.objective, 60))
        random.append(go_on(study_of(problem.space, "random", seed), problem.objective, 60))
    assert np.mean(found) < 0.5 * np.mean(random)


def test_eight_workers_find_nearly_as_much() -> None:
    space, objective = NETWORK.space, NETWORK.objective
    found = [go_on(study_of(space, TPE(), seed), objective, 80, workers=8) for seed in range(3)]
    random = [go_on(study_of(space, "random", seed), objective, 80) for seed in range(3)]
    assert np.mean(found) < 0.5 * np.mean(random)


def test_workers_that_ask_at_once_get_different_configurations() -> None:
    study = study_of(PLANE, TPE())
    go_on(study, valley, 30)
    asked = np.array([[ask(study).parameters[name] for name in "xy"] for _ in range(10)])
    apart = np.abs(asked[:, None] - asked).sum(axis=2)
    assert apart[~np.eye(10, dtype=bool)].min() > 0.01


@pytest.mark.parametrize("fate", ["FAILED", "NaN", "inf"])
def test_it_leaves_a_region_where_trials_go_wrong(fate: str) -> None:
    study = study_of([Continuous("x", [0, 1])], TPE())
    wrong = []
    for _ in range(60):
        trial = ask(study)
        x = trial.parameters["x"]
        if x > 0.5:
            wrong.append(trial.id)
            go_wrong(study, trial, fate)
        else:
            tell(study, trial, (x - 0.4) ** 2)
    assert len([id for id in wrong if id > 20]) < 10
    assert study.get_best_result()["x"] == pytest.approx(0.4, abs=0.01)


def test_trials_are_random_while_all_fail() -> None:
    study, random = study_of(PLANE, TPE(num_startup=2)), study_of(PLANE, "random")
    for _ in range(12):
        trial, other = ask(study), ask(random)
        assert trial.parameters == other.parameters
        study.finalize(trial, "FAILED")
        random.finalize(other, "FAILED")


def test_it_goes_on_alike_after_an_interruption(tmp_path: Path) -> None:
    study = study_of(PIPELINE.space, TPE(), seed=2, output_dir=tmp_path / "a")
    whole = study_of(PIPELINE.space, TPE(), seed=2)
    for number in range(40):
        if number == 25:
            study = Study.load(tmp_path / "a", disable_dashboard=True)
        for each in (study, whole):
            trial = ask(each)
            tell(each, trial, PIPELINE.objective(trial.parameters))
    assert [each.parameters for each in study.history.trials.values()] == [
        each.parameters for each in whole.history.trials.values()
    ]


def test_it_learns_from_the_trials_of_others() -> None:
    study = study_of(PLANE, TPE())
    for x in np.linspace(-4, 10, 40):
        study.enqueue({"x": float(x), "y": float(x) - 1})
        trial = ask(study)
        tell(study, trial, valley(trial.parameters))
    first = ask(study)
    assert valley(first.parameters) < 20  # the mean of random ones is above 100


def test_it_ends_after_its_own_trials() -> None:
    study = study_of(PLANE, TPE(max_num_trials=3))
    for _ in range(3):
        study.finalize(ask(study), "FAILED")
    assert study.get_suggestion() is AlgorithmState.DONE


@pytest.mark.parametrize(
    "options", [{"num_startup": 0}, {"num_startup": 2.5}, {"max_num_trials": 0}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        TPE(**options)
