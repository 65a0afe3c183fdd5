"""A laboratory for runners: a study, a clock and a scheduler in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import attrs
import pytest

import sherpa_core as sherpa
from sherpa_core.errors import Conflict, StorageError
from sherpa_core.events import Event
from sherpa_core.execution import JobExecution
from sherpa_core.log import Log
from sherpa_core.memory import MemoryStorage
from sherpa_core.options import RunOptions
from sherpa_core.plugin import AlgorithmState
from sherpa_core.reports import observation_event
from sherpa_core.runner import Runner
from sherpa_core.sockets import bind
from sherpa_testkit import FakeClock, FakeJob, FakeScheduler

WEEK = 7 * 24 * 3600.0


class Draw:
    """An algorithm: a number of trials at random."""

    def __init__(self, number: int = 4) -> None:
        self.number = number

    def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
        if len(history.trials) >= self.number:
            return AlgorithmState.DONE
        return parameters.sample(rng)


@attrs.define(eq=False)
class Lab:
    """Builds runners over one log. `self.behaviour` is what a job does."""

    folder: Path
    clock: FakeClock = attrs.field(factory=FakeClock)
    storage: Any = attrs.field(factory=MemoryStorage)
    behaviour: Callable[[FakeJob], Any] | None = None
    started: list[tuple[int, int]] = attrs.field(factory=list)  # trial and attempt of each job
    scheduler: Any = None
    seconds: float = 10.0  # between the steps of a job

    opened: float = 0.0

    def __attrs_post_init__(self) -> None:
        self.opened = self.clock.time()
        self.scheduler = FakeScheduler(self.clock, self.behave)

    @property
    def now(self) -> float:
        """Seconds since the laboratory opened."""
        return self.clock.time() - self.opened

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Call `action` so many seconds after the laboratory opened."""
        self.clock.call_at(self.opened + seconds, action)

    def behave(self, job: FakeJob) -> Any:
        self.started.append((int(job.env["SHERPA_TRIAL_ID"]), int(job.env["SHERPA_ATTEMPT"])))
        return (self.behaviour or self.train)(job)

    def train(self, job: FakeJob) -> Generator[float, None, int]:
        """Report iterations 1, 2 and 3."""
        for iteration in (1, 2, 3):
            yield self.seconds
            while not self.report(job, iteration):
                yield 1.0
        yield self.seconds
        return 0

    def report(self, job: FakeJob, iteration: int, objective: float | None = None) -> bool:
        """Report as a trial process would; return whether the storage has it."""
        trial, attempt = int(job.env["SHERPA_TRIAL_ID"]), int(job.env["SHERPA_ATTEMPT"])
        value = trial + 1 / iteration if objective is None else objective
        log = Log(bind("storage", self.storage), "study", self.clock.time, announce=False)
        log.folding = False
        try:
            log.append(observation_event(trial, attempt, value, iteration, None, {}))
        except Conflict:  # an earlier try has written it
            return True
        except StorageError:
            return False
        return True

    def study(self, algorithm: Any = None, **given: Any) -> sherpa.Study:
        return sherpa.Study(
            [sherpa.Continuous("x", [0, 1])],
            algorithm or Draw(),
            **{
                "random_seed": 1,
                "storage": self.storage,
                "name": "study",
                "resume": True,
                "disable_dashboard": True,
                "clock": self.clock.time,
                **given,
            },
        )

    def execution(self, scheduler: Any = None) -> JobExecution:
        return JobExecution(
            bind("scheduler", scheduler or self.scheduler), ["train"], self.folder, self.folder,
            "study", "memory://", clock=self.clock.time, sleep=self.sleep,
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        assert self.now < WEEK, "the runner never ends"
        self.clock.sleep(seconds)

    def runner(
        self, study: sherpa.Study, *, execution: Any = None, progress: Any = None, **options: Any
    ) -> Runner:
        return Runner(study.engine, execution or self.execution(), RunOptions(**options), progress)

    def run(self, study: sherpa.Study | None = None, **options: Any) -> Any:
        """Run a study to its end and return its history."""
        study = study or self.study()
        self.runner(study, **options).run()
        return study.history

    def events(self, kind: str = "") -> list[Event]:
        found = self.storage.read("study", 0, None)
        return [event for event in found if kind in ("", event["type"])]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.fixture
def draw() -> type[Draw]:
    return Draw
