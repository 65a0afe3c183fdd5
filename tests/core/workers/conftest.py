"""A workbench that runs functions as the objective of a study."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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
from sherpa_core.plugin import AlgorithmState
from sherpa_core.runner import Runner
from sherpa_core.workers import WorkerExecution


class Draw:
    def __init__(self, number: int) -> None:
        self.number = number

    def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
        done = len(history.trials) >= self.number
        return AlgorithmState.DONE if done else parameters.sample(rng)


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
        study = self.study(Draw(number), rule)
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
    def wait_until(condition: Callable[[], bool]) -> None:
        deadline, pause = time.monotonic() + 20, threading.Event()
        while not condition():
            assert time.monotonic() < deadline, "it never happens"
            pause.wait(0.01)

    @staticmethod
    def is_gone(pid: int) -> bool:
        return process_start(pid) is None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
