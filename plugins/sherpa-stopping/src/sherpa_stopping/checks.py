"""Checks of options that the rules share."""

from __future__ import annotations

import math
from typing import Any


def not_nan(instance: object, attribute: Any, value: float | None) -> None:
    """Raise `ValueError` for NaN: no objective is above it, and none below."""
    if value is not None and math.isnan(value):
        raise ValueError(f"{attribute.name} must be a number, but is {value!r}")
