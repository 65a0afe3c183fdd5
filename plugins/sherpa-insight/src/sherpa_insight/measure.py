"""Measure: the objective such that differences mean the same everywhere."""

from __future__ import annotations

import math

import attrs
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FAR = 3.0  # interquartile ranges beyond the worse quartile: further out counts as that far
_DECADES = 2.0  # positive objectives over more powers of ten are compared by their logarithm


@attrs.frozen
class Measure:
    """A measure of the objective in which differences mean the same everywhere.

    Far worse values than all others are drawn in, and positive ones over several powers of ten
    are compared by their logarithm: one diverged trial would else explain everything.
    """

    sign: float
    limit: float
    log: bool

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # objectives may be as large as floats can be
    def of(cls, objective: Floats, lower_is_better: bool) -> Measure:
        """Return the measure for finite objectives."""
        low, high = np.quantile(objective, [0.05, 0.95])
        log = bool(objective.min() > 0) and math.log10(high / low) > _DECADES
        sign = 1.0 if lower_is_better else -1.0
        cost = sign * (np.log10(objective) if log else objective)
        first, third = np.quantile(cost, [0.25, 0.75])
        reach = _FAR * (third - first)
        return cls(sign, float(third + reach) if reach else math.inf, log)

    def cost(self, objective: Floats) -> Floats:
        """Return the measure of objectives, lower is better."""
        cost = self.sign * (np.log10(objective) if self.log else objective)
        drawn: Floats = np.minimum(cost, self.limit)
        return drawn

    def objective(self, cost: Floats) -> Floats:
        """Return the objectives of measures."""
        value = self.sign * cost
        found: Floats = np.power(10.0, value) if self.log else value
        return found
