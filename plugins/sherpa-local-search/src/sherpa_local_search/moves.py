"""Moves: the configurations that differ from a given one in one parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sherpa_core import Continuous, Discrete, Ordinal, Parameter, SearchSpace

Configuration = dict[str, Any]


def moves(
    space: SearchSpace,
    configuration: Mapping[str, Any],
    factors: Sequence[float],
    seed: Mapping[str, Any],
) -> list[Configuration]:
    """Return the neighbours of a configuration, in the order of the parameters.

    Args:
        space: the search space.
        configuration: where to start from.
        factors: what numbers are multiplied by.
        seed: values of parameters that a changed choice makes active; others get the middle of
            their range.
    """
    found = []
    for parameter in space:
        if parameter.name in configuration:
            for value in _values(parameter, configuration[parameter.name], factors):
                found.append(_changed(space, configuration, parameter.name, value, seed))
    return found


def _values(parameter: Parameter, value: Any, factors: Sequence[float]) -> list[Any]:
    """Return the values next to `value`, without itself."""
    if isinstance(parameter, Discrete):
        values: list[Any] = [_step(parameter, value, factor) for factor in factors]
    elif isinstance(parameter, Continuous):
        values = [_scale(parameter, value, factor) for factor in factors]
    elif isinstance(parameter, Ordinal):
        index = parameter.index(value)
        values = parameter.range[max(index - 1, 0) : index] + parameter.range[index + 1 : index + 2]
    else:
        index = parameter.index(value)  # type: ignore[attr-defined]
        values = parameter.range[:index] + parameter.range[index + 1 :]
    different: list[Any] = []
    for each in values:
        if each != value and each not in different:
            different.append(each)
    return different


def _scale(parameter: Continuous, value: float, factor: float) -> float:
    # Multiplying leaves 0 where it is: it moves by a part of the range instead.
    moved = value * factor if value else (factor - 1) * (parameter.high - parameter.low)
    if parameter.step is not None:
        steps = round((moved - value) / parameter.step) or (1 if factor > 1 else -1)
        moved = parameter.from_unit(parameter.to_unit(value + steps * parameter.step))
    return float(min(max(moved, parameter.low), parameter.high))


def _step(parameter: Discrete, value: int, factor: float) -> int:
    step = parameter.step or 1
    moved = value * factor if value else (factor - 1) * (parameter.high - parameter.low)
    steps = round((moved - value) / step)
    if steps == 0:
        steps = 1 if factor > 1 else -1
    last = (parameter.high - parameter.low) // step
    index = (value - parameter.low) // step + steps
    return int(parameter.low + min(max(index, 0), last) * step)


def _changed(
    space: SearchSpace,
    configuration: Mapping[str, Any],
    name: str,
    value: Any,
    seed: Mapping[str, Any],
) -> Configuration:
    """Return a copy with one value changed, and with the parameters that are active then."""
    changed: Configuration = {}
    for parameter in space.ordered:
        each = parameter.name
        if not space.is_active(each, changed):
            continue
        if each == name:
            changed[each] = value
        elif each in configuration:
            changed[each] = configuration[each]
        else:
            changed[each] = seed.get(each, parameter.from_unit(0.5))
    return changed
