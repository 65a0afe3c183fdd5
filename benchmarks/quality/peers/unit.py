"""Numbers in [0, 1] for parameters, for libraries without scales or whole numbers of their own."""

from __future__ import annotations

import math
from typing import Any

FEW = 20  # whole numbers up to so many values are told as such


def ends(given: dict[str, Any]) -> tuple[float, float]:
    """Return the ends of a number's range on its scale.

    Those of many whole numbers are half a step wider: all values are alike in share.
    """
    margin = 0.5 if given["kind"] == "int" and given["high"] - given["low"] >= FEW else 0.0
    low, high = given["low"] - margin, given["high"] + margin
    return (math.log(low), math.log(high)) if given["log"] else (low, high)


def steps(given: dict[str, Any]) -> list[float] | None:
    """Return the places of the values in [0, 1] where they are few, None where they are many."""
    if given["kind"] != "int" or given["high"] - given["low"] >= FEW:
        return None
    low, high = ends(given)
    places = range(given["low"], given["high"] + 1)
    return [((math.log(value) if given["log"] else value) - low) / (high - low) for value in places]


def value_at(given: dict[str, Any], place: float) -> Any:
    """Return a number's value at a place in [0, 1]."""
    low, high = ends(given)
    scaled = low + min(max(place, 0.0), 1.0) * (high - low)
    value = math.exp(scaled) if given["log"] else scaled
    if given["kind"] == "int":
        value = round(value)
    return min(max(value, given["low"]), given["high"])
