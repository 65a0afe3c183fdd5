"""Problems that rules and settings are chosen on, so that the reported ones play no part in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from functions import vector
from problems import Problem, Space, box, choice, integer, real

KIND = "chosen on"


def rastrigin(given: Mapping[str, Any]) -> float:
    x = vector(given) - 0.7  # the minimum is off the middle
    return float(10 * len(x) + (x * x - 10 * np.cos(2 * math.pi * x)).sum())


def colville(given: Mapping[str, Any]) -> float:
    a, b, c, d = vector(given)
    value = 100 * (a * a - b) ** 2 + (a - 1) ** 2 + (c - 1) ** 2 + 90 * (c * c - d) ** 2
    value += 10.1 * ((b - 1) ** 2 + (d - 1) ** 2) + 19.8 * (b - 1) * (d - 1)
    return float(value)


def dixon_price(given: Mapping[str, Any]) -> float:
    x = vector(given)
    steps = np.arange(2, len(x) + 1)
    return float((x[0] - 1) ** 2 + (steps * (2 * x[1:] ** 2 - x[:-1]) ** 2).sum())


def zakharov(given: Mapping[str, Any]) -> float:
    x = vector(given)
    tilt = (0.5 * np.arange(1, len(x) + 1) * x).sum()
    return float((x * x).sum() + tilt**2 + tilt**4)


def schwefel(given: Mapping[str, Any]) -> float:
    x = vector(given)
    return float(418.9829 * len(x) - (x * np.sin(np.sqrt(np.abs(x)))).sum())


def three_of_15(given: Mapping[str, Any]) -> float:
    x, y, z = vector(given)[[2, 7, 11]] - [0.31, 0.66, 0.85]
    return float(4 * x * x + (y + x * x) ** 2 * 6 + 2 * abs(z) + 0.1 * math.cos(12 * y))


def network7(given: Mapping[str, Any]) -> float:
    """The errors of a network as one imagines them: rate and width belong together."""
    best_rate = {"adam": -3.2, "sgd": -1.4, "rms": -3.6}[given["optimizer"]]
    best_rate -= 0.4 * (math.log2(given["units"]) - 7)
    value = {"adam": 0.0, "sgd": 0.05, "rms": 0.03}[given["optimizer"]]
    value += {"relu": 0.0, "tanh": 0.06}[given["activation"]]
    value += 0.1 * (math.log10(given["rate"]) - best_rate) ** 2
    value += 0.02 * (math.log10(given["decay"]) + 4.5) ** 2
    value += 0.01 * (given["layers"] - 5) ** 2 + 0.02 * (math.log2(given["units"]) - 8) ** 2
    return float(value + (given["dropout"] - 0.06 * given["layers"]) ** 2)


def _problem(space: Space, function: Any) -> Problem:
    return Problem(KIND, space, function)


#: All parameters are numbers.
NUMERIC: dict[str, Problem] = {
    "Rastrigin 4": _problem(box(4, -5.12, 5.12), rastrigin),
    "Colville 4": _problem(box(4, -10, 10), colville),
    "Dixon-Price 5": _problem(box(5, -10, 10), dixon_price),
    "Zakharov 6": _problem(box(6, -5, 10), zakharov),
    "Schwefel 3": _problem(box(3, -500, 500), schwefel),
    "three of 15": _problem(box(15, 0, 1), three_of_15),
}
OTHERS: dict[str, Problem] = {
    **NUMERIC,
    "network 7": _problem(
        [
            real("rate", 1e-5, 1, log=True),
            real("decay", 1e-7, 1e-1, log=True),
            choice("optimizer", ["adam", "sgd", "rms"]),
            integer("layers", 1, 12),
            integer("units", 8, 1024, log=True),
            real("dropout", 0, 0.9),
            choice("activation", ["relu", "tanh"]),
        ],
        network7,
    ),
}
