"""Slices: the objective against each parameter, averaged over all others, and where it is best."""

from __future__ import annotations

from typing import Any

import numpy as np

from sherpa_core.parameters import Parameter
from sherpa_insight.forest import Effects
from sherpa_insight.measure import Floats
from sherpa_insight.regions import Region
from sherpa_insight.table import Table, is_listed
from sherpa_insight.words import at

_NEAR = 0.15  # of the curve's height above its best: as good as the best


def slices(table: Table, effects: Effects) -> list[dict[str, Any]]:
    """Return one slice for each parameter as values of JSON, in the order of the space.

    Each holds `name`, `places` (values, or indices of categories), at these the `mean` objective
    and the middle 80 % of the trees (`low` to `high`), and `best`: the best region as `low` and
    `high` or `labels` (indices) with `words`, None for a parameter without effect.
    """
    return [_slice(parameter, effects, column) for column, parameter in enumerate(table.space)]


def _slice(parameter: Parameter, effects: Effects, column: int) -> dict[str, Any]:
    curves, grid = effects.slices[column], effects.grids[column]
    low, high = np.quantile(curves, [0.1, 0.9], axis=0)
    mean = curves.mean(axis=0)
    bounds = [effects.measure.objective(each) for each in (low, high)]
    listed = is_listed(parameter)
    places = range(len(grid)) if listed else [at(parameter, float(place)) for place in grid]
    return {
        "name": parameter.name,
        "places": [place if listed else float(place) for place in places],
        "mean": effects.measure.objective(mean).tolist(),
        "low": np.minimum(*bounds).tolist(),
        "high": np.maximum(*bounds).tolist(),
        "best": _best(parameter, grid, mean) if effects.has_effect(column) else None,
    }


def _best(parameter: Parameter, grid: Floats, mean: Floats) -> dict[str, Any]:
    """Return the region around the lowest place in which the curve is nearly as low."""
    lowest = int(np.argmin(mean))
    near = mean <= mean[lowest] + _NEAR * np.ptp(mean)
    if is_listed(parameter):
        region = Region(parameter, indices=tuple(np.flatnonzero(near).tolist()))
        return {"labels": list(region.indices), "words": f"best: {region.words}"}
    first = last = lowest
    while first > 0 and near[first - 1]:
        first -= 1
    while last < len(grid) - 1 and near[last + 1]:
        last += 1
    region = Region(parameter, low=float(grid[first]), high=float(grid[last]))
    low, high = region.ends
    return {"low": low, "high": high, "words": f"best: {region.words}"}
