"""Contract suites for SHERPA's plugins: one class for each kind, imported when it is named.

Lazy imports let the pytest plugin switch on readable assertions before a suite is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sherpa_testkit.fakes import FakeClock as FakeClock
    from sherpa_testkit.fakes import FakeJob as FakeJob
    from sherpa_testkit.fakes import FakeScheduler as FakeScheduler
    from sherpa_testkit.promises import BrokenPromise as BrokenPromise
    from sherpa_testkit.promises import promised as promised
    from sherpa_testkit.scheduler import SchedulerContract as SchedulerContract
    from sherpa_testkit.storage import StorageContract as StorageContract

#: What this package offers, and the module where it lives.
_HOMES = {
    "BrokenPromise": "promises",
    "FakeClock": "fakes",
    "FakeJob": "fakes",
    "FakeScheduler": "fakes",
    "SchedulerContract": "scheduler",
    "StorageContract": "storage",
    "promised": "promises",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
