"""The covariance of two configurations: a Matérn kernel with a length scale per parameter."""

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
