"""Reading and writing a model's variables."""

from __future__ import annotations

from typing import Any


def get_value(variable: float) -> float:
    return variable


def set_value(variable: Any, value: float) -> None:
    """Variables are plain numbers here: there is nothing to write to."""
