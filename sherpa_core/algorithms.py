"""Algorithms by their class names (`algorithms.RandomSearch`), from the plugins that are there."""

from __future__ import annotations

from typing import Any

from sherpa_core.plugin import Algorithm, AlgorithmState, StoppingRule, Suggestion
from sherpa_core.registry import class_named

__all__ = ["Algorithm", "AlgorithmState", "StoppingRule", "Suggestion"]


def __getattr__(name: str) -> Any:
    return class_named(__name__, name, "algorithm", "stopping_rule")
