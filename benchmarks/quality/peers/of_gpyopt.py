"""GPyOpt with expected improvement, its default; conditions are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import unit
from GPyOpt.methods import BayesianOptimization

DISTRIBUTIONS = ["GPyOpt", "GPy"]
STARTS = 5  # GPyOpt's own default


class Optimizer:
    def __init__(self, space: list[dict[str, Any]], seed: int, trials: int) -> None:
        self.space = space
        self.domain = [_variable(each) for each in space]
        self.rng = np.random.default_rng(seed)
        self.places: list[list[float]] = []
        self.values: list[float] = []
        self.asked: list[list[float]] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked = []
        for _ in range(number):
            self.asked.append(self._random() if len(self.values) < STARTS else self._suggested())
        return [self._configuration(place) for place in self.asked]

    def tell(self, values: list[float]) -> None:
        self.places += self.asked
        self.values += values

    def _suggested(self) -> list[float]:
        """Return the next place; those that are asked for already are believed to be as the best.

        GPyOpt's own way with batches, local penalization, fails with the SciPy that it runs on.
        """
        optimizer = BayesianOptimization(
            None,
            self.domain,
            X=np.array(self.places + self.asked),
            Y=np.array(self.values + [min(self.values)] * len(self.asked)).reshape(-1, 1),
            acquisition_type="EI",
        )
        [place] = optimizer.suggest_next_locations().tolist()
        return place

    def _random(self) -> list[float]:
        found = []
        for variable in self.domain:
            if variable["type"] == "continuous":
                found.append(self.rng.random())
            else:
                found.append(float(self.rng.choice(variable["domain"])))
        return found

    def _configuration(self, places: list[float]) -> dict[str, Any]:
        return {
            given["name"]: given["choices"][round(place)]
            if given["kind"] == "cat"
            else unit.value_at(given, place)
            for given, place in zip(self.space, places, strict=True)
        }


def _variable(given: dict[str, Any]) -> dict[str, Any]:
    if given["kind"] == "cat":
        values: Any = tuple(range(len(given["choices"])))
        return {"name": given["name"], "type": "categorical", "domain": values}
    steps = unit.steps(given)
    if steps:
        return {"name": given["name"], "type": "discrete", "domain": tuple(steps)}
    return {"name": given["name"], "type": "continuous", "domain": (0, 1)}
