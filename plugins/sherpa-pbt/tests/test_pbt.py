"""Population based training: the contract, the manual's printed run, failures, wrong options."""

from __future__ import annotations

from typing import Any

import pytest

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    Continuous,
    Discrete,
    Ordinal,
    Study,
    Trial,
    UserError,
)
from sherpa_pbt import PopulationBasedTraining
from sherpa_testkit import AlgorithmContract


class TestPBTContract(AlgorithmContract):
    startup_trials = 5
    may_wait = True

    def make_algorithm(self) -> Algorithm:
        return PopulationBasedTraining(num_generations=50, population_size=5)


LR = Continuous("learning_rate", [1e-4, 1e-2], "log")

# The validation accuracies that the manual prints (section 2.6).
PRINTED = (
    0.962, 0.9203, 0.9548, 0.948, 0.9517,
    0.9678, 0.9507, 0.9634, 0.9591, 0.9687,
    0.9711, 0.9697, 0.9646, 0.9687, 0.9679,
    0.9669, 0.9659, 0.9711, 0.968, 0.9721,
    0.9734, 0.9718, 0.9716, 0.9679, 0.9663,
)  # fmt: skip
SURVIVORS = {
    6: 1, 7: 3, 8: 5, 9: 4, 11: 10, 12: 6, 13: 8, 14: 9, 16: 11, 17: 12, 18: 14, 19: 15,
    21: 20, 22: 18, 23: 19, 24: 16,
}  # fmt: skip
REDRAWN = {10: {1}, 15: {6, 10}, 20: {10, 11, 12}, 25: {11, 12, 18, 20}}


def study_of(algorithm: Any, space: Any = (LR,), seed: int = 1) -> Study:
    return Study(list(space), algorithm, False, random_seed=seed, disable_dashboard=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_manuals_printed_run(seed: int) -> None:
    algorithm = PopulationBasedTraining(
        population_size=5,
        num_generations=5,
        perturbation_factors=(0.8, 1.2),
        parameter_range={"learning_rate": [1e-6, 1e-1]},
    )
    study = study_of(algorithm, seed=seed)
    trials = []
    for trial, accuracy in zip(study, PRINTED, strict=True):
        trials.append(trial)
        study.add_observation(trial, accuracy, trial.parameters["generation"])
        study.finalize(trial)
    assert study.get_suggestion() is AlgorithmState.DONE

    for trial in trials[5:]:
        parent = study.history.trials[trial.parent or 0]
        rates = [each.parameters["learning_rate"] for each in (parent, trial)]
        if trial.id in SURVIVORS:
            assert parent.id == SURVIVORS[trial.id]
            assert rates[0] == rates[1]
        else:
            assert parent.id in REDRAWN[trial.id]
            assert rates[1] == pytest.approx(rates[0] * 0.8) or rates[1] == pytest.approx(
                rates[0] * 1.2
            )
        assert trial.parameters["load_from"] == str(parent.id)
        assert trial.parameters["save_to"] == str(trial.id)
        lineage = f"{parent.parameters['lineage']}{parent.id},"
        assert trial.parameters["lineage"] == lineage
    assert [trial.parameters["load_from"] for trial in trials[:5]] == [""] * 5
    assert [trial.parameters["generation"] for trial in trials] == [n // 5 + 1 for n in range(25)]


def test_it_waits_for_the_generation_before() -> None:
    study = study_of(PopulationBasedTraining(num_generations=2, population_size=3))
    trials = [study.get_suggestion() for _ in range(3)]
    assert study.get_suggestion() is AlgorithmState.WAIT
    for trial in trials:
        assert isinstance(trial, Trial)
        study.add_observation(trial, 1.0)
        study.finalize(trial)
    assert isinstance(study.get_suggestion(), Trial)


@pytest.mark.parametrize("size", [2, 3, 5, 20])
def test_failed_members_are_replaced_from_the_top(size: int) -> None:
    study = study_of(PopulationBasedTraining(num_generations=4, population_size=size))
    for trial in study:
        if trial.id % 3 == 0:
            study.finalize(trial, "FAILED")
            continue
        study.add_observation(trial, trial.parameters["learning_rate"])
        study.finalize(trial)
    assert len(study.history.trials) == 4 * size
    parents = {trial.parent for trial in study.history.trials.values()} - {None}
    assert all(study.history.trials[id or 0].status == "COMPLETED" for id in parents)


def test_a_generation_of_failures_begins_anew() -> None:
    study = study_of(PopulationBasedTraining(num_generations=2, population_size=2))
    for trial in study:
        study.finalize(trial, "FAILED")
    assert all(trial.parent is None for trial in study.history.trials.values())


def test_perturbation_stays_within_the_ranges() -> None:
    space = [
        Continuous("a", [0.1, 1.0]),
        Discrete("b", [1, 10]),
        Ordinal("c", [16, 32, 64]),
        Choice("d", ["x", "y"]),
        Continuous("e", [0.1, 1.0], when={"d": ["y"]}),
    ]
    algorithm = PopulationBasedTraining(
        num_generations=30,
        population_size=4,
        parameter_range={"a": [0.01, 5.0]},
        perturbation_factors=(0.5, 2.0),
    )
    study = study_of(algorithm, space, seed=5)
    for trial in study:
        study.add_observation(trial, trial.parameters["a"])
        study.finalize(trial)
    trials = [trial.parameters for trial in study.history.trials.values()]
    assert all(0.01 <= each["a"] <= 5.0 for each in trials)
    assert max(each["a"] for each in trials) > 1.0
    assert all(1 <= each["b"] <= 10 and isinstance(each["b"], int) for each in trials)
    assert {each["c"] for each in trials} == {16, 32, 64}
    assert all(("e" in each) == (each["d"] == "y") for each in trials)


def test_stepped_parameters_stay_on_their_grid() -> None:
    space = [Discrete("a", [1, 10], step=4), Continuous("b", [0.0, 1.0], step=0.3)]
    algorithm = PopulationBasedTraining(
        num_generations=30,
        population_size=4,
        parameter_range={"a": [1, 20]},
        perturbation_factors=(0.3, 3.0),
    )
    study = study_of(algorithm, space)
    for trial in study:
        study.add_observation(trial, trial.parameters["a"] + trial.parameters["b"])
        study.finalize(trial)
    trials = [trial.parameters for trial in study.history.trials.values()]
    assert {each["a"] for each in trials} <= {1, 5, 9, 13, 17}
    assert 17 in {each["a"] for each in trials}
    assert {each["b"] for each in trials} <= {0.0, 0.3, 0.6, 0.9}


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"num_generations": 0}, "0"),
        ({"num_generations": 3, "population_size": 1}, "1"),
        ({"num_generations": 3, "perturbation_factors": [0.0]}, "0.0"),
        ({"num_generations": 3, "perturbation_factors": [float("nan")]}, "nan"),
        ({"num_generations": 3, "parameter_range": {"x": ["low", "high"]}}, "high"),
        ({"num_generations": 3, "parameter_range": ["x"]}, "x"),
        ({"num_generations": 3, "parameter_range": {"x": [1]}}, "x"),
    ],
)
def test_wrong_options_are_refused_with_the_value(options: dict[str, Any], value: str) -> None:
    with pytest.raises(ValueError, match=value):
        PopulationBasedTraining(**options)


def test_a_range_of_an_unknown_parameter_is_refused() -> None:
    algorithm = PopulationBasedTraining(2, parameter_range={"learning_rat": [0, 1]})
    with pytest.raises(UserError, match="learning_rat"):
        study_of(algorithm)
