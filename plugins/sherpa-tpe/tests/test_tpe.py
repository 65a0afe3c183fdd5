"""TPE: the contract, what it finds, and what it does with trials of every kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    Continuous,
    Discrete,
    Ordinal,
    Parameter,
    Study,
    Trial,
)
from sherpa_testkit import AlgorithmContract
from sherpa_tpe import TPE

Objective = Callable[[Mapping[str, Any]], float]

PLANE = [Continuous("x", [-5, 10]), Continuous("y", [-5, 10])]
MIXED = [
    Continuous("lr", [1e-5, 1.0], "log"),
    Discrete("layers", [1, 12]),
    Discrete("units", [8, 1024], "log"),
    Ordinal("batch", [16, 32, 64, 128]),
    Choice("kind", ["a", "b", "c"]),
]
TREE = [
    Choice("model", ["forest", "svm"]),
    Discrete("depth", [1, 20], when={"model": "forest"}),
    Continuous("C", [1e-3, 1e3], "log", when={"model": "svm"}),
    Choice("kernel", ["rbf", "poly"], when={"model": "svm"}),
    Discrete("degree", [1, 5], when={"kernel": "poly"}),
]


def valley(values: Mapping[str, Any]) -> float:
    """The objective of two numbers that act together."""
    return float((values["x"] - 3) ** 2 + 5 * (values["x"] - values["y"] - 1) ** 2)


def network(values: Mapping[str, Any]) -> float:
    """The objective of mixed parameters, 0 at its best."""
    rate = (math.log10(values["lr"]) + 2.5) ** 2
    size = 0.1 * abs(values["layers"] - 4) + (math.log2(values["units"]) - 7) ** 2 / 4
    return rate + size + (values["batch"] != 64) + {"a": 1.0, "b": 0.0, "c": 0.5}[values["kind"]]


def pipeline(values: Mapping[str, Any]) -> float:
    """The objective of conditional parameters, 0 at its best."""
    if values["model"] == "forest":
        return 0.5 + abs(values["depth"] - 9) / 10
    loss = (math.log10(values["C"]) - 1) ** 2
    return loss + (0.1 * values["degree"] if values["kernel"] == "poly" else 0.0)


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


def study_of(
    space: list[Parameter], algorithm: Any, seed: int = 1, lower_is_better: bool = True
) -> Study:
    return Study(space, algorithm, lower_is_better, random_seed=seed, disable_dashboard=True)


def ask(study: Study) -> Trial:
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    return trial


def best_of(
    space: list[Parameter],
    objective: Objective,
    algorithm: Any,
    trials: int,
    workers: int = 1,
    seed: int = 1,
) -> float:
    """Run a study with that many trials at a time and return its best objective."""
    study = study_of(space, algorithm, seed)
    running: list[Trial] = []
    for _ in range(trials):
        while len(running) < workers:
            running.append(ask(study))
        trial = running.pop(0)
        study.add_observation(trial, objective(trial.parameters))
        study.finalize(trial)
    return float(study.get_best_result()["Objective"])


@pytest.mark.parametrize("multivariate", [True, False])
@pytest.mark.parametrize(
    ("space", "objective"), [(PLANE, valley), (MIXED, network), (TREE, pipeline)]
)
def test_it_is_far_better_than_random(
    space: list[Parameter], objective: Objective, multivariate: bool
) -> None:
    found, random = [], []
    for seed in range(5):
        tpe = TPE(multivariate=multivariate)
        found.append(best_of(space, objective, tpe, 60, seed=seed))
        random.append(best_of(space, objective, "random", 60, seed=seed))
    assert np.mean(found) < 0.5 * np.mean(random)


def test_eight_workers_find_nearly_as_much() -> None:
    found = [best_of(MIXED, network, TPE(), 80, workers=8, seed=seed) for seed in range(3)]
    random = [best_of(MIXED, network, "random", 80, seed=seed) for seed in range(3)]
    assert np.mean(found) < 0.5 * np.mean(random)


def test_workers_that_ask_at_once_get_different_configurations() -> None:
    study = study_of(PLANE, TPE())
    for _ in range(30):
        trial = ask(study)
        study.add_observation(trial, valley(trial.parameters))
        study.finalize(trial)
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
            if fate != "FAILED":
                study.add_observation(trial, float(fate))
            study.finalize(trial, "FAILED" if fate == "FAILED" else "COMPLETED")
            continue
        study.add_observation(trial, (x - 0.4) ** 2)
        study.finalize(trial)
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
    study = Study(TREE, TPE(), output_dir=tmp_path / "a", random_seed=2, disable_dashboard=True)
    whole = study_of(TREE, TPE(), seed=2)
    for number in range(40):
        if number == 25:
            study = Study.load(tmp_path / "a", disable_dashboard=True)
        for each in (study, whole):
            trial = ask(each)
            each.add_observation(trial, pipeline(trial.parameters))
            each.finalize(trial)
    assert [each.parameters for each in study.history.trials.values()] == [
        each.parameters for each in whole.history.trials.values()
    ]


def test_it_learns_from_the_trials_of_others() -> None:
    study = study_of(PLANE, TPE())
    for x in np.linspace(-4, 10, 40):
        study.enqueue({"x": float(x), "y": float(x) - 1})
        trial = ask(study)
        study.add_observation(trial, valley(trial.parameters))
        study.finalize(trial)
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
