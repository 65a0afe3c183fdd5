"""GridSearch: every combination of a few values per parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Continuous,
    Discrete,
    History,
    Parameter,
    SearchSpace,
    Suggestion,
    option,
)


@attrs.define(eq=False)
class GridSearch(Algorithm):
    """Evaluates every combination of grid points, the last parameter varying fastest.

    Continuous and discrete parameters contribute evenly spaced points (in log space on a log
    scale) inside of their range: [1, 2] with two points gives 1⅓ and 1⅔. Discrete ones are
    rounded and equal points taken once. Ordinal and choice parameters contribute all values.
    Parameters that are inactive under a combination are not varied.

    Args:
        num_grid_points: number of points of each continuous or discrete parameter.
        include_endpoints: whether the two ends of a range are points of the grid.

    Raises:
        ValueError: fewer than 1 point, or fewer than 2 with endpoints.
    """

    contract: ClassVar[Mapping[str, Any]] = {"finite": True}

    num_grid_points: int = option(
        "number of points of each continuous or discrete parameter",
        default=2,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)],
    )
    include_endpoints: bool = option(
        "whether the two ends of a range belong to the grid",
        default=False,
        validator=attrs.validators.instance_of(bool),
    )

    def __attrs_post_init__(self) -> None:
        if self.include_endpoints and self.num_grid_points < 2:
            raise ValueError(
                f"num_grid_points must be at least 2 with endpoints, but is {self.num_grid_points}"
            )

    def get_suggestion(
        self, parameters: SearchSpace, history: History
    ) -> Suggestion | AlgorithmState:
        """Return the combination behind the last one, DONE after the last."""
        axes = history.cached(self, lambda: [self.points(each) for each in parameters.ordered])
        index = self._next_index(history)
        size = math.prod(len(axis) for axis in axes)
        while index < size:
            configuration, repeats = self._combination(parameters, axes, index)
            if not repeats:
                return Suggestion(configuration, metadata={"index": index})
            index += repeats - index % repeats  # leap over all that differ in it only
        return AlgorithmState.DONE

    @staticmethod
    def _next_index(history: History) -> int:
        if not history.num_own:
            return 0
        own = (trial for trial in reversed(history.trials.values()) if history.is_own(trial))
        return int(next(own).metadata.get("index", history.num_own - 1)) + 1

    @staticmethod
    def _combination(
        parameters: SearchSpace, axes: list[list[Any]], index: int
    ) -> tuple[dict[str, Any], int]:
        """Return combination `index`, and 0 or how many from a multiple of it on equal another.

        Combinations that differ only in inactive parameters are the same; the one in which
        those stand at their first point counts.
        """
        configuration: dict[str, Any] = {}
        below = math.prod(len(axis) for axis in axes)
        for parameter, axis in zip(parameters.ordered, axes, strict=True):
            block, below = below, below // len(axis)
            digit = index // below % len(axis)
            if parameters.is_active(parameter.name, configuration):
                configuration[parameter.name] = axis[digit]
            elif digit:
                return configuration, block
        return configuration, 0

    def points(self, parameter: Parameter) -> list[Any]:
        """Return the grid points of one parameter, in order."""
        count = self.num_grid_points
        if self.include_endpoints:
            units = [place / (count - 1) for place in range(count)]
        else:
            units = [(place + 1) / (count + 1) for place in range(count)]
        values: list[float]
        if isinstance(parameter, Discrete):
            values = [self._round(parameter, unit) for unit in units]
        elif isinstance(parameter, Continuous):
            values = [parameter.from_unit(unit) for unit in units]
        else:
            return list(parameter.range)
        return list(dict.fromkeys(values))

    @staticmethod
    def _round(parameter: Discrete, unit: float) -> int:
        low, high, step = parameter.low, parameter.high, parameter.step or 1
        if parameter.distribution:
            return parameter.from_unit(unit)
        if parameter.scale == "log":
            value = math.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
        else:
            value = low + unit * (high - low)
        last = (high - low) // step
        return int(low + min(math.floor((value - low) / step + 0.5), last) * step)
