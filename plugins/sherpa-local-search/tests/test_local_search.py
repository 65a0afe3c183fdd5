"""Local search: the contract, the moves, repetitions, and wrong seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    Continuous,
    Discrete,
    Ordinal,
    SearchSpace,
    Study,
    Trial,
    UserError,
)
from sherpa_local_search import LocalSearch
from sherpa_local_search.moves import moves
from sherpa_testkit import AlgorithmContract

SPACE = [
    Continuous("lr", [1e-4, 1e-1], "log"),
    Discrete("units", [1, 256]),
    Ordinal("batch", [16, 32, 64]),
    Choice("act", ["relu", "tanh", "elu"]),
]
SEED = {"lr": 0.01, "units": 64, "batch": 32, "act": "relu"}


class TestLocalSearchContract(AlgorithmContract):
    startup_trials = 1
    finite = True
    may_wait = True
    space = SPACE

    def make_algorithm(self) -> Algorithm:
        return LocalSearch(SEED)


def changes(seed: dict[str, Any], space: list[Any]) -> list[dict[str, Any]]:
    """What each move from `seed` makes different, None for a value that is gone."""
    found = []
    for each in moves(SearchSpace(space), seed, (0.8, 1.2), seed):
        names = sorted(each.keys() | seed.keys())
        found.append({name: each.get(name) for name in names if each.get(name) != seed.get(name)})
    return found


def test_every_move_changes_one_parameter() -> None:
    assert changes(SEED, SPACE) == [
        {"lr": pytest.approx(0.008)},
        {"lr": pytest.approx(0.012)},
        {"units": 51},
        {"units": 77},
        {"batch": 16},
        {"batch": 64},
        {"act": "tanh"},
        {"act": "elu"},
    ]


def test_moves_stay_in_the_range_and_discrete_ones_move() -> None:
    space = [Continuous("a", [0, 1]), Discrete("b", [1, 3]), Discrete("c", [0, 10])]
    assert changes({"a": 0.9, "b": 1, "c": 0}, space) == [
        {"a": pytest.approx(0.72)},
        {"a": 1.0},
        {"b": 2},
        {"c": 2},
    ]
    assert changes({"a": 0.0, "b": 3, "c": 10}, space) == [
        {"a": pytest.approx(0.2)},
        {"b": 2},
        {"c": 8},
    ]


def test_a_step_that_does_not_divide_the_range_is_kept() -> None:
    space = [Continuous("x", [0.0, 1.0], step=0.3)]
    assert changes({"x": 0.9}, space) == [{"x": pytest.approx(0.6)}]
    study = Study(space, LocalSearch({"x": 0.9}), random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, -trial.parameters["x"])
        study.finalize(trial)
    assert study.get_best_result()["x"] == 0.9


def test_a_new_seed_is_tried_when_a_study_goes_on(tmp_path: Path) -> None:
    space = [Choice("x", ["a", "b", "c", "d"]), Choice("y", ["a", "b"])]
    for seed in ({"x": "a", "y": "a"}, {"x": "d", "y": "b"}):
        study = (
            Study(
                space, LocalSearch(seed), output_dir=tmp_path, random_seed=1, disable_dashboard=True
            )
            if seed["x"] == "a"
            else Study.load(tmp_path, algorithm=LocalSearch(seed), disable_dashboard=True)
        )
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        assert trial.parameters == seed
        study.add_observation(trial, 1.0)
        study.finalize(trial)


def test_a_changed_choice_brings_its_conditional_parameters() -> None:
    space = [
        Choice("kind", ["a", "b"]),
        Continuous("only_b", [0, 1], when={"kind": ["b"]}),
    ]
    assert changes({"kind": "a"}, space) == [{"kind": "b", "only_b": 0.5}]
    assert changes({"kind": "b", "only_b": 0.5}, space)[0] == {"kind": "a", "only_b": None}


def climb(algorithm: LocalSearch, space: list[Any], objective: Any) -> Study:
    study = Study(space, algorithm, random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, objective(trial.parameters))
        study.finalize(trial)
    return study


def test_it_climbs_to_a_local_optimum_and_ends() -> None:
    study = climb(LocalSearch(SEED), SPACE, lambda p: abs(p["units"] - 100) + (p["act"] != "elu"))
    best = study.get_best_result()
    assert best["act"] == "elu"
    assert abs(best["units"] - 100) <= 12
    assert next(iter(study.history.trials.values())).parameters == SEED


def test_repetitions_follow_each_other_and_their_mean_counts() -> None:
    values = iter([1.0, 1.0, 0.0, 3.0] + [2.0] * 100)
    study = climb(LocalSearch(SEED, repeat_trials=2), SPACE, lambda p: next(values))
    configurations = [trial.parameters for trial in study.history.trials.values()]
    assert configurations[0::2] == configurations[1::2]
    # The second configuration has the best single value, but the worse mean.
    assert all(sum(each[n] != SEED[n] for n in SEED) <= 1 for each in configurations)


def test_it_waits_while_a_running_trial_may_change_the_best() -> None:
    study = Study(
        [Ordinal("n", [1, 2])], LocalSearch({"n": 1}), random_seed=1, disable_dashboard=True
    )
    first, second = study.get_suggestion(), study.get_suggestion()
    assert study.get_suggestion() is AlgorithmState.WAIT
    for trial in (first, second):
        assert isinstance(trial, Trial)
        study.add_observation(trial, 1.0)
        study.finalize(trial)
    assert study.get_suggestion() is AlgorithmState.DONE


@pytest.mark.parametrize(
    ("seed", "word"),
    [
        ({"lr": 0.01, "units": 64, "batch": 32}, "act"),
        ({**SEED, "more": 1}, "more"),
        ({**SEED, "lr": 10.0}, "10.0"),
        ({**SEED, "act": "gelu"}, "gelu"),
    ],
)
def test_a_wrong_seed_is_refused(seed: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word):
        Study(SPACE, LocalSearch(seed), disable_dashboard=True)


@pytest.mark.parametrize(
    "options",
    [
        {"seed_configuration": [1]},
        {"perturbation_factors": [1.0]},
        {"perturbation_factors": [float("nan")]},
        {"repeat_trials": 0},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\d|nan"):
        LocalSearch(**{"seed_configuration": SEED, **options})
