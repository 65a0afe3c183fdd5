"""Algorithms by their class names (`algorithms.RandomSearch`), from the plugins that are there."""

from __future__ import annotations

import sys
from typing import Any

from sherpa_core.plugin import Algorithm, AlgorithmState, StoppingRule, Suggestion
from sherpa_core.registry import class_named

__all__ = ["Algorithm", "AlgorithmState", "StoppingRule", "Suggestion"]

# SHERPA kept its algorithms in these modules, and old scripts import them by name.
for _module in ("bayesian_optimization", "core", "successive_halving"):
    globals()[_module] = sys.modules[f"{__name__}.{_module}"] = sys.modules[__name__]


def __getattr__(name: str) -> Any:
    return class_named(__name__, name, "algorithm", "stopping_rule")
