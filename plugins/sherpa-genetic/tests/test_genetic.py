"""Genetic search: the contract, and where its values come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from sherpa_core import Algorithm, AlgorithmState, Choice, Continuous, Study, Trial
from sherpa_genetic import Genetic
from sherpa_testkit import AlgorithmContract


class TestGeneticContract(AlgorithmContract):
    startup_trials = 10

    def make_algorithm(self) -> Algorithm:
        return Genetic()


SPACE = [Continuous("x", [-1, 1]), Continuous("y", [-1, 1]), Choice("kind", ["a", "b"])]


def run(algorithm: Genetic) -> Study:
    study = Study(SPACE, algorithm, random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"] ** 2 + trial.parameters["y"] ** 2)
        study.finalize(trial)
    return study


def test_without_mutation_every_value_comes_from_the_best_third() -> None:
    study = run(Genetic(mutation_rate=0, max_num_trials=60))
    trials = list(study.history.trials.values())
    for trial in trials[10:]:
        before = sorted(trials[: trial.id - 1], key=lambda each: each.objective)
        best = before[: len(before) // 3]
        for name, value in trial.parameters.items():
            assert value in [each.parameters[name] for each in best]


def test_with_full_mutation_values_are_new() -> None:
    study = run(Genetic(mutation_rate=1, max_num_trials=30))
    values = [trial.parameters["x"] for trial in study.history.trials.values()]
    assert len(set(values)) == 30


def test_it_ends_after_its_own_trials() -> None:
    study = run(Genetic(max_num_trials=12))
    assert len(study.history.trials) == 12
    study.enqueue({"x": 0.0, "y": 0.0, "kind": "a"})
    assert isinstance(study.get_suggestion(), Trial)
    assert study.get_suggestion() is AlgorithmState.DONE


def test_values_outside_of_the_ranges_are_not_inherited(tmp_path: Path) -> None:
    pbt = {"name": "pbt", "num_generations": 6, "population_size": 4}
    wide = {**pbt, "parameter_range": {"x": [-9, 9]}, "perturbation_factors": [3.0]}
    space = [Continuous("x", [-1, 1])]
    study = Study(space, wide, False, output_dir=tmp_path, random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    assert study.get_best_result()["x"] > 1
    genetic = Genetic(mutation_rate=0, max_num_trials=20)
    study = Study.load(tmp_path, algorithm=genetic, disable_dashboard=True)
    for trial in study:
        assert -1 <= trial.parameters["x"] <= 1
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_wrong_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=str(rate)):
        Genetic(mutation_rate=rate)
