"""The covariance of two configurations: a quadratic trend, and what departs from it."""

from __future__ import annotations

import numpy as np

from sherpa_gp.encoding import Array


def squared_distances(one: Array, other: Array) -> Array:
    """Return the squared distances of scaled features, shape (len(one), len(other))."""
    distances = one @ other.T
    distances *= -2.0
    distances += np.einsum("ij,ij->i", one, one)[:, None]
    distances += np.einsum("ij,ij->i", other, other)[None, :]
    return np.maximum(distances, 0.0, out=distances)


def matern(squares: Array) -> tuple[Array, Array]:
    """Return the Matérn-3/2 correlation at squared distances, and its derivative by them.

    Rasmussen and Williams 2006, equation 4.17.
    """
    root = np.sqrt(3.0 * squares)
    decay = np.exp(-root)
    return (1.0 + root) * decay, -1.5 * decay


def trend(features: Array) -> tuple[Array, Array]:
    """Return the terms that a trend weighs and adds up, each feature and its square.

    Rasmussen and Williams 2006, section 2.7: where the weights are normal with variance v, the
    trend's covariance is v times the inner product of two such rows. It shows in a few results
    where the objective falls as a whole, however many parameters there are.

    Args:
        features: what the kernel sees, numbers from 0 to 1, shape (n, f).

    Returns:
        The terms, shape (n, 2 f), of features centred to [-1, 1] and divided by the root of their
        number; and the terms' derivatives by their features.
    """
    centred = 2.0 * features - 1.0
    share = 1.0 / np.sqrt(features.shape[1])
    terms = np.concatenate([centred, centred**2], axis=1)
    slopes = np.concatenate([np.full_like(centred, 2.0), 4.0 * centred], axis=1)
    return share * terms, share * slopes
