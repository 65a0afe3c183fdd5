"""Outputs as a Gaussian process likes them: a power transform, then mean 0 and deviation 1.

Objectives that grow over several orders of magnitude have few values near the optimum that a
stationary process could tell apart; a power transform spreads them (HEBO, Cowen-Rivers et al.
2022, section 4.2).
"""

from __future__ import annotations

import numpy as np

from sherpa_gp.encoding import Array

_POWERS = np.linspace(-2.0, 2.0, 81)


def normalized(costs: Array) -> Array:
    """Return finite costs with mean 0 and deviation 1, zeros where all are the same."""
    scaled = costs / max(float(np.abs(costs).max()), 1e-300)  # 1e200 has no square
    centred = scaled - scaled.mean()
    deviation = float(centred.std())
    if deviation < 1e-12:
        return np.zeros_like(costs)
    result: Array = centred / deviation
    return result


def transformed(costs: Array) -> Array:
    """Return costs under the monotone power transform that makes them most nearly normal.

    The transform of Box and Cox (1964) where all costs are positive, else that of Yeo and
    Johnson (2000); its power maximizes the likelihood of a normal distribution.
    """
    standard = normalized(costs)
    if not standard.any():
        return standard
    if costs.min() > 0:
        logs = np.log(costs)
        return _best_power(logs - logs.mean(), np.zeros_like(logs))
    positive = standard >= 0
    magnitude = np.log1p(np.abs(standard))
    return _best_power(magnitude, np.where(positive, 0.0, 1.0))


def _best_power(logs: Array, mirrored: Array) -> Array:
    """Return the transform of exp(logs) with the likeliest power, standardized.

    Where `mirrored`, the value is negative: it has the power 2 - p, and its sign.
    """
    signs = 1.0 - 2.0 * mirrored
    powers = np.where(mirrored[None, :] > 0, 2.0 - _POWERS[:, None], _POWERS[:, None])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = np.where(powers == 0.0, logs, np.expm1(powers * logs) / powers)
        values = values * signs
        spread = values.var(axis=1)
        likelihood = -0.5 * np.log(spread) + ((powers - 1.0) * logs).mean(axis=1)
    likelihood[~np.isfinite(likelihood)] = -np.inf
    return normalized(values[int(np.argmax(likelihood))])
