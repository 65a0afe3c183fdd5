"""Hyperparameters: Continuous, Discrete, Ordinal and Choice, with their way to the unit interval.

Every parameter maps its values to [0, 1] and back (`to_unit`, `from_unit`): equal lengths of the
unit interval are equally likely a priori. Samplers and models alike work on that interval.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.events import to_json
from sherpa_core.numeric import Continuous, Discrete
from sherpa_core.parameter import TYPES, Parameter
from sherpa_core.values import plain_json

__all__ = ["TYPES", "Choice", "Continuous", "Discrete", "Ordinal", "Parameter"]


class _Listed(Parameter):
    """What Ordinal and Choice share: a list of JSON values."""

    def __init__(
        self, name: str, range: Sequence[Any], *, when: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(name, range, when=when)
        if not self.range:
            raise UserError(f"{name}: range must hold at least one value, but is empty")
        self.range = [plain_json(name, value) for value in self.range]
        self._index: dict[str, int] = {}
        for index, value in enumerate(self.range):
            if self._index.setdefault(to_json(value), index) != index:
                raise UserError(f"{name}: the value {value!r} stands twice in the range")
        self._strings = {value: i for i, value in enumerate(self.range) if type(value) is str}
        self._containers = any(isinstance(value, list | dict) for value in self.range)

    def from_unit(self, unit: float) -> Any:
        """Return the value at `unit` in [0, 1]."""
        value = self.range[min(int(unit * len(self.range)), len(self.range) - 1)]
        return copy.deepcopy(value) if self._containers else value

    def to_unit(self, value: Any) -> float:
        """Return the middle of the share of [0, 1] that gives `value`."""
        return (self.index(value) + 0.5) / len(self.range)

    def index(self, value: Any) -> int:
        """Return the place of `value` in the range, or raise `UserError`."""
        if type(value) is str and value in self._strings:
            return self._strings[value]
        index = self._index.get(to_json(value))
        if index is None:  # 1 and 1.0 are the same number, 1 and True are not the same value
            same = [
                place
                for place, known in enumerate(self.range)
                if known == value and isinstance(known, bool) == isinstance(value, bool)
            ]
            if not same:
                raise UserError(f"{self.name} must be one of {self.range!r}, but is {value!r}")
            index = same[0]
        return index

    def restore(self, value: Any) -> Any:
        """Return the very value of the range that equals `value`, or raise `UserError`."""
        value = self.range[self.index(value)]
        return copy.deepcopy(value) if self._containers else value

    @property
    def values(self) -> list[Any]:
        """All values in their order."""
        return copy.deepcopy(self.range)

    @property
    def num_values(self) -> float:
        """Number of values."""
        return len(self.range)


class Ordinal(_Listed):
    """Ordinal parameter: categories in an order, such as batch sizes 16, 32, 64.

    Args:
        name: the parameter name.
        range: the values in their order; anything that is JSON (tuples become lists).
        when: condition, see `Parameter`.

    Raises:
        UserError: wrong name or range.
    """

    type = "ordinal"


class Choice(_Listed):
    """Choice parameter: categories without an order, such as activation functions.

    Args:
        name: the parameter name.
        range: the values; anything that is JSON (tuples become lists).
        when: condition, see `Parameter`.

    Raises:
        UserError: wrong name or range.
    """

    type = "choice"
