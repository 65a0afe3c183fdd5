"""The kernel's hyperparameters: the maximum of their posterior, by analytic gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from sherpa_gp.encoding import Array
from sherpa_gp.kernel import matern, squared_distances, trend

#: Normal priors of the logarithms: mean and deviation. Length scales of numbers grow with the
#: root of the number of parameters; the mean is the mode of the log-normal prior of Hvarfner et
#: al. 2024, section 4. Those of choices are longer: what is learnt of one value, such as the best
#: learning rate, tells much about the others. A trend explains little unless results say so.
_LENGTH = (np.sqrt(2.0) - 3.0, np.sqrt(3.0))
_CHOICE_LENGTH = (0.5, np.sqrt(3.0))
_TREND = (-3.0, 2.0)
_SCALE = (0.0, 1.0)
_NOISE = (np.log(3e-4), 2.0)
_BOUNDS = {
    "length": (0.025, 1e3),
    "trend": (1e-4, 1e2),
    "scale": (1e-2, 1e2),
    "noise": (1e-6, 1.0),
}
#: Where the search for the maximum begins: length scales (times that root), trend and noise.
_STARTS, _START_TREND, _START_NOISE = (0.3, 1.5), 0.1, 1e-2
#: From this number of results on it begins with a fit to every second, third, ... of them.
_COARSE = 64


def learn(features: Array, columns: Any, targets: Array) -> Array:
    """Return the likeliest hyperparameters, a posteriori.

    Rasmussen and Williams 2006, section 5.4.1, with log-normal priors on all of them.

    Args:
        features: the inputs, one row each.
        columns: for each feature the number of its length scale.
        targets: the outputs, standardized.

    Returns:
        The logarithms of the length scales, and of the variances of the trend's weights, of the
        departures from it, and of the noise.
    """
    dimensions = int(columns[-1]) + 1
    growth = 0.5 * np.log(dimensions)
    priors = [
        _CHOICE_LENGTH if width > 1 else (_LENGTH[0] + growth, _LENGTH[1])
        for width in np.bincount(columns)
    ]
    means, deviations = np.array([*priors, _TREND, _SCALE, _NOISE]).T
    names = ["length"] * dimensions + ["trend", "scale", "noise"]
    bounds = np.log([_BOUNDS[name] for name in names])
    members = columns[:, None] == np.arange(dimensions)
    terms = trend(features)[0]
    products = terms @ terms.T  # the trend's covariance but for its variance

    def climbed(start: Array, every: int) -> Any:
        known = products[::every, ::every]

        def loss(logs: Array) -> tuple[float, Array]:
            value, gradient = _negative_likelihood(
                logs, features[::every], columns, members, known, targets[::every]
            )
            steps = (logs - means) / deviations
            return value + 0.5 * float(steps @ steps), gradient + steps / deviations

        options = {"maxiter": 60, "ftol": 1e-5, "gtol": 1e-3}
        return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)

    every = 1 + len(targets) // _COARSE
    starts = [
        np.log([length * np.exp(growth)] * dimensions + [_START_TREND, 1.0, _START_NOISE])
        for length in _STARTS
    ]
    best: Array = min((climbed(start, every) for start in starts), key=lambda end: end.fun).x
    return climbed(best, 1).x if every > 1 else best


def _negative_likelihood(
    logs: Array, features: Array, columns: Any, members: Any, products: Array, targets: Array
) -> tuple[float, Array]:
    """Return the negative log likelihood and its gradient (equation 5.9) by the logarithms."""
    count = len(targets)
    scaled = features / np.exp(logs[columns])
    slant, scale, noise = np.exp(logs[-3:])
    signal, slope = matern(squared_distances(scaled, scaled))
    signal *= scale
    rising = slant * products
    covariance = signal + rising
    covariance.flat[:: count + 1] += noise
    factor, failed = lapack.dpotrf(covariance, lower=1)
    if failed:
        return 1e10, np.zeros_like(logs)
    weights = lapack.dpotrs(factor, targets, lower=1)[0]
    value = 0.5 * float(targets @ weights) + float(np.log(factor.diagonal()).sum())
    inverse = lapack.dpotri(factor, lower=1)[0]
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    inverse -= np.outer(weights, weights)  # twice the derivative by the covariance
    gradient = np.empty_like(logs)
    gradient[-3] = 0.5 * np.vdot(inverse, rising)
    gradient[-2] = 0.5 * np.vdot(inverse, signal)
    gradient[-1] = 0.5 * noise * inverse.trace()
    inverse *= slope
    inverse *= scale
    by_feature = inverse.sum(axis=1) @ scaled**2 - np.einsum("ij,ij->j", scaled, inverse @ scaled)
    gradient[:-3] = -2.0 * (by_feature @ members)
    return value, gradient
