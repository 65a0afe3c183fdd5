"""Parzen estimators: densities over the unit cube with a component around each point."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from sherpa_tpe.columns import Array, Columns

_LOG_ROOT_TAU = 0.5 * np.log(2.0 * np.pi)


class Parzen:
    """A mixture with one component around each point, and one that is the prior.

    A component is a product over the columns: a normal distribution truncated to [0, 1] for a
    number, the observed value and a share for all values for a choice, and the prior, which is
    uniform, where the point is NaN because a parameter was inactive. So a component says nothing
    about parameters that it did not have, and the mixture is a density over the tree of active
    parameters. Densities are relative to the prior.

    Args:
        columns: what the columns are.
        points: the points in rows, NaN where inactive.
        weights: weight of each point's component; the prior's is 1.
        least_spread: the standard deviation that a component has at least.
    """

    def __init__(
        self, columns: Columns, points: Array, weights: Array, least_spread: float
    ) -> None:
        self._columns = columns
        count, width = points.shape
        weights = np.append(weights, 1.0)
        self._weights = weights / weights.sum()
        points = np.concatenate([points, np.full((1, width), np.nan)])
        self._uniform = np.isnan(points)
        self._means = np.where(self._uniform, 0.5, points)
        floor = np.maximum(least_spread, 0.5 * columns.grains)
        self._spreads = np.clip(_gaps(points), floor, 1.0)
        self._low = ndtr(-self._means / self._spreads)
        self._mass = ndtr((1.0 - self._means) / self._spreads) - self._low
        # a choice: the observed value has weight 1, all values together `sizes / (count + 1)`
        self._shared = columns.sizes / (count + 1 + columns.sizes)
        hit = np.log(columns.sizes * (1.0 - self._shared) + self._shared)
        root = np.sqrt(2.0 * (hit - np.log(self._shared)))
        # a factor's logarithm is peak - (distance * rate)^2 / 2, with choices at distance 0 or 1
        peaks = -np.log(self._spreads * self._mass) - _LOG_ROOT_TAU
        self._peaks = np.where(self._uniform, 0.0, np.where(columns.numeric, peaks, hit))
        rates = np.where(columns.numeric, 1.0 / self._spreads, root)
        self._rates = np.where(self._uniform, 0.0, rates)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Return that many points drawn from the density, every column filled."""
        draws = rng.random((count, len(self._columns) + 1))
        cumulated = np.cumsum(self._weights)
        chosen = np.minimum(
            np.searchsorted(cumulated, draws[:, 0], side="right"), len(cumulated) - 1
        )
        draws = draws[:, 1:]
        means = self._means[chosen]
        shares = self._low[chosen] + draws * self._mass[chosen]
        numbers = means + self._spreads[chosen] * ndtri(shares)
        values = np.where(draws < self._shared, draws / self._shared, means)
        points = np.where(self._columns.numeric, numbers, values)
        return np.clip(np.where(self._uniform[chosen], draws, points), 0.0, 1.0)

    def log_density(self, points: Array) -> Array:
        """Return the logarithm of the density at each point, relative to the prior's."""
        is_active = ~np.isnan(points)
        squares = np.zeros((len(points), len(self._weights)))
        for column, numeric in enumerate(self._columns.numeric):  # one at a time stays in the cache
            apart = points[:, column, None] - self._means[:, column]
            if not numeric:
                apart = apart != 0.0
            apart = apart * self._rates[:, column]
            apart[~is_active[:, column]] = 0.0
            apart *= apart
            squares += apart
        terms = np.einsum("pd,cd->pc", is_active.astype(float), self._peaks)
        terms += np.log(self._weights) - 0.5 * squares
        top = terms.max(axis=1)
        sums: Array = top + np.log(np.exp(terms - top[:, None]).sum(axis=1))
        return sums


def _gaps(points: Array) -> Array:
    """Return each number's distance to the farther one of its two neighbours in its column.

    The ends of the range are neighbours only of a number that has no other. NaN have distance 1.
    """
    count, width = points.shape
    order = np.argsort(points, axis=0, kind="stable")  # NaN stand last
    ranked = np.take_along_axis(points, order, axis=0)
    active = count - np.isnan(points).sum(axis=0)
    place = np.arange(count)[:, None]
    lower, upper = np.zeros((count, width)), np.ones((count, width))
    lower[1:], upper[:-1] = ranked[:-1], ranked[1:]
    upper[np.maximum(active - 1, 0), np.arange(width)] = 1.0
    below, above = ranked - lower, upper - ranked
    many = active > 1
    below = np.where(many & (place == 0), above, below)
    above = np.where(many & (place == active - 1), below, above)
    gaps = np.empty_like(points)
    np.put_along_axis(gaps, order, np.maximum(below, above), axis=0)
    return np.where(np.isnan(gaps), 1.0, gaps)
