"""Configurations as rows of numbers: the unit cube, and the features that a model learns from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sherpa_core.parameters import Choice
from sherpa_core.space import SearchSpace

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Two different values of a choice are at distance 1, like the two ends of a range.
_ONE_HOT = np.sqrt(0.5)


class Encoding:
    """The way from configurations to features and back.

    Args:
        space: the search space.

    Attributes:
        space: the search space.
        numeric: the features that are places in a range, not values of a choice.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._choices = [
            len(parameter.range) if isinstance(parameter, Choice) else 0 for parameter in space
        ]
        self.numeric: list[int] = []
        place = 0
        for size in self._choices:
            if not size:
                self.numeric.append(place)
            place += size or 1

    def units(self, configurations: Iterable[Mapping[str, Any]]) -> Array:
        """Return the configurations' points in the unit cube, NaN where inactive."""
        points = [self.space.encode(configuration) for configuration in configurations]
        return np.reshape(points, (-1, len(self.space)))

    def snap(self, points: Array) -> Array:
        """Return the points of the configurations that any points of the unit cube stand for."""
        return self.units(self.space.decode(point) for point in points.tolist())

    def features(self, units: Array) -> Array:
        """Return what a model sees: numbers in the middle where inactive, choices one-hot."""
        columns = []
        for column, size in zip(units.T, self._choices, strict=True):
            if size:
                hot = np.floor(column * size)[:, None] == np.arange(size)
                columns.append(hot * _ONE_HOT)
            else:
                columns.append(np.where(np.isnan(column), 0.5, column)[:, None])
        return np.concatenate(columns, axis=1)

    def vary(self, points: Array, reach: float, rng: np.random.Generator) -> Array:
        """Return points near the given ones: each differs in one or some of its numbers.

        Args:
            points: points of the unit cube.
            reach: how far a number may move; a choice is drawn anew.
            rng: generator to draw from.
        """
        shape = points.shape
        moved = rng.random(shape) < 1.0 / min(shape[1], 3)
        moved[np.arange(shape[0]), (rng.random(shape[0]) * shape[1]).astype(int)] = True
        drawn = rng.random(shape)
        step = reach * (drawn + rng.random(shape) - 1.0)
        # what was inactive may become active: it is drawn anew
        anew = np.isnan(points) | (np.array(self._choices) > 0)
        near = np.where(anew, drawn, np.clip(np.nan_to_num(points) + step, 0.0, 1.0))
        return np.where(moved | np.isnan(points), near, points)

    def neighbours(self, units: Array, parameter: int, reach: float) -> Array:
        """Return the points with one parameter moved, a choice to its next value."""
        near = units.copy()
        column, size = units[:, parameter], self._choices[parameter]
        if size:
            near[:, parameter] = (column + 1.0 / size) % 1.0
        else:
            near[:, parameter] = np.where(column > 0.5, column - reach, column + reach)
        return near
