"""Checks of single values: names, numbers, JSON; each raises one clear sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.events import MAX_EVENT_SIZE, to_json

#: Columns of the results table, which no parameter or context value may be named after.
RESERVED = frozenset(
    ("Trial-ID", "Status", "Iteration", "Objective", "Failure", "Attempt", "Started", "Duration")
)

_PLAIN = frozenset((int, float, str, bool, type(None)))


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


def plain_dict(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dict of one's own as its JSON gives it back: no NumPy scalars, no tuples.

    Raises:
        UserError: it holds something that is not JSON, or is too long.
    """
    if all(type(name) is str and type(value) in _PLAIN for name, value in values.items()):
        return dict(values)
    text = to_json(dict(values))
    if len(text) > MAX_EVENT_SIZE:
        raise UserError(
            f"{len(text):,} characters of JSON are too many: at most {MAX_EVENT_SIZE:,} are "
            "allowed; write large results to a file and report its path"
        )
    plain: dict[str, Any] = json.loads(text)
    return plain


def plain_json(name: str, value: Any) -> Any:
    """Return a value of a range as what its JSON gives back, so that a resume changes nothing."""
    try:
        plain: Any = json.loads(to_json(value))
    except UserError as error:
        raise UserError(f"{name}: {error}") from None
    return plain
