"""The Gaussian process: its posterior at any point, given what was seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from sherpa_gp.encoding import Array
from sherpa_gp.kernel import matern, squared_distances


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
        self._scale, noise = np.exp(logs[-2:])
        signal = self._cross(self._scaled)
        while True:
            covariance = signal.copy()
            covariance.flat[:: len(signal) + 1] += noise
            self._factor, failed = lapack.dpotrf(covariance, lower=1, clean=1)
            if not failed:
                break
            noise *= 10.0
        self._weights = lapack.dpotrs(self._factor, targets, lower=1)[0]
        self.fitted = targets - noise * self._weights

    def _cross(self, scaled: Array) -> Array:
        """Return the covariances of the inputs with others."""
        cross = matern(squared_distances(self._scaled, scaled))[0]
        cross *= self._scale
        return cross

    def extended(self, features: Array, targets: Array) -> Posterior:
        """Return the process conditioned on more, with as many versions as `targets` has."""
        before, columns, known, logs = self._given
        known = np.repeat(known, targets.shape[1] // known.shape[1], axis=1)
        return Posterior(
            np.concatenate([before, features]), columns, np.concatenate([known, targets]), logs
        )

    def moments(self, features: Array) -> tuple[Array, Array]:
        """Return means, shape (m, s), and standard deviations, shape (m,), without noise."""
        cross = self._cross(features / self._lengths)
        solved = lapack.dtrtrs(self._factor, cross, lower=1)[0]
        variances = self._scale - np.einsum("ij,ij->j", solved, solved)
        return cross.T @ self._weights, self._root(variances)

    def sampled(self, features: Array, normals: Array) -> Array:
        """Return draws of the values at some inputs together, one for each column of normals."""
        scaled = features / self._lengths
        cross = self._cross(scaled)
        solved = lapack.dtrtrs(self._factor, cross, lower=1)[0]
        covariance = self._scale * matern(squared_distances(scaled, scaled))[0]
        values, vectors = np.linalg.eigh(covariance - solved.T @ solved)
        drawn: Array = (vectors * self._root(values)) @ normals
        drawn += cross.T @ self._weights
        return drawn

    def gradients(self, features: Array) -> tuple[Array, Array, Array, Array]:
        """Return means and deviations, and their gradients by the features.

        Returns:
            Means (m, s), deviations (m,), and gradients of shapes (m, s, f) and (m, f).
        """
        scaled = features / self._lengths
        cross, slope = matern(squared_distances(self._scaled, scaled))
        cross *= self._scale
        slope *= 2.0 * self._scale
        solved = lapack.dpotrs(self._factor, cross, lower=1)[0]
        deviations = self._root(self._scale - np.einsum("ij,ij->j", cross, solved))
        by_mean = np.stack(
            [self._pull(slope * each[:, None], scaled) for each in self._weights.T], axis=1
        )
        by_deviation = -self._pull(slope * solved, scaled) / deviations[:, None]
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
