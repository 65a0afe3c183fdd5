"""Waiting for what other processes do: for a condition, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sherpa_core.jobs import JobReport


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until a condition holds.

    Args:
        condition: what is waited for; it is asked again every 10 milliseconds.
        seconds: after these it counts as not happening.

    Raises:
        AssertionError: it does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it does not happen within {seconds:g} s"
        time.sleep(0.01)


def end_of(scheduler: Any, job_id: str) -> JobReport:
    """Wait until a job has ended, and return the scheduler's report.

    Args:
        scheduler: a scheduler whose `get_status` gives reports.
        job_id: one of its jobs.

    Raises:
        AssertionError: the job does not end within two minutes.
    """
    until(lambda: scheduler.get_status(job_id).status.ended)
    report: JobReport = scheduler.get_status(job_id)
    return report


def text_of(path: Path) -> str:
    """Wait until a file holds whole lines, and return them without the last line's end.

    Raises:
        AssertionError: it does not within two minutes.
    """
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    return path.read_text().strip()
