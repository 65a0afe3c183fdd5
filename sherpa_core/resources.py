"""Resources of a trial: what it asks for, in words that every scheduler understands."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sherpa_core.errors import UserError, listed, nearest

_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BYTES |= {f"{unit}i": 1024**power for power, unit in enumerate("kmgt", 1)}
_SECONDS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):(\d{1,2}):(\d{1,2})")


def resources_of(given: Mapping[str, Any] | None) -> dict[str, int]:
    """Return the resources of a trial as whole numbers; only those that are asked for.

    Args:
        given: `cpus` (cores), `gpus`, `memory` (bytes, or a text such as "4 GB" or "512 MiB"),
            `time` (seconds, or a text such as "90 min", "2 h" or "1-12:00:00").

    Raises:
        UserError: another name, or a value that cannot be read.
    """
    readers = {"cpus": _count, "gpus": _count, "memory": _memory, "time": _time}
    if not isinstance(given or {}, Mapping):
        raise UserError(f"resources_per_trial must be a table of names, but is {given!r}")
    found = {}
    for name, value in (given or {}).items():
        if name not in readers:
            hint = nearest(str(name), readers) or f"; there are {listed(readers)}"
            raise UserError(f"resources_per_trial has no {name!r}{hint}")
        try:
            amount = readers[name](value)
        except (TypeError, ValueError, OverflowError):
            examples = {"memory": ' or a text such as "4 GB"', "time": ' or a text such as "2 h"'}
            raise UserError(
                f"resources_per_trial has {name} = {value!r}, which must be a positive number"
                f"{examples.get(name, '')}"
            ) from None
        if amount < (0 if name == "gpus" else 1):
            raise UserError(f"resources_per_trial has {name} = {value!r}, which must be positive")
        found[name] = amount
    return found


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError
    return int(value)


def _memory(value: Any) -> int:
    return _amount(value, _BYTES, "b")


def _time(value: Any) -> int:
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value.strip())):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return _amount(value, _SECONDS, "")


def _amount(value: Any, units: Mapping[str, int], suffix: str) -> int:
    """Return a number, or a number with a unit, in whole basic units, rounded up."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.ceil(value)
    found = _QUANTITY.fullmatch(value)
    unit = (found[2].lower().removesuffix(suffix) if suffix else found[2].lower()) if found else "?"
    if found is None or unit not in units:
        raise ValueError
    return math.ceil(float(found[1]) * units[unit])
