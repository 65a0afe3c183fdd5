"""Callbacks that connect SHERPA with machine-learning frameworks; each framework is optional."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sherpa_core import PluginError


def keras_callback(
    trial: Any, to: Any, objective_name: str | None, context_names: Iterable[str]
) -> Any:
    """Return the callback of `study.keras_callback` and `client.keras_send_metrics`.

    Raises:
        PluginError: Keras is not installed.
    """
    try:
        from sherpa_contrib.keras import SherpaCallback
    except ImportError as error:
        hint = "Install it: pip install keras"
        raise PluginError("the Keras callback needs Keras.", name="keras", hint=hint) from error
    return SherpaCallback(trial, to, objective_name, context_names)
