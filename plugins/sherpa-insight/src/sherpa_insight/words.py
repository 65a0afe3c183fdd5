"""Words for numbers, values and ranges, and new ranges that people would write."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.events import to_json
from sherpa_core.numeric import Number
from sherpa_core.parameters import Parameter


def number(value: float) -> str:
    """Return a number with three significant digits."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1_000_000:
        return f"{int(value):,}"
    return f"{value:.3g}"


def value_text(value: Any) -> str:
    """Return a parameter's value: `0.012`, `relu`, `[16,32]`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return value if isinstance(value, str) else to_json(value)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def share(part: int, whole: int) -> str:
    """Return `7 of 12`, `all 12` or `none of 12`."""
    if part == whole > 0:
        return f"all {whole:,}"
    return f"{part:,} of {whole:,}" if part else f"none of {whole:,}"


def sentence(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def percent(value: float) -> str:
    """Return a share as `12 %`."""
    return f"{100 * value:.0f} %"


def counted(number_: int, word: str = "trial") -> str:
    """Return `1 trial`, `12 trials`."""
    return f"{number_:,} {word}{'' if number_ == 1 else 's'}"


def at(parameter: Parameter, place: float) -> Any:
    """Return the value at a place from 0 to 1 of a parameter's range."""
    return parameter.from_unit(min(max(place, 0.0), 1.0))


def between(parameter: Number, low: float, high: float) -> Parameter | None:
    """Return the parameter narrowed to two places of its range, at round numbers outside of them.

    None where that would be the same range, or none at all.
    """
    ends = [
        _rounded(at(parameter, low), at(parameter, low) - at(parameter, high), math.floor),
        _rounded(at(parameter, high), at(parameter, low) - at(parameter, high), math.ceil),
    ]
    first, last = max(parameter.low, ends[0]), min(parameter.high, ends[1])
    return ranged(parameter, first, last)


def ranged(parameter: Number, low: float, high: float) -> Parameter | None:
    """Return the parameter with other ends, None where it would be the same or none."""
    if parameter.type == "discrete":
        low, high = math.floor(low), math.ceil(high)
    if parameter.step is not None:  # the values stay those of the old steps
        steps = [(end - parameter.low) / parameter.step for end in (low, high)]
        low = parameter.low + parameter.step * math.floor(steps[0] + 1e-9)
        high = parameter.low + parameter.step * math.ceil(steps[1] - 1e-9)
        if isinstance(parameter.low, float):
            low, high = (float(f"{end:.12g}") for end in (low, high))
    if [low, high] == parameter.range or low >= high:
        return None
    config = {**parameter.to_dict(), "range": [low, high]}
    try:
        return Parameter.from_dict(config)
    except UserError:
        config.pop("distribution", None)  # a prior of which too little is left
        return Parameter.from_dict(config)


def kept(parameter: Parameter, indices: Sequence[int]) -> Parameter | None:
    """Return a listed parameter with some of its values, None where these are all."""
    if not indices or len(set(indices)) == len(parameter.range):
        return None
    return Parameter.from_dict(
        {**parameter.to_dict(), "range": [parameter.range[each] for each in sorted(set(indices))]}
    )


def fixed(parameter: Parameter, value: Any) -> Parameter:
    """Return a parameter that has only one value: programs still find it in their trials."""
    config = {"name": parameter.name, "type": "choice", "range": [value]}
    return Parameter.from_dict({**config, **({"when": parameter.when} if parameter.when else {})})


def change_text(parameter: Parameter) -> str:
    """Return a new range for people: `lr from 0.001 to 0.1`, `act = relu or tanh`."""
    joint = "from" if isinstance(parameter, Number) else "="
    return f"{parameter.name} {joint} {range_text(parameter)}"


def range_text(parameter: Parameter) -> str:
    """Return a parameter's range: `0.001 to 0.1`, or its values."""
    if isinstance(parameter, Number):
        return f"{number(parameter.low)} to {number(parameter.high)}"
    return listed((value_text(value) for value in parameter.range), "or")


def _rounded(value: float, span: float, way: Any) -> float:
    """Return a value with two digits, and as many as its distance to the other end needs."""
    if value == 0:
        return 0.0
    digits = 1 - math.floor(math.log10(min(abs(value), abs(span) or abs(value))))
    scale = 10.0 ** min(digits, 300)
    return float(f"{way(value * scale) / scale:.12g}")
