"""The contract of observers: what each promises when it is told things, and how it is adopted."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import strategies as st

from sherpa_core import events as ev
from sherpa_core.engine import Engine
from sherpa_core.events import Event
from sherpa_core.hookspecs import ObserverSpec
from sherpa_core.log import Log
from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import Socket, bind
from sherpa_testkit.contract import PluginContract, global_randomness
from sherpa_testkit.promises import promised
from sherpa_testkit.showcase import CONDITIONAL
from sherpa_testkit.simulation import Drawn, Simulation, Step, fingerprint
from sherpa_testkit.strategies import histories

#: Trials of every status, NaN, infinity, no observation, a second attempt.
STORY = [
    *(Step("run", value=0.5), Step("ask"), Step("ask"), Step("observe", 0, math.nan, 1)),
    *(Step("observe", 1, math.inf, 3), Step("restart", 0), Step("observe", 0, -math.inf, 2)),
    *(Step("complete", 0), Step("stop", 0), Step("queue", value=1.0), Step("ask")),
    *(Step("fail", 0), Step("run", value=math.nan), Step("ask")),
]


class Told(Socket):
    """An observer's socket that lets its errors out and looks at what each call does.

    Args:
        plugin: the observer.
        at_once: seconds that a call may take.
    """

    def __init__(self, plugin: Any, at_once: float) -> None:
        super().__init__("observer", plugin)
        self.at_once = at_once
        self.histories: list[Any] = []

    @contextmanager
    def guarded(self, doing: str) -> Iterator[None]:
        """Name the promise that a call breaks."""
        before = [fingerprint(history) for history in self.histories]
        began = time.monotonic()
        with promised(f"an observer takes {doing}, whatever it is told"):
            yield
        with promised(f"an observer returns from {doing} at once; what takes long, it does later"):
            assert time.monotonic() - began < self.at_once
        with promised("an observer changes nothing in the history and its trials"):
            assert [fingerprint(history) for history in self.histories] == before


class ObservedStudy:
    """A study of the core in which recorded events happen again, in front of an observer."""

    def __init__(self, observer: Any, at_once: float) -> None:
        self.told = Told(observer, at_once)
        self.log = Log(bind("storage", MemoryStorage()), "observed", announce=False)
        self.engine: Engine | None = None

    def happen(self, events: list[Event], unseen: int = 0) -> None:
        """Let events happen, the first ones before the observer was there."""
        for index, event in enumerate(events):
            if event["type"] == ev.STUDY_CREATED:
                self.log.append({**event})
                continue
            if self.engine is None and index >= unseen:
                self.engine = Engine(self.log, bind("algorithm", Drawn()), [], [self.told])
                self.told.histories = [self.log.history]
            self.log.append({**event})

    def finish(self) -> None:
        """Tell the observer that a run of the study has ended."""
        assert self.engine is not None
        self.engine.tell("study_finished", history=self.log.history)


@pytest.mark.contract("observer")
class ObserverContract(PluginContract):
    """What every observer promises. Adopt it by defining `make_observer`.

    ```python
    class TestMine(ObserverContract):
        def make_observer(self):
            return MyObserver(path="/dev/null")
    ```

    Attributes:
        at_once: seconds that a call may take: the runner waits for it.
    """

    kind = "observer"
    at_once: float = 1.0

    def observed(self) -> ObservedStudy:
        """Return a study in front of a fresh object of the observer."""
        return ObservedStudy(self.fresh(), self.at_once)

    @staticmethod
    def story() -> list[Event]:
        """Return the events of a study in which everything happens."""
        study = Simulation(Drawn(), CONDITIONAL)
        study.play(STORY)
        return study.events

    def test_has_a_hook(self) -> None:
        told = Told(self.fresh(), self.at_once)
        hooks = [name for name in vars(ObserverSpec) if not name.startswith("_")]
        with promised("an observer has at least one of the hooks that there are"):
            assert any(map(told.implements, hooks)), hooks

    def test_takes_everything(self) -> None:
        study = self.observed()
        study.happen(self.story())
        study.finish()

    def test_takes_any_study(self) -> None:
        def check(events: list[Event], unseen: int) -> None:
            study = self.observed()
            study.happen(events, min(unseen, len(events) - 1))
            study.finish()

        self.for_all(check, events=histories(), unseen=st.integers(0, 40))

    def test_may_come_late(self) -> None:
        events = self.story()
        for unseen in range(2, len(events)):
            study = self.observed()
            with promised("an observer that comes late does without what it has not seen"):
                study.happen(events, unseen)
                study.finish()

    def test_is_told_again(self) -> None:
        study = self.observed()
        study.happen(self.story())
        assert study.engine is not None
        history = study.log.history
        for trial in history.trials.values():
            facts = {"trial": trial, "history": history, "position": history.position}
            with promised("an observer that is told something twice takes it"):
                for _ in range(2):
                    study.engine.tell("trial_started", **facts)
                    for observation in trial.observations:
                        study.engine.tell("observation_added", observation=observation, **facts)
                    if trial.ended is not None:
                        study.engine.tell("trial_finalized", **facts)

    def test_sees_several_runs_end(self) -> None:
        study = self.observed()
        study.happen(self.story()[:2])
        with promised("an observer takes the end of a run without trials, and of several runs"):
            study.finish()
            study.finish()

    def test_is_called_from_another_thread(self) -> None:
        study = self.observed()

        def work() -> None:
            study.happen(self.story())
            study.finish()

        with (
            promised("an observer may be called from another thread than it was made in"),
            ThreadPoolExecutor(1) as pool,
        ):
            pool.submit(work).result()

    def test_leaves_randomness_alone(self) -> None:
        study = self.observed()
        with global_randomness(1) as state:
            before = state()
            study.happen(self.story())
            study.finish()
            after = state()
        with promised("an observer leaves the global random state as it was"):
            assert before == after
