"""Generations and rungs: who continues whom."""

from __future__ import annotations

from typing import Any

import pytest

from sherpa_core import Continuous, Study, Trial
from sherpa_insight import sample, steps, structure


def run(algorithm: dict[str, Any], most: int = 200, lower: bool = True) -> Study:
    space = [Continuous("x", [0.0, 1.0])]
    study = Study(space, algorithm, lower_is_better=lower, random_seed=1)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
        if trial.id == most:
            break
    return study


PBT = {"name": "pbt", "num_generations": 4, "population_size": 5}


@pytest.mark.parametrize("algorithm", [PBT, {"name": "repeat", "algorithm": PBT, "num_times": 2}])
def test_lineages_of_pbt_are_those_that_it_writes_down(algorithm: dict[str, Any]) -> None:
    history = run(algorithm).history
    found = {step.trial.id: step for step in steps(history)}

    assert structure(history) == "generations"
    assert found.keys() == history.trials.keys()
    for step in found.values():
        numbers = [each.number for each in step.line]
        assert step.number == step.trial.parameters["generation"]
        assert numbers == sorted(set(numbers)) and numbers[0] == 1
    if algorithm is PBT:  # a lineage such as '1,6,12,' names the ancestors
        for step in found.values():
            ancestors = "".join(f"{each.trial.id}," for each in step.line[:-1])
            assert step.trial.parameters["lineage"] == ancestors
            assert step.root == step.line[0].trial.id <= 5


def test_rungs_of_hyperband_and_their_promotions() -> None:
    history = run({"name": "hyperband", "R": 9, "max_finished_configs": 3}).history
    found = steps(history)

    assert structure(history) == "rungs"
    promoted = [step for step in found if step.parent is not None]
    assert promoted
    for step in promoted:
        assert step.parent is not None
        assert (step.bracket, step.number) == (step.parent.bracket, step.parent.number + 1)
        assert step.trial.parameters["x"] == step.parent.trial.parameters["x"]
    assert {step.bracket for step in found} == {0, 1, 2}


def test_other_studies_have_none() -> None:
    empty = Study([Continuous("x", [0.0, 1.0])], PBT)

    assert structure(run({"name": "random"}, 3).history) is None
    assert steps(run({"name": "random"}, 3).history) == []
    assert structure(empty.history) is None


@pytest.mark.parametrize("lower", [True, False])
def test_a_sample_holds_the_best_and_keeps_the_order(lower: bool) -> None:
    history = run({"name": "random"}, 100, lower).history
    trials = list(history.trials.values())
    ranked = sorted(trials, key=lambda trial: trial.objective, reverse=not lower)

    found = sample(trials, history, 30)

    ids = [trial.id for trial in found]
    assert len(ids) == 30
    assert ids == sorted(ids)
    assert {trial.id for trial in ranked[:3]} <= set(ids)
    assert min(ids) < 10 and max(ids) > 90
    assert sample(trials, history, 100) == trials


def test_a_trial_that_is_running_has_its_place() -> None:
    study = Study([Continuous("x", [0.0, 1.0])], PBT, random_seed=1)
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    (step,) = steps(study.history)

    assert (step.number, step.parent, step.root) == (1, None, trial.id)
