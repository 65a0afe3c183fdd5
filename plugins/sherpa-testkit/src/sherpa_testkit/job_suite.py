"""What the suites about jobs share: the scheduler under test, its jobs, and their end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import registry
from sherpa_testkit.jobs import Jobs


class JobSuite:
    """The fixtures of a suite about jobs.

    Attributes:
        patience: seconds after which what was waited for counts as not happening.
    """

    patience: float = 30.0

    @pytest.fixture
    def scheduler(self) -> Any:
        """The scheduler under test, made anew for each test. To be overridden."""
        pytest.fail(f"{type(self).__name__} must override the fixture `scheduler`")

    @pytest.fixture
    def python(self) -> str:
        """The interpreter that jobs run under. To be overridden where nodes have another."""
        return sys.executable

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A folder that jobs reach. To be overridden where nodes share another one."""
        return tmp_path

    @pytest.fixture
    def jobs(self, scheduler: object, python: str, folder: Path) -> Iterator[Jobs]:
        """The scheduler's jobs; those that still run are ended after the test."""
        jobs = Jobs(scheduler, python, folder, self.patience)
        yield jobs
        for job_id in jobs.started:
            with suppress(Exception):  # what is wrong with it, the test has said
                jobs.kill(job_id)

    def another(self, scheduler: object) -> object:
        """Return a fresh scheduler with the same options, as another process would make it."""
        config = registry.describe("scheduler", scheduler)
        return type(scheduler)(**{k: v for k, v in config.items() if k not in ("name", "class")})

    def fresh(self, scheduler: object, jobs: Jobs) -> Jobs:
        """Return jobs as a fresh scheduler with the same options sees them."""
        return Jobs(self.another(scheduler), jobs.python, jobs.folder, jobs.patience)
