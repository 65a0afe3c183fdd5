"""BOHB: the contract, which trials its model sees, and that it is better than Hyperband."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sherpa_bohb import BOHB
from sherpa_core import Algorithm, Choice, Continuous, History, SearchSpace, Trial
from sherpa_core.errors import PluginError, UserError
from sherpa_testkit import AlgorithmContract
from sherpa_testkit.studies import go_on, study_of

SPACE = [
    Continuous("lr", [1e-5, 1.0], "log"),
    Continuous("decay", [0, 1]),
    Choice("kind", ["a", "b", "c"]),
]


class TestBOHBContract(AlgorithmContract):
    startup_trials = 24

    def make_algorithm(self) -> Algorithm:
        return BOHB(R=27)


class Looking:
    """A model that keeps what it was shown, and always suggests the same."""

    def __init__(self) -> None:
        self.shown: list[list[float]] = []

    def get_suggestion(self, parameters: SearchSpace, history: History) -> dict[str, Any]:
        seen = [trial.parameters["resource"] for trial in history.trials.values()]
        self.shown.append(seen)
        return {"lr": 0.5, "decay": 0.5, "kind": "c"}


def loss(values: Mapping[str, Any]) -> float:
    """The objective: what the configuration is worth, and more where training was short."""
    worth = (math.log10(values["lr"]) + 2.5) ** 2 + abs(values["decay"] - 0.2)
    return float(worth + (values["kind"] != "b") + 1 / values["resource_total"])


def test_it_finds_more_than_hyperband_with_the_same_resource() -> None:
    found: dict[str, list[float]] = {"bohb": [], "hyperband": []}
    for name, best in found.items():
        for seed in range(4):
            algorithm = {"name": name, "R": 27, "max_finished_configs": 1000}
            best.append(go_on(study_of(SPACE, algorithm, seed), loss, 150))
    assert np.mean(found["bohb"]) < 0.5 * np.mean(found["hyperband"])


def test_the_model_sees_the_largest_resource_with_enough_results() -> None:
    model = Looking()
    study = study_of(SPACE, BOHB(R=9, max_finished_configs=100, random_fraction=0, model=model))
    while True:
        before = len(model.shown)
        counts = dict.fromkeys((1, 3, 9), 0)
        for trial in study.history.ended:
            counts[trial.parameters["resource"]] += 1
        go_on(study, loss, 1)
        if len(model.shown) > before:
            enough = [resource for resource, count in counts.items() if count >= len(SPACE) + 3]
            assert set(model.shown[-1]) == {max(enough)}
            if max(enough) == 9:
                break
        elif study.history.ended[-1].parent is None:
            assert max(counts.values()) < len(SPACE) + 3
    assert {1, 3} & {shown[0] for shown in model.shown}


def test_failed_trials_are_no_results_for_a_model() -> None:
    model = Looking()
    study = study_of(SPACE, BOHB(R=9, random_fraction=0, model=model))
    for _ in range(30):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        study.finalize(trial, "FAILED")
    assert not model.shown


def test_a_share_of_the_configurations_is_random() -> None:
    study = study_of(
        SPACE, BOHB(R=9, max_finished_configs=1000, random_fraction=0.25, model=Looking())
    )
    go_on(study, loss, 300)
    new = [each for each in study.history.trials.values() if each.parent is None][30:]
    chosen = [each.parameters["kind"] == "c" and each.parameters["decay"] == 0.5 for each in new]
    assert 0.65 < np.mean(chosen) < 0.85


def test_promoted_trials_keep_their_configuration() -> None:
    study = study_of(SPACE, BOHB(R=9))
    go_on(study, loss, 60)
    promoted = [each for each in study.history.trials.values() if each.parent is not None]
    assert promoted
    for trial in promoted:
        parent = study.history.trials[trial.parent or 0].parameters
        assert {name: trial.parameters[name] for name in ("lr", "decay", "kind")} == {
            name: parent[name] for name in ("lr", "decay", "kind")
        }
        assert trial.parameters["load_from"] == parent["save_to"]


def test_a_model_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(PluginError, match="nonsense"):
        BOHB(model="nonsense")


@pytest.mark.parametrize("options", [{"random_fraction": 1.5}, {"r": 10, "R": 9}, {"eta": 1}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises((UserError, ValueError), match=next(iter(options))):
        BOHB(**options)
