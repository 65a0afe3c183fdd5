"""How the parameters of a space stand in the library's optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np
from cmaes import CatCMAwM

from sherpa_core.parameters import Choice
from sherpa_core.space import SearchSpace

Array = np.ndarray[Any, np.dtype[np.float64]]

#: A parameter of more values than this counts as continuous, and is rounded.
MOST_LEVELS = 100
#: The first distribution's standard deviation, as a share of the range.
SPREAD = 1 / 6


class Layout:
    """The unit cube's columns as the optimizer's continuous, stepped and listed variables.

    Parameters with a condition are variables like the others; where they are inactive their
    values are drawn and not used. Those with one value are none.

    Args:
        space: the search space.

    Attributes:
        numbers: the columns of numbers, the continuous ones before the stepped ones.
        lists: where the values lie in each column that has no order, or two values only.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.lists: dict[int, Array] = {}
        self._steps: dict[int, Array] = {}
        continuous = []
        for column, parameter in enumerate(space):
            is_choice = isinstance(parameter, Choice)
            if parameter.num_values > MOST_LEVELS and not is_choice:
                continuous.append(column)
                continue
            levels = np.unique([parameter.to_unit(value) for value in parameter.values])
            if len(levels) == 2 or (is_choice and len(levels) > 2):  # as the library advises
                self.lists[column] = levels
            elif len(levels) > 2:
                self._steps[column] = levels
        self._num_continuous = len(continuous)
        self._widest = max(map(len, self.lists.values()), default=0)
        self.numbers = [*continuous, *self._steps]

    @property
    def is_empty(self) -> bool:
        """Whether there is one configuration only."""
        return not self.numbers and not self.lists

    def optimizer(
        self, population_size: int | None, center: Array, covariance: Array, shares: list[Array]
    ) -> CatCMAwM:
        """Return a new optimizer.

        Args:
            population_size: number of results of a generation, None for the library's default.
            center: the distribution's mean over the numbers.
            covariance: its covariance.
            shares: the probabilities of the values of each list.
        """
        padded = [np.pad(share, (0, self._widest - len(share))) for share in shares]
        return CatCMAwM(
            x_space=[[0.0, 1.0]] * self._num_continuous or None,
            z_space=list(self._steps.values()) or None,
            c_space=[len(levels) for levels in self.lists.values()] or None,
            population_size=population_size,
            mean=center,
            cov=covariance,
            cat_param=np.array(padded) if padded else None,
        )

    def center(self) -> Array:
        """Return the middle of the space."""
        return np.full(len(self.numbers), 0.5)

    def covariance(self) -> Array:
        """Return the covariance to begin with where nothing is known."""
        return np.eye(len(self.numbers)) * SPREAD**2

    def shares(self) -> list[Array]:
        """Return equal probabilities for the values of each list."""
        return [np.full(len(levels), 1.0 / len(levels)) for levels in self.lists.values()]

    def configuration(self, solution: CatCMAwM.Solution) -> dict[str, Any]:
        """Return the configuration of what the optimizer suggests."""
        point = np.full(len(self.space), 0.5)
        parts = [part for part in (solution.x, solution.z) if part is not None]
        point[self.numbers] = np.concatenate(parts) if parts else []
        if solution.c is not None:
            for (column, levels), hot in zip(self.lists.items(), solution.c, strict=True):
                point[column] = levels[hot.argmax()]
        return self.space.decode(point.tolist())

    def drawn(self, solution: CatCMAwM.Solution) -> dict[str, Any]:
        """Return what makes the suggestion again, as JSON.

        That is its numbers as they were drawn, before they were rounded and clipped, and the
        places of its values in their lists.
        """
        raw = solution._v_raw if self.numbers else ()
        hot = solution.c if self.lists else ()
        return {
            "numbers": [float(value) for value in raw],
            "places": [int(row.argmax()) for row in hot],
        }

    def solution(self, numbers: list[float], places: list[int]) -> CatCMAwM.Solution:
        """Return the suggestion that `drawn` told of."""
        hot = np.zeros((len(self.lists), self._widest), dtype=bool)
        hot[np.arange(len(places)), places] = True
        return CatCMAwM.Solution(c=hot, _v_raw=np.array(numbers))

    def fits(self, numbers: list[float], places: list[int]) -> bool:
        """Return whether this layout's optimizer may have suggested it."""
        return len(numbers) == len(self.numbers) and len(places) == len(self.lists)
