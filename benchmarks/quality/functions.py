"""Functions with known minima, as people compare optimizers with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_WEIGHTS = np.array([1, 1.2, 3, 3.2])


def branin(given: Mapping[str, Any]) -> float:
    x, y = vector(given)
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return float(valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def hartmann6(given: Mapping[str, Any]) -> float:
    return _hartmann6(vector(given))


def hartmann6_of_20(given: Mapping[str, Any]) -> float:
    return _hartmann6(vector(given)[[1, 4, 8, 11, 14, 18]])


def ackley(given: Mapping[str, Any]) -> float:
    x = vector(given)
    spread = -20 * math.exp(-0.2 * math.sqrt((x * x).mean()))
    return float(spread - math.exp(np.cos(2 * math.pi * x).mean()) + 20 + math.e)


def rosenbrock(given: Mapping[str, Any]) -> float:
    x = vector(given)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def levy(given: Mapping[str, Any]) -> float:
    return _levy(vector(given))


def levy4_of_40(given: Mapping[str, Any]) -> float:
    return _levy(vector(given)[[3, 13, 22, 36]])


def styblinski_tang(given: Mapping[str, Any]) -> float:
    x = vector(given)
    return float((x**4 - 16 * x * x + 5 * x).sum() / 2)


def mixed4(given: Mapping[str, Any]) -> float:
    """Two numbers, a whole number and a category; the best rate depends on the category."""
    best_rate = {"relu": -2.3, "tanh": -1.5, "elu": -3.1}[given["activation"]]
    penalty = {"relu": 0.0, "tanh": 0.15, "elu": 0.06}[given["activation"]]
    off = math.log10(given["rate"]) - best_rate
    deep = given["layers"] - 4
    return float(
        penalty + 0.3 * off**2 + 0.03 * deep**2 + (given["dropout"] - 0.25 - 0.04 * deep) ** 2
    )


def conditional8(given: Mapping[str, Any]) -> float:
    """Each of two optimizers and each of two depths has parameters of its own."""
    if given["optimizer"] == "sgd":
        value = 0.1 + 0.2 * (math.log10(given["sgd_rate"]) + 1.2) ** 2
        value += 2 * (given["momentum"] - 0.9) ** 2
    else:
        value = 0.15 * (math.log10(given["adam_rate"]) + 3.3) ** 2
        value += 0.02 * (math.log10(given["decay"]) + 4.6) ** 2
    value += 0.05 * (math.log2(given["units1"]) - 7) ** 2
    if given["depth"] == 1:
        return float(value + 0.2)
    return float(value + 0.05 * (math.log2(given["units2"]) - 5) ** 2)


def vector(given: Mapping[str, Any]) -> np.ndarray:
    return np.array([given[f"x{index}"] for index in range(len(given))], float)


def _hartmann6(x: np.ndarray) -> float:
    return float(-(_WEIGHTS * np.exp(-(_A * (x - _P) ** 2).sum(1))).sum())


def _levy(x: np.ndarray) -> float:
    w = 1 + (x - 1) / 4
    inner = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + inner + last)
