"""Schedulers by their class names (`schedulers.LocalScheduler`), from the plugins installed."""

from __future__ import annotations

from typing import Any

from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.jobs import JobStatus as _JobStatus
from sherpa_core.plugin import Scheduler
from sherpa_core.registry import class_named

__all__ = ["JobReport", "JobStatus", "Scheduler", "_JobStatus"]


def __getattr__(name: str) -> Any:
    return class_named(__name__, name, "scheduler")
