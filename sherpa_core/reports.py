"""Observations as they come from users: checked at the door, then an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sherpa_core import events as ev
from sherpa_core.errors import UserError
from sherpa_core.events import Event
from sherpa_core.values import RESERVED, check_name, plain_dict, whole_number

_LAST = 2**53  # up to here a float holds every whole number


def observation_event(
    trial: int,
    attempt: int,
    objective: Any,
    iteration: Any,
    context: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
) -> Event:
    """Return the event of one observation.

    Args:
        trial: the trial's id.
        attempt: its current attempt.
        objective: a number, NumPy's scalars included; NaN and infinity are kept.
        iteration: a whole number.
        context: other metrics by name; anything that is JSON.
        parameters: the trial's configuration, whose names no metric may have.

    Raises:
        UserError: any of them is something else.
    """
    if type(iteration) is not int:
        iteration = whole_number(iteration, "iteration")
    if not -_LAST <= iteration <= _LAST:
        raise UserError(f"iteration must lie within 2**53 of zero, but is {iteration!r:.30}")
    if type(objective) is not float:
        objective = _number(objective)
    event: Event = {
        "type": ev.OBSERVATION_ADDED,
        "key": f"trial/{trial}/observation/{attempt}/{iteration}",
        "trial": trial,
        "attempt": attempt,
        "iteration": iteration,
        "objective": objective,
    }
    if context:
        event["context"] = _native_context(context, parameters)
    return event


def _number(objective: Any) -> float:
    value = objective
    if callable(getattr(value, "item", None)):
        try:
            value = value.item()  # NumPy's and the frameworks' scalars
        except (ValueError, RuntimeError, TypeError):
            value = objective  # an array of several values
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(
            f"objective must be a number, but is {objective!r:.80} of type "
            f"{type(objective).__name__}"
        )
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _native_context(context: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(context, Mapping):
        raise UserError(f"context must be a dict of metrics, but is {context!r:.80}")
    for name in context:
        if name in RESERVED or type(name) is not str or not name:
            check_name(name, "context value")
        if name in parameters:
            raise UserError(f"a context value cannot be named {name!r}: a parameter is")
    return plain_dict(context)
