"""Contract suites for SHERPA's plugins: one class for each kind, imported when it is named.

Lazy imports let the pytest plugin switch on readable assertions before a suite is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sherpa_testkit.algorithm import AlgorithmContract as AlgorithmContract
    from sherpa_testkit.checking import check as check
    from sherpa_testkit.checking import suite_for as suite_for
    from sherpa_testkit.dashboard import DashboardContract as DashboardContract
    from sherpa_testkit.fakes import FakeClock as FakeClock
    from sherpa_testkit.fakes import FakeJob as FakeJob
    from sherpa_testkit.fakes import FakeScheduler as FakeScheduler
    from sherpa_testkit.observer import ObserverContract as ObserverContract
    from sherpa_testkit.promises import BrokenPromise as BrokenPromise
    from sherpa_testkit.promises import promised as promised
    from sherpa_testkit.scaffold import new_plugin as new_plugin
    from sherpa_testkit.scheduler import SchedulerContract as SchedulerContract
    from sherpa_testkit.simulation import Simulation as Simulation
    from sherpa_testkit.simulation import Step as Step
    from sherpa_testkit.stopping_rule import StoppingRuleContract as StoppingRuleContract
    from sherpa_testkit.storage import StorageContract as StorageContract
    from sherpa_testkit.workers import WorkersContract as WorkersContract

#: What this package offers, and the module where it lives.
_HOMES = {
    "AlgorithmContract": "algorithm",
    "BrokenPromise": "promises",
    "DashboardContract": "dashboard",
    "FakeClock": "fakes",
    "FakeJob": "fakes",
    "FakeScheduler": "fakes",
    "ObserverContract": "observer",
    "SchedulerContract": "scheduler",
    "Simulation": "simulation",
    "Step": "simulation",
    "StoppingRuleContract": "stopping_rule",
    "StorageContract": "storage",
    "WorkersContract": "workers",
    "check": "checking",
    "new_plugin": "scaffold",
    "promised": "promises",
    "suite_for": "checking",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
