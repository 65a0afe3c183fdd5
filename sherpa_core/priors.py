"""Priors of numeric parameters: distributions truncated to the range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.values import finite_float


class Prior:
    """A (log-)normal distribution truncated to a parameter's range."""

    def __init__(
        self, name: str, config: Mapping[str, Any], low: float, high: float, scale: str
    ) -> None:
        if not isinstance(config, Mapping):
            raise UserError(f"{name}: a distribution must be a table, but is {config!r}")
        config = dict(config)
        kind = config.pop("type", None)
        if kind not in ("normal", "lognormal"):
            raise UserError(
                f"{name}: distribution type must be 'normal' or 'lognormal', but is {kind!r}"
            )
        if set(config) != {"mean", "std"}:
            raise UserError(f"{name}: a distribution has 'type', 'mean' and 'std'")
        mean = finite_float(config["mean"], f"{name}: the distribution's mean")
        std = finite_float(config["std"], f"{name}: the distribution's std")
        if std <= 0:
            raise UserError(f"{name}: the distribution's std must be positive, but is {std!r}")
        self._log = kind == "lognormal"
        if self._log and low <= 0:
            raise UserError(f"{name}: lognormal needs a positive range, but it begins at {low!r}")
        if scale == "log":
            raise UserError(f"{name}: give either a distribution or a log scale, not both")
        self._normal = NormalDist(mean, std)
        self._low, self._high = self._cdf(low), self._cdf(high)
        if self._high - self._low < 1e-9:
            raise UserError(f"{name}: the distribution has no mass inside the range")

    def _cdf(self, value: float) -> float:
        return self._normal.cdf(math.log(value) if self._log else value)

    def inverse(self, unit: float) -> float:
        """Return the value below which the share `unit` of the mass lies."""
        share = self._low + unit * (self._high - self._low)
        value = self._normal.inv_cdf(min(max(share, 1e-15), 1 - 1e-15))
        return math.exp(value) if self._log else value

    def share_below(self, value: float) -> float:
        """Return the share of the mass below `value`."""
        share = (self._cdf(value) - self._low) / (self._high - self._low)
        return min(max(share, 0.0), 1.0)
