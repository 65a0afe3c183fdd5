"""SHERPA: hyperparameter optimization in which every piece is a plugin.

The names below are imported when they are first used, so that `import sherpa_core` is instant.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sherpa_core import algorithms as algorithms
    from sherpa_core import database as database
    from sherpa_core import schedulers as schedulers
    from sherpa_core import stopping_rules as stopping_rules
    from sherpa_core.client import Client as Client
    from sherpa_core.errors import PluginError as PluginError
    from sherpa_core.errors import SherpaError as SherpaError
    from sherpa_core.errors import StorageError as StorageError
    from sherpa_core.errors import TrialStopped as TrialStopped
    from sherpa_core.errors import UserError as UserError
    from sherpa_core.history import History as History
    from sherpa_core.jobs import JobReport as JobReport
    from sherpa_core.jobs import JobStatus as JobStatus
    from sherpa_core.minimizing import maximize as maximize
    from sherpa_core.minimizing import minimize as minimize
    from sherpa_core.objective import ObjectiveTrial as ObjectiveTrial
    from sherpa_core.optimization import optimize as optimize
    from sherpa_core.parameters import Choice as Choice
    from sherpa_core.parameters import Continuous as Continuous
    from sherpa_core.parameters import Discrete as Discrete
    from sherpa_core.parameters import Ordinal as Ordinal
    from sherpa_core.parameters import Parameter as Parameter
    from sherpa_core.plugin import Algorithm as Algorithm
    from sherpa_core.plugin import AlgorithmState as AlgorithmState
    from sherpa_core.plugin import Observer as Observer
    from sherpa_core.plugin import Scheduler as Scheduler
    from sherpa_core.plugin import StoppingRule as StoppingRule
    from sherpa_core.plugin import Suggestion as Suggestion
    from sherpa_core.plugin import option as option
    from sherpa_core.space import SearchSpace as SearchSpace
    from sherpa_core.study import Study as Study
    from sherpa_core.trial import Observation as Observation
    from sherpa_core.trial import Trial as Trial
    from sherpa_core.trial import TrialStatus as TrialStatus

    run_dashboard = Study.load_dashboard

__version__ = "0.1.0"

_MODULES = {
    "client": ("Client",),
    "errors": ("PluginError", "SherpaError", "StorageError", "TrialStopped", "UserError"),
    "history": ("History",),
    "jobs": ("JobReport", "JobStatus"),
    "minimizing": ("maximize", "minimize"),
    "parameters": ("Choice", "Continuous", "Discrete", "Ordinal", "Parameter"),
    "plugin": (
        "Algorithm",
        "AlgorithmState",
        "Observer",
        "Scheduler",
        "StoppingRule",
        "Suggestion",
        "option",
    ),
    "optimization": ("optimize",),
    "space": ("SearchSpace",),
    "study": ("Study",),
    "trial": ("Observation", "Trial", "TrialStatus"),
    "objective": ("ObjectiveTrial",),
}
_NAMES = {name: module for module, names in _MODULES.items() for name in names}
_SUBMODULES = ("algorithms", "database", "schedulers", "stopping_rules")

__all__ = sorted((*_NAMES, *_SUBMODULES, "run_dashboard"))

# SHERPA's old home of Study, Trial and optimize, which old scripts import by name.
core = sys.modules[f"{__name__}.core"] = sys.modules[__name__]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"sherpa_core.{_NAMES[name]}"), name)
    if name in _SUBMODULES:
        return import_module(f"sherpa_core.{name}")
    if name == "run_dashboard":
        return __getattr__("Study").load_dashboard
    raise AttributeError(f"module 'sherpa_core' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
