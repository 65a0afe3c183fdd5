"""SMAC's facade for hyperparameters (a random forest), with conditions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ConfigSpace import (
    AndConjunction,
    Categorical,
    ConfigurationSpace,
    Float,
    InCondition,
    Integer,
)
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialValue

DISTRIBUTIONS = ["smac", "ConfigSpace"]


class Optimizer:
    def __init__(self, space: list[dict[str, Any]], seed: int, trials: int) -> None:
        configurations = ConfigurationSpace(seed=seed)
        known = {each["name"]: _parameter(each) for each in space}
        configurations.add(list(known.values()))
        for each in space:
            holds = [
                InCondition(known[each["name"]], known[other], values)
                for other, values in each.get("when", {}).items()
            ]
            if holds:
                configurations.add(holds[0] if len(holds) == 1 else AndConjunction(*holds))
        self.folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            configurations,
            deterministic=True,
            n_trials=trials,
            seed=seed,
            output_directory=Path(self.folder.name),
        )
        self.optimizer = HyperparameterOptimizationFacade(
            scenario, lambda _, seed=0: 0.0, overwrite=True, logging_level=50
        )
        self.asked: list[Any] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked = [self.optimizer.ask() for _ in range(number)]
        return [
            {
                name: value.item() if hasattr(value, "item") else value
                for name, value in info.config.items()
            }
            for info in self.asked
        ]

    def tell(self, values: list[float]) -> None:
        for info, value in zip(self.asked, values, strict=True):
            self.optimizer.tell(info, TrialValue(cost=value))


def _parameter(given: dict[str, Any]) -> Any:
    if given["kind"] == "cat":
        return Categorical(given["name"], given["choices"])
    kind = Integer if given["kind"] == "int" else Float
    return kind(given["name"], (given["low"], given["high"]), log=given["log"])
