"""Auto: the contract before and after each change of the algorithm, and what it chooses."""

from __future__ import annotations

from typing import Any

import pytest

from sherpa_auto import Auto
from sherpa_core import (
    Algorithm,
    Choice,
    Continuous,
    Discrete,
    Ordinal,
    Parameter,
    Study,
)
from sherpa_testkit import AlgorithmContract

X: list[Parameter] = [Continuous("x", [0, 1]), Continuous("y", [0, 1])]


class TestAutoContract(AlgorithmContract):
    startup_trials = 6
    trials = 2
    max_examples = 4

    def make_algorithm(self) -> Algorithm:
        return Auto()


class TestContractWithAResource(AlgorithmContract):
    startup_trials = 12

    def make_algorithm(self) -> Algorithm:
        return Auto(R=9)


class TestContractAcrossTheChange(AlgorithmContract):
    startup_trials = 10
    max_examples = 8
    learns = True

    def make_algorithm(self) -> Algorithm:
        return Auto(gp_trials=12)


def run(algorithm: Any, trials: int, space: list[Parameter] = X) -> Study:
    study = Study(space, algorithm, random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, (trial.parameters["x"] - 0.3) ** 2 + trial.parameters["y"])
        study.finalize(trial)
        if trial.id == trials:
            break
    return study


def origins(study: Study) -> list[str]:
    return [trial.origin for trial in study.history.trials.values()]


@pytest.mark.parametrize(
    ("space", "later"),
    [
        (X, "cma-es"),
        ([*X, Discrete("n", [1, 9]), Ordinal("o", [1, 2, 4])], "cma-es"),
        ([*X, Choice("c", ["a", "b"])], "tpe"),
        ([*X, Discrete("n", [1, 2]), Continuous("z", [0, 1], when={"n": [2]})], "tpe"),
    ],
    ids=["numbers", "ordered", "a choice", "a condition"],
)
def test_the_space_decides_what_follows_the_gaussian_process(
    space: list[Parameter], later: str
) -> None:
    study = run(Auto(gp_trials=6, max_num_trials=9), 20, space)

    assert origins(study) == ["auto/gp"] * 6 + [f"auto/{later}"] * 3


def test_trials_of_others_count() -> None:
    study = Study(X, Auto(gp_trials=6), random_seed=1, disable_dashboard=True)
    for x in range(5):
        study.enqueue({"x": x / 5, "y": 0.5})
    for _ in range(8):
        study.get_suggestion()

    assert origins(study)[5:] == ["auto/gp", "auto/cma-es", "auto/cma-es"]


def test_with_a_resource_the_best_short_trials_are_continued() -> None:
    study = run(Auto(R=9), 20)

    assert set(origins(study)) == {"auto/bohb"}
    trials = list(study.history.trials.values())
    assert {each.parameters["resource"] for each in trials} == {1, 3, 9}
    assert any(each.parent is not None for each in trials)


@pytest.mark.parametrize(("name", "gp_trials"), [("gp", 200), ("cma-es", 0)])
def test_it_suggests_what_the_chosen_algorithm_suggests(name: str, gp_trials: int) -> None:
    auto, alone = run(Auto(gp_trials=gp_trials), 14), run(name, 14)

    assert [each.parameters for each in auto.history.trials.values()] == [
        each.parameters for each in alone.history.trials.values()
    ]


@pytest.mark.parametrize(
    "options", [{"R": 0}, {"R": 2.5}, {"gp_trials": -1}, {"max_num_trials": 0}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Auto(**options)
