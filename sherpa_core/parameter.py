"""Parameter: what all hyperparameters share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar

from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.values import check_name, plain_json

if TYPE_CHECKING:
    import numpy as np

#: The generator that `Parameter.sample()` uses inside an ask when none is given.
current_rng: ContextVar[np.random.Generator | None] = ContextVar("current_rng", default=None)

#: The types of parameters by the names that configurations give them.
TYPES: dict[str, Any] = {}


class Parameter:
    """Defines a hyperparameter with a name, a type and a range.

    Args:
        name: the parameter name.
        range: `[low, high]`, or the possible values.
        when: the condition under which the parameter is active: `{other: [values]}`. All entries
            must hold, and the other parameters must be active themselves. Default: always.

    Raises:
        UserError: wrong name, range or condition.
    """

    type: ClassVar[str] = ""
    extras: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        if "type" in vars(cls):
            TYPES[cls.type] = cls

    def __init__(
        self, name: str, range: Sequence[Any], *, when: Mapping[str, Any] | None = None
    ) -> None:
        self.name = check_name(name, "parameter")
        try:
            values = None if isinstance(range, str | bytes | Mapping) else _in_order(range)
        except TypeError:
            values = None
        if values is None:
            raise UserError(f"{name}: range must be a list, but is {range!r}")
        self.range: list[Any] = values
        self.when = _check_condition(name, when)

    def sample(self, rng: np.random.Generator | None = None) -> Any:
        """Return a random value.

        Args:
            rng: generator to draw from. Default: inside an ask the trial's, else a fresh one.
        """
        rng = rng or current_rng.get()
        if rng is None:
            from numpy.random import default_rng

            rng = default_rng()
        return self.from_unit(rng.random())

    def from_unit(self, unit: float) -> Any:
        """Return the value at `unit` in [0, 1]; 0 and 1 give the two ends."""
        raise NotImplementedError

    def to_unit(self, value: Any) -> float:
        """Return where `value` lies in [0, 1], for discrete values the middle of their share."""
        raise NotImplementedError

    def restore(self, value: Any) -> Any:
        """Return `value` as this parameter's own native value, or raise `UserError`."""
        raise NotImplementedError

    def restore_type(self, value: Any) -> Any:
        """Return `value` as a native value, for numbers also one outside of the range."""
        return self.restore(value)

    @property
    def num_values(self) -> float:
        """Number of different values, infinity for a continuum."""
        raise NotImplementedError

    @property
    def values(self) -> list[Any]:
        """All different values in their order, empty for a continuum."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration that `from_dict` takes."""
        config: dict[str, Any] = {"name": self.name, "type": self.type, "range": list(self.range)}
        if self.when:
            config["when"] = {name: list(values) for name, values in self.when.items()}
        return config

    def __repr__(self) -> str:
        config = self.to_dict()
        del config["type"]
        inner = ", ".join(f"{name}={value!r}" for name, value in config.items())
        return f"{type(self).__name__}({inner})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parameter) and self._text() == other._text()

    def _text(self) -> str:
        return json.dumps(self.to_dict(), sort_keys=True)  # tells 1 from True, finds NaN equal

    def __hash__(self) -> int:
        return hash((self.type, self.name))

    @staticmethod
    def from_dict(config: Mapping[str, Any]) -> Parameter:
        """Return the parameter that `config` describes.

        Args:
            config: `{'name': ..., 'type': 'continuous' | 'discrete' | 'ordinal' | 'choice',
                'range': [...]}` and, where the type knows them, `scale`, `step`,
                `distribution`, `when`.

        Raises:
            UserError: an unknown type or key, or wrong values.
        """
        if not isinstance(config, Mapping):
            raise UserError(f"a parameter must be a table, but is {config!r}")
        options = dict(config)
        if "type" not in options:
            raise UserError(f"a parameter needs a 'type': one of {listed(TYPES)}")
        kind = options.pop("type")
        cls = TYPES.get(kind) if isinstance(kind, str) else None
        if cls is None:
            hint = nearest(str(kind), TYPES)
            raise UserError(f"type must be one of {listed(TYPES)}, but is {kind!r}{hint}")
        allowed = ("name", "range", "when", *(cls.extras))
        for key in options:
            if key not in allowed:
                hint = nearest(key, allowed)
                raise UserError(f"{key!r} is not an option of a {kind} parameter{hint}")
        for key in ("name", "range"):
            if key not in options:
                raise UserError(f"a parameter needs a {key!r}, but has only {listed(options)}")
        parameter: Parameter = cls(**options)
        return parameter

    @staticmethod
    def grid(parameter_grid: Mapping[str, Sequence[Any]]) -> list[Parameter]:
        """Return a `Choice` for each entry of `{'a': [a1, a2, ...], 'b': [b1, ...]}`."""
        if not isinstance(parameter_grid, Mapping):
            raise UserError(f"a grid must be {{name: [values]}}, but is {parameter_grid!r}")
        return [TYPES["choice"](name, values) for name, values in parameter_grid.items()]


def _in_order(values: Any) -> list[Any]:
    """Return values as a list; those of a set in the same order in every process."""
    return sorted(values, key=repr) if isinstance(values, set | frozenset) else list(values)


def _check_condition(name: str, when: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    if when is None:
        return {}
    if not isinstance(when, Mapping):
        raise UserError(f"{name}: when must be {{parameter: [values]}}, but is {when!r}")
    condition = {}
    for other, values in when.items():
        several = isinstance(values, list | tuple | set | frozenset)
        values = _in_order(values) if several else [values]
        if not values:
            raise UserError(f"{name}: when needs at least one value of {other!r}")
        condition[other] = [plain_json(name, value) for value in values]
    return condition
