"""Checks of options that the rules share."""

from __future__ import annotations

import math
from typing import Any

import attrs

#: The validators of a number of things that there must be one of.
count = [attrs.validators.instance_of(int), attrs.validators.ge(1)]


def not_nan(instance: object, attribute: Any, value: float | None) -> None:
    """Raise `ValueError` for NaN: no objective is above it, and none below."""
    if value is not None and math.isnan(value):
        raise ValueError(f"{attribute.name} must be a number, but is {value!r}")
