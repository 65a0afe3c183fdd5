"""Strict JSON for browsers: no NaN, no Infinity, no number that JavaScript would change."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from sherpa_core.events import to_json

_EXACT = 2**53  # JavaScript's numbers hold every whole number up to here


def dumps(value: Any) -> bytes:
    """Return the JSON of what the functions below have made; NumPy arrays become lists."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # a number of more than 64 bits where none was expected
        return orjson.dumps(plain(value))


def plain(value: Any) -> Any:
    """Return any JSON value such that strict JSON holds it: `NaN` and huge integers as texts."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else _word(value)
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value


def scalar(value: Any) -> Any:
    """Return a value for a table's cell: a number, a text, a boolean or None."""
    if isinstance(value, list | dict):
        return to_json(value)
    return plain(value)


def numbers(values: Sequence[float]) -> Any:
    """Return a column of floats; `NaN`, `Infinity` and `-Infinity` become texts."""
    column = np.array(values, dtype=np.float64)
    finite = np.isfinite(column)
    if finite.all():
        return column
    return [
        value if is_finite else _word(value)
        for value, is_finite in zip(values, finite, strict=True)
    ]


def text(value: Any) -> str:
    """Return a category's name for people; quotes tell the text `"1"` from the number 1."""
    return value if isinstance(value, str) else to_json(value)


def for_html(value: Any) -> str:
    """Return JSON that can stand in a `<script>` element of an HTML page."""
    found = dumps(value).decode()
    for character in "<>&\u2028\u2029":
        found = found.replace(character, f"\\u{ord(character):04x}")
    return found


def pretty(value: Any) -> str:
    """Return indented JSON for people."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"


def _word(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
