"""What a trial promises: the logarithm of its expected improvement."""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, log_ndtr

from sherpa_gp.encoding import Array
from sherpa_gp.model import Posterior

_HALF_LOG_TAU = 0.5 * np.log(2.0 * np.pi)


class LogExpectedImprovement:
    """Log expected improvement over the best mean, averaged over fantasies of running trials.

    Ament et al. 2023, equation 9, for its logarithm; Snoek et al. 2012, section 3.2, for the
    average; Wang and de Freitas 2014 for the best mean instead of the best, lucky, value.

    Args:
        objective: the posterior of the objective, one version per fantasy.
        feasible: the posterior of 1 where trials succeed and 0 where they fail; None where
            none has failed.
    """

    def __init__(self, objective: Posterior, feasible: Posterior | None) -> None:
        self._objective = objective
        self._feasible = feasible
        self._best = objective.fitted.min(axis=0)

    def __call__(self, features: Array) -> Array:
        """Return the acquisition at each row; the higher, the better."""
        means, deviations = self._objective.moments(features)
        improvements = _log_improvement((self._best - means) / deviations[:, None])[0]
        score = _log_mean(improvements) + np.log(deviations)
        if self._feasible is not None:
            means, deviations = self._feasible.moments(features)
            score += log_ndtr((means[:, 0] - 0.5) / deviations)
        return score

    def gradients(self, features: Array) -> tuple[Array, Array]:
        """Return the acquisition at each row and its gradient by the row's features."""
        means, deviations, by_mean, by_deviation = self._objective.gradients(features)
        steps = (self._best - means) / deviations[:, None]
        improvements, slopes = _log_improvement(steps)
        score = _log_mean(improvements)
        shares = np.exp(improvements - score[:, None] - np.log(improvements.shape[1])) * slopes
        gradient = -np.einsum("ms,msf->mf", shares, by_mean)
        gradient += (1.0 - (shares * steps).sum(axis=1))[:, None] * by_deviation
        gradient /= deviations[:, None]
        score = score + np.log(deviations)
        if self._feasible is not None:
            means, deviations, by_mean, by_deviation = self._feasible.gradients(features)
            step = (means[:, 0] - 0.5) / deviations
            score += log_ndtr(step)
            slope = np.exp(-0.5 * step**2 - _HALF_LOG_TAU - log_ndtr(step)) / deviations
            gradient += slope[:, None] * (by_mean[:, 0] - step[:, None] * by_deviation)
        return score, gradient


def _log_mean(logs: Array) -> Array:
    """Return the logarithm of the mean of exp(logs) over the last axis."""
    top = logs.max(axis=-1)
    mean: Array = top + np.log(np.exp(logs - top[..., None]).mean(axis=-1))
    return mean


def _log_improvement(steps: Array) -> tuple[Array, Array]:
    """Return log(phi(z) + z Phi(z)) and its derivative, exact for any z (Ament et al. 2023)."""
    below = np.minimum(steps, 0.0)
    ratio = -below * np.sqrt(np.pi / 2.0) * erfcx(-below / np.sqrt(2.0))  # Phi |z| / phi
    tail = np.where(below > -1e4, 1.0 - ratio, 1.0 / np.maximum(below**2, 1.0))
    above = np.maximum(steps, 0.0)
    density = -0.5 * steps**2 - _HALF_LOG_TAU
    direct = np.log(np.exp(-0.5 * above**2 - _HALF_LOG_TAU) + above * np.exp(log_ndtr(above)))
    logs = np.where(steps > 0.0, direct, density + np.log(tail))
    return logs, np.exp(log_ndtr(steps) - logs)
