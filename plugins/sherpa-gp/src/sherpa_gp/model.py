"""The Gaussian process: its posterior at any point, given what was seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from sherpa_gp.encoding import Array
from sherpa_gp.kernel import matern, squared_distances, trend


class Posterior:
    """A Gaussian process conditioned on results (Rasmussen and Williams 2006, algorithm 2.1).

    Args:
        features: the inputs.
        columns: for each feature the number of its length scale.
        targets: the outputs, shape (n, s) for s versions of them.
        logs: the hyperparameters, as `learn` returns them.

    Attributes:
        fitted: the means at the inputs, shape (n, s).
    """

    def __init__(self, features: Array, columns: Any, targets: Array, logs: Array) -> None:
        self._given = (features, columns, targets, logs)
        self._lengths: Array = np.exp(logs[columns])
        self._scaled = features / self._lengths
        self._terms = trend(features)[0]
        self._trend, self._scale, noise = np.exp(logs[-3:])
        signal = self._cross(features, self._terms)
        while True:
            covariance = signal.copy()
            covariance.flat[:: len(signal) + 1] += noise
            self._factor, failed = lapack.dpotrf(covariance, lower=1, clean=1)
            if not failed:
                break
            noise *= 10.0
        self._weights = lapack.dpotrs(self._factor, targets, lower=1)[0]
        self.fitted = targets - noise * self._weights

    def _cross(self, features: Array, terms: Array) -> Array:
        """Return the covariances of the inputs with others, whose trend has these terms."""
        cross = matern(squared_distances(self._scaled, features / self._lengths))[0]
        cross *= self._scale
        cross += self._trend * (self._terms @ terms.T)
        return cross

    def _prior(self, terms: Array) -> Array:
        """Return the variances before anything was seen."""
        variances: Array = self._scale + self._trend * (terms**2).sum(axis=1)
        return variances

    def extended(self, features: Array, targets: Array) -> Posterior:
        """Return the process conditioned on more, with as many versions as `targets` has."""
        before, columns, known, logs = self._given
        known = np.repeat(known, targets.shape[1] // known.shape[1], axis=1)
        return Posterior(
            np.concatenate([before, features]), columns, np.concatenate([known, targets]), logs
        )

    def moments(self, features: Array) -> tuple[Array, Array]:
        """Return means, shape (m, s), and standard deviations, shape (m,), without noise."""
        terms = trend(features)[0]
        cross = self._cross(features, terms)
        solved = lapack.dtrtrs(self._factor, cross, lower=1)[0]
        variances = self._prior(terms) - np.einsum("ij,ij->j", solved, solved)
        return cross.T @ self._weights, self._root(variances)

    def sampled(self, features: Array, normals: Array) -> Array:
        """Return draws of the values at some inputs together, one for each column of normals."""
        scaled, terms = features / self._lengths, trend(features)[0]
        cross = self._cross(features, terms)
        solved = lapack.dtrtrs(self._factor, cross, lower=1)[0]
        covariance = self._scale * matern(squared_distances(scaled, scaled))[0]
        covariance += self._trend * (terms @ terms.T)
        values, vectors = np.linalg.eigh(covariance - solved.T @ solved)
        drawn: Array = (vectors * self._root(values)) @ normals
        drawn += cross.T @ self._weights
        return drawn

    def gradients(self, features: Array) -> tuple[Array, Array, Array, Array]:
        """Return means and deviations, and their gradients by the features.

        Returns:
            Means (m, s), deviations (m,), and gradients of shapes (m, s, f) and (m, f).
        """
        scaled, (terms, slopes) = features / self._lengths, trend(features)
        cross, slope = matern(squared_distances(self._scaled, scaled))
        cross *= self._scale
        cross += self._trend * (self._terms @ terms.T)
        slope *= 2.0 * self._scale
        solved = lapack.dpotrs(self._factor, cross, lower=1)[0]
        deviations = self._root(self._prior(terms) - np.einsum("ij,ij->j", cross, solved))
        by_mean = np.stack(
            [self._pull(slope * each[:, None], scaled) for each in self._weights.T], axis=1
        )
        coefficients = self._trend * (self._weights.T @ self._terms)
        by_mean += _folded(slopes[:, None] * coefficients)
        by_deviation = self._trend * _folded(slopes * (terms - solved.T @ self._terms))
        by_deviation -= self._pull(slope * solved, scaled)
        by_deviation /= deviations[:, None]
        return cross.T @ self._weights, deviations, by_mean, by_deviation

    def _root(self, variances: Array) -> Array:
        """Return standard deviations, rounding errors apart."""
        roots: Array = np.sqrt(np.maximum(variances, 1e-12 * self._scale))
        return roots

    def _pull(self, forces: Array, scaled: Array) -> Array:
        """Return sum_i forces[i, m] (x_m - x_i) by the features, shape (m, f)."""
        pulled: Array = forces.sum(axis=0)[:, None] * scaled - forces.T @ self._scaled
        pulled /= self._lengths
        return pulled


def _folded(slopes: Array) -> Array:
    """Return the sum of what each feature and its square contribute, shape (..., f)."""
    first, second = np.split(slopes, 2, axis=-1)
    total: Array = first + second
    return total
