"""Columns: points of the unit cube as rows of numbers, and what stands in which column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sherpa_core.parameters import Choice, Parameter
from sherpa_core.space import SearchSpace

Array = np.ndarray[Any, np.dtype[np.float64]]


class Columns:
    """Some of a space's parameters, one column each.

    Args:
        space: the search space.
        parameters: those that have a column. Default: all, in the space's order.

    Attributes:
        space: the search space.
        sizes: number of values of each choice, 1 for what is no choice.
        numeric: which columns are places in a range, not values of a choice.
        grains: the share of the range that one value has, 0 for a continuum.
    """

    def __init__(self, space: SearchSpace, parameters: Iterable[Parameter] | None = None) -> None:
        self.space = space
        self._parameters = list(space if parameters is None else parameters)
        sizes = [len(each.range) if isinstance(each, Choice) else 1 for each in self._parameters]
        self.sizes = np.array(sizes, dtype=float)
        self.numeric = np.array([not isinstance(each, Choice) for each in self._parameters])
        self.grains = np.array([1.0 / each.num_values for each in self._parameters])
        self._whole = len(self._parameters) == len(space)
        self._stepped = [
            (column, parameter)
            for column, parameter in enumerate(self._parameters)
            if parameter.num_values < math.inf
        ]

    def __len__(self) -> int:
        return len(self._parameters)

    def points(self, configurations: Iterable[Mapping[str, Any]]) -> Array:
        """Return the configurations' rows over all parameters, NaN where inactive."""
        rows = [self.space.encode(configuration) for configuration in configurations]
        return np.reshape(rows, (-1, len(self.space)))

    def snapped(self, points: Array) -> Array:
        """Return the rows of the configurations that any rows of the unit cube stand for."""
        if self._whole and self.space.conditional:
            return self.points(self.space.decode(point) for point in points.tolist())
        for column, parameter in self._stepped:
            units = points[:, column].tolist()
            points[:, column] = [parameter.to_unit(parameter.from_unit(unit)) for unit in units]
        return points
