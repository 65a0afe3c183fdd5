"""Checks of single values: names, numbers, JSON; each raises one clear sentence."""

from __future__ import annotations

import json
import math
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.events import to_json

#: Columns of the results table, which no parameter or context value may be named after.
RESERVED = frozenset(
    ("Trial-ID", "Status", "Iteration", "Objective", "Failure", "Attempt", "Started", "Duration")
)


def check_name(name: object, what: str) -> str:
    """Return `name` if it can name a `what` ("parameter", "context value"), else raise."""
    if not isinstance(name, str) or not name:
        raise UserError(f"a {what}'s name must be a non-empty string, but is {name!r}")
    if name in RESERVED:
        raise UserError(f"a {what} cannot be named {name!r}: the results have such a column")
    return name


def finite_float(value: Any, what: str) -> float:
    """Return `value` as a finite float, or raise `UserError` that begins with `what`."""
    number = native(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise UserError(f"{what} must be a number, but is {value!r}")
    try:
        number = float(number)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UserError(f"{what} must be finite, but is {value!r}")
    return number


def whole_number(value: Any, what: str) -> int:
    """Return `value` as an int, or raise `UserError` that begins with `what`."""
    number = native(value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise UserError(f"{what} must be a whole number, but is {value!r}")
    return number


def native(value: Any) -> Any:
    """Return a NumPy scalar's plain value, anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () else value


def plain_json(name: str, value: Any) -> Any:
    """Return a value of a range as what its JSON gives back, so that a resume changes nothing."""
    try:
        plain: Any = json.loads(to_json(value))
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
    return plain
