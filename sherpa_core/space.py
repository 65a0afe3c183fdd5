"""The search space: which configurations there are, and their place in the unit cube."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.parameters import TYPES, Parameter

if TYPE_CHECKING:
    import numpy as np

Configuration = dict[str, Any]


class SearchSpace(Sequence[Parameter]):
    """The parameters of a study, in their given order. Old-style plugins read it as a list.

    Args:
        parameters: the parameters; at least one.

    Attributes:
        by_name: the parameters by their names.
        ordered: the parameters so that each comes after those its condition names.
        conditional: whether any parameter has a condition.

    Raises:
        UserError: no parameters, a name that stands twice, a condition on an unknown parameter
            or value, or conditions in a circle.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._parameters = tuple(parameters)
        for parameter in self._parameters:
            if not isinstance(parameter, Parameter):
                raise UserError(
                    f"parameters must be a list of Parameter objects, but holds {parameter!r:.80}"
                )
            if parameter.type not in TYPES:
                raise UserError(f"{parameter.name}: use one of {listed(TYPES)}, not {parameter!r}")
        if not self._parameters:
            raise UserError("a study needs at least one parameter, but the list is empty")
        self.by_name = {parameter.name: parameter for parameter in self._parameters}
        if len(self.by_name) < len(self._parameters):
            names = [parameter.name for parameter in self._parameters]
            twice = next(name for name in names if names.count(name) > 1)
            raise UserError(f"the parameter {twice!r} stands twice in the list")
        self.ordered = self._order()
        self._decoders = [
            (self._parameters.index(parameter), parameter.name, parameter.from_unit, parameter.when)
            for parameter in self.ordered
        ]
        self._restorers = [(each.name, each.restore, each.when) for each in self.ordered]
        self._type_restorers = [(each.name, each.restore_type, each.when) for each in self.ordered]
        self.conditional = any(parameter.when for parameter in self._parameters)

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Parameter]: ...
    def __getitem__(self, index: int | slice) -> Parameter | Sequence[Parameter]:
        return self._parameters[index]

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchSpace) and self._parameters == other._parameters

    def __hash__(self) -> int:
        return hash(self._parameters)

    def __repr__(self) -> str:
        return f"SearchSpace({list(self._parameters)!r})"

    @property
    def names(self) -> list[str]:
        """The parameters' names in order."""
        return list(self.by_name)

    @property
    def num_configurations(self) -> float:
        """Number of different configurations; infinity with a continuum.

        With conditions this is an upper bound.
        """
        return math.prod(parameter.num_values for parameter in self._parameters)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter called `name`, or raise `UserError`."""
        found = self.by_name.get(name)
        if found is None:
            hint = nearest(str(name), self.by_name)
            raise UserError(f"there is no parameter {name!r}{hint or f': {listed(self.by_name)}'}")
        return found

    def is_active(self, name: str, configuration: Mapping[str, Any]) -> bool:
        """Return whether the parameter's condition holds in `configuration`."""
        return _holds(self.by_name[name].when, configuration)

    def sample(self, rng: np.random.Generator) -> Configuration:
        """Return a random configuration; takes one uniform double per parameter from `rng`."""
        return self.decode(rng.random(len(self._parameters)).tolist())

    def decode(self, point: Sequence[float]) -> Configuration:
        """Return the configuration at a point of the unit cube.

        Args:
            point: one number in [0, 1] per parameter, in their order; those of inactive
                parameters are ignored.
        """
        if not self.conditional:
            return {name: from_unit(point[index]) for index, name, from_unit, _ in self._decoders}
        configuration: Configuration = {}
        for index, name, from_unit, when in self._decoders:
            if not when or _holds(when, configuration):
                configuration[name] = from_unit(point[index])
        return configuration

    def encode(self, configuration: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the configuration's point in the unit cube, shape (n,), NaN where inactive.

        Values outside of a range (a population may leave it) are placed at its ends.
        """
        import numpy as np

        point = np.full(len(self._parameters), np.nan)
        for index, parameter in enumerate(self._parameters):
            if parameter.name in configuration:
                point[index] = parameter.to_unit(configuration[parameter.name])
        clipped: np.ndarray[Any, np.dtype[np.float64]] = np.clip(point, 0.0, 1.0)
        return clipped

    def validate(self, configuration: Mapping[str, Any]) -> Configuration:
        """Return `configuration` with native values, or raise.

        Raises:
            UserError: an unknown, missing or inactive parameter, or a value out of its range.
        """
        if not isinstance(configuration, Mapping):
            raise UserError(f"a configuration must be a dict, but is {configuration!r:.80}")
        for name in configuration:
            if name not in self.by_name:
                raise UserError(f"{name!r} is not a parameter{nearest(str(name), self.by_name)}")
        valid = self.restore(configuration)
        for name in configuration:
            if name not in valid:
                raise UserError(
                    f"{name!r} is inactive unless {_words(self.by_name[name].when)}, "
                    f"but has the value {configuration[name]!r}"
                )
        return valid

    def restore(self, configuration: Mapping[str, Any], strict: bool = True) -> Configuration:
        """Return the active parameters of `configuration` with native values, and no other keys.

        Args:
            configuration: values by name.
            strict: False takes numbers outside of their ranges as they are.

        Raises:
            UserError: an active parameter has no value, or a wrong one.
        """
        valid: Configuration = {}
        try:
            for name, restore, when in self._restorers if strict else self._type_restorers:
                if not when or _holds(when, valid):
                    valid[name] = restore(configuration[name])
        except KeyError:
            raise UserError(f"the parameter {name!r} has no value") from None
        return valid

    def to_list(self) -> list[dict[str, Any]]:
        """Return the parameters' configurations, as `from_list` takes them."""
        return [parameter.to_dict() for parameter in self._parameters]

    @classmethod
    def from_list(cls, configs: Iterable[Mapping[str, Any]]) -> SearchSpace:
        """Return the space of a list of parameter configurations (see `Parameter.from_dict`)."""
        return cls(Parameter.from_dict(config) for config in configs)

    def _order(self) -> list[Parameter]:
        """Return the parameters so that each comes after those its condition names."""
        ordered: list[Parameter] = []
        done: set[str] = set()
        for parameter in self._parameters:
            for other, values in parameter.when.items():
                parent = self.by_name.get(other)
                if parent is None:
                    raise UserError(
                        f"{parameter.name}: the condition names {other!r}, which is not a "
                        f"parameter{nearest(str(other), self.by_name)}"
                    )
                for value in values:
                    try:
                        parent.restore(value)
                    except UserError as error:
                        raise UserError(f"{parameter.name}: in its condition {error}") from None
        waiting = list(self._parameters)
        while waiting:
            ready = [each for each in waiting if done.issuperset(each.when)]
            if not ready:
                names = listed(each.name for each in waiting)
                raise UserError(f"the conditions of {names} form a circle")
            ordered += ready
            done.update(each.name for each in ready)
            waiting = [each for each in waiting if each.name not in done]
        return ordered


def _holds(when: Mapping[str, list[Any]], configuration: Mapping[str, Any]) -> bool:
    """Return whether every entry of a condition holds."""
    for other, values in when.items():
        if other not in configuration:
            return False
        value = configuration[other]
        if not any(
            value == each and isinstance(value, bool) is isinstance(each, bool) for each in values
        ):
            return False
    return True


def _words(when: Mapping[str, list[Any]]) -> str:
    return " and ".join(
        f"{other} is {' or '.join(repr(value) for value in values)}"
        for other, values in when.items()
    )
