"""Perturbation: small changes of a configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sherpa_core import Continuous, Discrete, Ordinal, Parameter, SearchSpace


def perturb(
    space: SearchSpace,
    configuration: Mapping[str, Any],
    ranges: Mapping[str, Sequence[float]],
    factors: Sequence[float],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return a changed copy of a configuration.

    Numbers are multiplied by one of the factors and kept within their range, ordinals move to a
    neighbour, choices are drawn anew; parameters that become active are sampled.

    Args:
        space: the search space.
        configuration: values by name.
        ranges: bounds by name that replace the declared ones.
        factors: what numbers are multiplied by, one at a time.
        rng: generator; two numbers are drawn for each parameter.
    """
    changed: dict[str, Any] = {}
    draws = rng.random(2 * len(space)).tolist()
    for place, parameter in enumerate(space.ordered):
        name = parameter.name
        if not space.is_active(name, changed):
            continue
        first, second = draws[2 * place], draws[2 * place + 1]
        if name in configuration:
            bounds = ranges.get(name)
            factor = factors[int(first * len(factors))]
            changed[name] = _perturb_one(parameter, configuration[name], bounds, factor, second)
        else:
            changed[name] = parameter.from_unit(second)
    return changed


def _perturb_one(
    parameter: Parameter, value: Any, bounds: Sequence[float] | None, factor: float, draw: float
) -> Any:
    if isinstance(parameter, Continuous | Discrete):
        low, high = bounds or (parameter.low, parameter.high)
        moved = min(max(value * factor, low), high)
        if isinstance(parameter, Discrete):
            return _on_grid(moved, parameter.low, parameter.step or 1, low, high)
        if parameter.step is not None:
            moved = _on_grid(moved, parameter.low, parameter.step, low, high)
        return float(moved)
    if isinstance(parameter, Ordinal):
        index = parameter.index(value)
        neighbours = [each for each in (index - 1, index + 1) if 0 <= each < len(parameter.range)]
        return parameter.range[neighbours[int(draw * len(neighbours))]] if neighbours else value
    return parameter.from_unit(draw)


def _on_grid(value: float, start: float, step: float, low: float, high: float) -> float:
    """Return the value start + n·step (n whole) in [low, high] that is next to `value`."""
    first, last = math.ceil((low - start) / step - 1e-9), math.floor((high - start) / step + 1e-9)
    index = min(max(round((value - start) / step), first), max(first, last))
    return start + index * step if isinstance(step, int) else float(f"{start + index * step:.12g}")
