"""Stopping rules by their class names, from the plugins that are there."""

from __future__ import annotations

from typing import Any

from sherpa_core.plugin import StoppingRule
from sherpa_core.registry import class_named

__all__ = ["StoppingRule"]


def __getattr__(name: str) -> Any:
    return class_named(__name__, name, "stopping_rule")
