"""Chain: the contract, the order of its algorithms, and what each of them sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sherpa_chain import Chain
from sherpa_core import (
    Algorithm,
    Choice,
    Continuous,
    History,
    PluginError,
    Study,
    UserError,
)
from sherpa_testkit import AlgorithmContract


class TestChainContract(AlgorithmContract):
    startup_trials = 3

    def make_algorithm(self) -> Algorithm:
        return Chain([{"name": "random", "max_num_trials": 3}, "genetic"])


X = [Continuous("x", [0, 1])]


def run(algorithm: Any, space: Any = X) -> Study:
    study = Study(list(space), algorithm, random_seed=1, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters.get("x", 0.0))
        study.finalize(trial)
    return study


def test_the_next_begins_when_one_is_done() -> None:
    study = run(
        Chain(
            [
                {"name": "random", "max_num_trials": 3},
                {"name": "grid", "num_grid_points": 2},
                {"name": "random", "max_num_trials": 4},
            ]
        )
    )
    origins = [trial.origin for trial in study.history.trials.values()]
    assert origins == ["chain/0/random"] * 3 + ["chain/1/grid"] * 2 + ["chain/2/random"] * 4
    assert study.history.num_own == 9


def test_each_sees_the_others_trials_as_foreign() -> None:
    seen = []

    class Second(Algorithm):
        def get_suggestion(self, history: History) -> dict[str, float] | None:
            seen.append((history.num_own, len(history.trials), history.best is not None))
            return {"x": 0.5} if history.num_own < 2 else None

    run(Chain([{"name": "random", "max_num_trials": 3}, Second()]))
    assert seen == [(0, 3, True), (1, 4, True), (2, 5, True)]


def test_a_chain_in_a_study_file_form_works_nested() -> None:
    study = run(
        {
            "name": "chain",
            "algorithms": [
                {"name": "repeat", "num_times": 2, "algorithm": {"name": "grid"}},
                {"name": "chain", "algorithms": [{"name": "random", "max_num_trials": 2}]},
            ],
        }
    )
    origins = [trial.origin for trial in study.history.trials.values()]
    assert origins == ["chain/0/repeat/grid"] * 4 + ["chain/1/chain/0/random"] * 2


def test_a_chain_within_a_chain_counts_its_own_trials_only() -> None:
    three = {"name": "random", "max_num_trials": 3}
    study = run(Chain([three, {"name": "chain", "algorithms": [three, three]}]))
    origins = [trial.origin for trial in study.history.trials.values()]
    first, second = (f"chain/1/chain/{stage}/random" for stage in (0, 1))
    assert origins == ["chain/0/random"] * 3 + [first] * 3 + [second] * 3


def test_another_chain_begins_at_its_beginning(tmp_path: Path) -> None:
    three = {"name": "random", "max_num_trials": 3}
    study = Study(X, Chain([three, three, "genetic"]), output_dir=tmp_path, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
        if trial.origin == "chain/2/genetic":
            break
    grid = {"name": "grid", "num_grid_points": 2}
    study = Study.load(tmp_path, algorithm=Chain([grid]), disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    origins = [trial.origin for trial in study.history.trials.values()]
    assert origins[7:] == ["chain/0/grid"] * 2


def test_an_empty_chain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[\]"):
        Chain([])


def test_wrong_algorithms_are_refused() -> None:
    with pytest.raises(PluginError, match="rondom"):
        Chain(["rondom"])
    with pytest.raises(UserError, match="max_trials"):
        Chain([{"name": "random", "max_trials": 3}])


def test_conditions_are_refused_where_one_does_not_support_them() -> None:
    class Plain(Algorithm):
        supports_conditions = False

        def get_suggestion(self) -> None:
            return None

    space = [Choice("kind", ["a", "b"]), Continuous("x", [0, 1], when={"kind": ["b"]})]
    with pytest.raises(UserError, match="conditional"):
        run(Chain(["random", Plain()]), space)
