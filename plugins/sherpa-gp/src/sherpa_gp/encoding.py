"""Configurations as rows of numbers: points of the unit cube, and the features a kernel sees.

A point holds one number per parameter, NaN where it is inactive. Discrete parameters stand on
their levels, so that the kernel sees what will be tried (Garrido-Merchan and Hernandez-Lobato
2020); those with many values count as continuous and are rounded when they are suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sherpa_core.parameters import Choice, Parameter
from sherpa_core.space import SearchSpace

Array = np.ndarray[Any, np.dtype[np.float64]]

#: A number with more values than this is continuous to the search.
MAX_LEVELS = 32
#: Two different values of a choice are at distance 1, like the two ends of a range.
_ONE_HOT = np.sqrt(0.5)


class Encoding:
    """The way from configurations to points and features, and back.

    Args:
        space: the search space.

    Attributes:
        space: the search space.
        levels: for each parameter its values' places in [0, 1] in their order; None where it
            is continuous.
        columns: for each feature the parameter it belongs to.
        continuous: the parameters without levels that no condition names.
        places: the features of the continuous parameters.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.levels = [_levels(parameter) for parameter in space]
        self._sizes = [len(each.range) if isinstance(each, Choice) else 0 for each in space]
        self.columns = np.repeat(np.arange(len(space)), np.maximum(self._sizes, 1))
        named = {other for parameter in space for other in parameter.when}
        smooth = [index for index, levels in enumerate(self.levels) if levels is None]
        self._decisive = [index for index in smooth if space[index].name in named]
        free = [index for index in smooth if index not in self._decisive]
        self.continuous = np.array(free, dtype=int)
        self.places = np.searchsorted(self.columns, self.continuous)
        index = {parameter.name: place for place, parameter in enumerate(space)}
        self._conditions = [
            (
                index[parameter.name],
                [
                    (index[other], [space.by_name[other].to_unit(value) for value in values])
                    for other, values in parameter.when.items()
                ],
            )
            for parameter in space.ordered
            if parameter.when
        ]

    def units(self, configurations: Iterable[Mapping[str, Any]]) -> Array:
        """Return the configurations' points."""
        points = [self.space.encode(configuration) for configuration in configurations]
        return np.reshape(points, (-1, len(self.space)))

    def decode(self, point: Array) -> dict[str, Any]:
        """Return the configuration at a point."""
        return self.space.decode(np.nan_to_num(point).tolist())

    def snap(self, points: Array) -> Array:
        """Return points of the cube with discrete values on their levels, NaN where inactive."""
        snapped = points.copy()
        for index, levels in enumerate(self.levels):
            if levels is not None:
                middles = (levels[1:] + levels[:-1]) / 2
                snapped[:, index] = levels[np.searchsorted(middles, points[:, index])]
        for index in self._decisive:
            parameter = self.space[index]
            found = map(parameter.from_unit, points[:, index].tolist())
            snapped[:, index] = [parameter.to_unit(value) for value in found]
        for index, condition in self._conditions:
            for other, values in condition:
                snapped[~np.isin(snapped[:, other], values), index] = np.nan
        return snapped

    def features(self, units: Array) -> Array:
        """Return what the kernel sees: choices one-hot, the inactive equally far from all."""
        columns = []
        for column, size in zip(units.T, self._sizes, strict=True):
            if size:
                columns.append((np.floor(column * size)[:, None] == np.arange(size)) * _ONE_HOT)
            else:
                columns.append(np.where(np.isnan(column), 0.5, column)[:, None])
        return np.concatenate(columns, axis=1)

    def drawn(self, count: int, rng: np.random.Generator) -> Array:
        """Return points of a Latin hypercube (McKay et al. 1979)."""
        shape = (count, len(self.space))
        strata = np.argsort(rng.random(shape), axis=0)
        return self.snap((strata + rng.random(shape)) / count)

    def varied(self, units: Array, reach: float, count: int, rng: np.random.Generator) -> Array:
        """Return `count` points near each given one: each differs in one or a few parameters.

        Args:
            units: the points to vary.
            reach: standard deviation of a number's step; a choice is drawn anew.
            count: number of points for each of them.
            rng: generator to draw from.
        """
        near = np.repeat(units, count, axis=0)
        shape = near.shape
        moved = rng.random(shape) < min(1.0, 2.0 / shape[1])
        moved[np.arange(shape[0]), (rng.random(shape[0]) * shape[1]).astype(int)] = True
        drawn = rng.random(shape)
        # the sum of three uniforms is nearly normal; its deviation is a half
        steps = 2.0 * reach * (rng.random(shape) + rng.random(shape) + rng.random(shape) - 1.5)
        anew = np.isnan(near) | (np.array(self._sizes) > 0)
        step = np.where(anew, drawn, np.clip(near + steps, 0.0, 1.0))
        return self.snap(np.where(moved | np.isnan(near), step, near))

    def neighbours(self, unit: Array) -> Array:
        """Return the points that differ from `unit` in the value of one discrete parameter."""
        found = [unit[None, :]]
        for index, levels in enumerate(self.levels):
            if levels is not None and not np.isnan(unit[index]):
                others = np.repeat(unit[None, :], len(levels), axis=0)
                others[:, index] = levels
                found.append(others[levels != unit[index]])
        points = np.concatenate(found)
        return self.snap(np.where(np.isnan(points), 0.5, points))


def _levels(parameter: Parameter) -> Array | None:
    """Return the places of a parameter's values, None where it counts as continuous."""
    if parameter.num_values > MAX_LEVELS:
        return None
    return np.unique([parameter.to_unit(value) for value in parameter.values])
