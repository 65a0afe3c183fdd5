"""CMA-ES: the contract, what it finds, and how generations close with many workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sherpa_cmaes import CMAES
from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    Continuous,
    Discrete,
    Study,
)
from sherpa_testkit import AlgorithmContract
from sherpa_testkit.problems import NETWORK, PIPELINE, Problem
from sherpa_testkit.studies import ask, go_on, go_wrong, study_of, tell

Objective = Callable[[Mapping[str, Any]], float]

CUBE = [Continuous(name, [-5, 10]) for name in "wxyz"]


def ellipsoid(values: Mapping[str, Any]) -> float:
    """The objective of numbers that matter very differently and act together."""
    w, x, y, z = (values[name] - 2.5 for name in "wxyz")
    return float((w + x) ** 2 + 100 * (w - x) ** 2 + 10 * y**2 + 0.1 * (z + y) ** 2)


class TestCMAESContract(AlgorithmContract):
    startup_trials = 20
    trials = 12
    learns = True

    def make_algorithm(self) -> Algorithm:
        return CMAES()


class TestSmallPopulationContract(AlgorithmContract):
    startup_trials = 8

    def make_algorithm(self) -> Algorithm:
        return CMAES(population_size=4)


@pytest.mark.parametrize("workers", [1, 8, 30])
def test_it_gets_far_in_a_narrow_valley(workers: int) -> None:
    found = [go_on(study_of(CUBE, CMAES(), seed), ellipsoid, 400, workers) for seed in range(3)]
    random = [go_on(study_of(CUBE, "random", seed), ellipsoid, 400) for seed in range(3)]
    assert np.mean(found) < 0.05 * np.mean(random)


@pytest.mark.parametrize("problem", [NETWORK, PIPELINE], ids=["network", "pipeline"])
def test_it_is_better_than_random_with_parameters_of_all_kinds(problem: Problem) -> None:
    space, objective = problem.space, problem.objective
    found = [go_on(study_of(space, CMAES(), seed), objective, 150) for seed in range(3)]
    random = [go_on(study_of(space, "random", seed), objective, 150) for seed in range(3)]
    assert np.mean(found) < 0.5 * np.mean(random)


def test_other_values_of_integers_and_choices_stay_alive() -> None:
    space = [Continuous("x", [0, 1]), Discrete("n", [1, 9]), Choice("kind", ["a", "b", "c"])]
    study = study_of(space, CMAES())
    go_on(study, lambda v: (v["x"] - 0.5) ** 2 + abs(v["n"] - 5) + (v["kind"] != "a"), 300)
    late = [trial.parameters for trial in study.history.ended[200:]]
    assert 0.5 < np.mean([values["n"] == 5 for values in late]) < 1
    assert 0.5 < np.mean([values["kind"] == "a" for values in late]) < 1


@pytest.mark.parametrize("fate", ["FAILED", "NaN", "inf"])
def test_it_leaves_a_region_where_trials_go_wrong(fate: str) -> None:
    study = study_of([Continuous("x", [0, 1]), Continuous("y", [0, 1])], CMAES())
    wrong = []
    for _ in range(120):
        trial = ask(study)
        x, y = trial.parameters["x"], trial.parameters["y"]
        if x > 0.5:
            wrong.append(trial.id)
            go_wrong(study, trial, fate)
        else:
            tell(study, trial, (x - 0.3) ** 2 + (y - 0.6) ** 2)
    assert len([id for id in wrong if id > 60]) < 10
    assert study.get_best_result()["Objective"] < 1e-3


def test_a_generation_closes_without_the_trials_that_never_end() -> None:
    study = study_of(CUBE, CMAES(population_size=6))
    lost = [ask(study) for _ in range(4)]
    go_on(study, ellipsoid, 200)
    assert study.get_best_result()["Objective"] < 1
    assert all(trial.id in study.history.running for trial in lost)


def test_results_that_come_late_count_whenever_they_come() -> None:
    prompt, late = (study_of(CUBE, CMAES(population_size=4)) for _ in range(2))
    for study in (prompt, late):
        trials = [ask(study) for _ in range(5)]
        for trial in trials[:4] if study is prompt else trials[1:]:
            tell(study, trial, ellipsoid(trial.parameters))
        go_on(study, ellipsoid, 3)  # with the late one, this closes the next generation
        left = trials[4] if study is prompt else trials[0]
        before = ask(study)
        tell(study, left, 0.0)
        drawn = [trial.metadata["drawn"]["numbers"] for trial in (before, ask(study))]
        assert drawn[0] != drawn[1]
    assert prompt.history.trials[10].parameters != late.history.trials[10].parameters


def test_trials_of_others_are_where_it_begins() -> None:
    study = study_of(CUBE, CMAES())
    rng = np.random.default_rng(1)
    for _ in range(40):
        study.enqueue({name: float(rng.uniform(6, 9)) for name in "wxyz"})
        trial = ask(study)
        tell(study, trial, float(rng.random()))
    first = [[ask(study).parameters[name] for name in "wxyz"] for _ in range(20)]
    assert np.mean(first) == pytest.approx(7.5, abs=0.8)  # the middle of the space is 2.5


def test_it_starts_again_elsewhere_when_results_no_longer_differ() -> None:
    study = study_of([Continuous("x", [0, 1])], CMAES(population_size=4))
    go_on(study, lambda values: 1.0, 150)
    restarts = [trial.metadata["restart"] for trial in study.history.trials.values()]
    assert restarts == sorted(restarts)
    assert restarts[-1] == 1
    assert restarts.count(0) % 4 == 0


def test_it_goes_on_alike_after_interruptions(tmp_path: Path) -> None:
    study = study_of(NETWORK.space, CMAES(), seed=2, output_dir=tmp_path)
    whole = study_of(NETWORK.space, CMAES(), seed=2)
    for number in range(60):
        if number in (13, 40):
            study = Study.load(tmp_path, disable_dashboard=True)
        for each in (study, whole):
            trial = ask(each)
            tell(each, trial, NETWORK.objective(trial.parameters))
    assert [trial.parameters for trial in study.history.trials.values()] == [
        trial.parameters for trial in whole.history.trials.values()
    ]


def test_a_space_of_one_configuration_is_searched_too() -> None:
    study = study_of([Choice("kind", ["a"])], CMAES())
    assert go_on(study, lambda values: 1.0, 5) == 1.0


def test_it_ends_after_its_own_trials() -> None:
    study = study_of(CUBE, CMAES(max_num_trials=3))
    for _ in range(3):
        study.finalize(ask(study), "FAILED")
    assert study.get_suggestion() is AlgorithmState.DONE


@pytest.mark.parametrize(
    "options", [{"population_size": 3}, {"population_size": 4.5}, {"max_num_trials": 0}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(options))):
        CMAES(**options)
