"""A workbench that runs functions as the objective of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

import sherpa_core as sherpa
from sherpa_core.history import History
from sherpa_core.jobs import process_start
from sherpa_core.memory import MemoryStorage
from sherpa_core.objective import load_objective
from sherpa_core.options import RunOptions
from sherpa_core.runner import Runner
from sherpa_core.workers import WorkerExecution


@attrs.define(eq=False)
class Bench:
    """Runs functions as the objective of a study."""

    folder: Path

    def run(
        self,
        objective: Any,
        number: int = 1,
        *,
        rule: Any = None,
        progress: Any = None,
        **options: Any,
    ) -> History:
        study = self.study({"name": "random", "max_num_trials": number}, rule)
        execution = WorkerExecution(load_objective(objective), self.folder)
        Runner(study.engine, execution, RunOptions(**options), progress).run()
        return study.history

    def output(self, trial: int = 1) -> str:
        return (self.folder / "jobs" / f"trial_{trial}.out").read_text()

    def study(self, algorithm: Any, rule: Any = None) -> sherpa.Study:
        return sherpa.Study(
            [sherpa.Continuous("x", [0, 1])],
            algorithm,
            stopping_rule=rule,
            random_seed=1,
            storage=MemoryStorage(),
            disable_dashboard=True,
        )

    @staticmethod
    def is_gone(pid: int) -> bool:
        return process_start(pid) is None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
