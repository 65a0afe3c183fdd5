"""HEBO, with the flat space: it knows no conditions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

DISTRIBUTIONS = ["HEBO"]


class Optimizer:
    def __init__(self, space: list[dict[str, Any]], seed: int, trials: int) -> None:
        self.space = space
        self.optimizer = HEBO(DesignSpace().parse(list(map(_parameter, space))), scramble_seed=seed)
        self.asked: Any = None

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked = self.optimizer.suggest(n_suggestions=number)
        types = {"int": int, "float": float}
        return [
            {each["name"]: types.get(each["kind"], str)(row[each["name"]]) for each in self.space}
            for row in self.asked.to_dict("records")
        ]

    def tell(self, values: list[float]) -> None:
        self.optimizer.observe(self.asked, np.array(values).reshape(-1, 1))


def _parameter(given: dict[str, Any]) -> dict[str, Any]:
    if given["kind"] == "cat":
        return {"name": given["name"], "type": "cat", "categories": given["choices"]}
    kinds = {("float", False): "num", ("float", True): "pow", ("int", False): "int"}
    kind = kinds.get((given["kind"], given["log"]), "pow_int")
    return {"name": given["name"], "type": kind, "lb": given["low"], "ub": given["high"]}
