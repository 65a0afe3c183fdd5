"""What trackers share: each observation is delivered once, in the background, in order."""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

import attrs

from sherpa_core.history import History
from sherpa_core.plugin import Observer
from sherpa_core.session import is_gone
from sherpa_core.trial import Observation, Trial

logger = logging.getLogger(__name__)


@attrs.frozen
class Attempt:
    """One attempt of a trial as a tracker sees it, whatever happens to the trial meanwhile.

    Args:
        study: the study's name.
        created: time of the study's creation, seconds since 1970.
        trial: the trial's number.
        number: the attempt's number, from 1.
        parameters: the configuration.
        origin: the algorithm that proposed it.
        started: time of the attempt's start, seconds since 1970.
    """

    study: str
    created: float
    trial: int
    number: int
    parameters: Mapping[str, Any] = attrs.field(eq=False)
    origin: str = attrs.field(eq=False)
    started: float = attrs.field(eq=False)

    @property
    def name(self) -> str:
        """`trial_7`, a later attempt `trial_7.2`."""
        return f"trial_{self.trial}" + (f".{self.number}" if self.number > 1 else "")


@attrs.define(eq=False)
class Tracker(Observer):
    """An observer that hands on a study's trials: subclasses write `begin`, `observe` and `end`.

    These are called in one thread of the tracker's own, so that a slow server delays no trial.
    What one of them raises is logged, and the tracker is silent until the next run, which
    delivers what is missing. So does a run after one that was killed.
    """

    _shown: dict[Attempt, int] = attrs.field(factory=dict, init=False)
    _under_way: set[tuple[str, float]] = attrs.field(factory=set, init=False)
    _thread: ThreadPoolExecutor | None = attrs.field(default=None, init=False)
    _waiting: deque[Future[None]] = attrs.field(factory=deque, init=False)
    # What follows is the thread's.
    _broken: bool = attrs.field(default=False, init=False)
    _ended: set[Attempt] = attrs.field(factory=set, init=False)

    @abstractmethod
    def begin(self, attempt: Attempt) -> None:
        """Begin an attempt, anew if it is known from an earlier run."""

    @abstractmethod
    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Add an observation to an attempt that has begun."""

    @abstractmethod
    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        """End an attempt: COMPLETED, FAILED or STOPPED; LOST before a later attempt begins.

        One that was lost may have begun in an earlier process, or before there was the tracker.
        """

    def delivered(self, study: str, created: float) -> Collection[str]:
        """Return the names of a study's attempts that earlier processes have delivered in full."""
        return ()

    def finish(self, study: str, created: float, best: Mapping[str, Any]) -> None:
        """End a run of a study; `best` is as `get_best_result` gives it."""

    def trial_started(self, trial: Trial, history: History) -> None:
        """Begin the trial's attempt."""
        self._show(trial, history)

    def observation_added(self, trial: Trial, history: History) -> None:
        """Add what is new."""
        self._show(trial, history)

    def trial_finalized(self, trial: Trial, history: History) -> None:
        """Add what is new, and end the trial."""
        self._show(trial, history)

    def study_finished(self, history: History) -> None:
        """Hand on the best result."""
        self._catch_up(history)
        self._later(self.finish, *_study(history), history.best_result())
        self._shown.clear()  # the next run begins anew what this one may not have delivered
        self._under_way.discard(_study(history))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all is delivered, at most `timeout` seconds; return whether it is."""
        return not wait_for(self._waiting, timeout).not_done

    def _show(self, trial: Trial, history: History) -> None:
        """Deliver what of the trial's present state was not delivered; twice is as good as once."""
        self._catch_up(history, trial)
        attempt = _attempt(trial, *_study(history))
        shown = self._shown.get(attempt)
        if first := shown is None or shown > trial.num_observations:  # a stop came late
            self._shown.pop(attrs.evolve(attempt, number=attempt.number - 1), None)
            shown = 0
        newest = [trial.observation(index) for index in range(shown or 0, trial.num_observations)]
        self._later(self._deliver, attempt, first, newest, _end(trial))
        self._shown[attempt] = trial.num_observations
        if trial.ended is not None:
            del self._shown[attempt]

    def _catch_up(self, history: History, present: Trial | None = None) -> None:
        """Deliver, once a run, the trials of sessions that are gone as far as they are missing."""
        study = _study(history)
        if study in self._under_way:
            return
        self._under_way.add(study)
        self._later(self._recover)
        now, sessions = time.time(), history.sessions
        own = None if present is None else present.writer
        gone = {each for each in sessions if each == own or is_gone(sessions[each], now)}
        past = [each for each in history.ended if each.writer in gone and each is not present]
        if past:
            self._later(self._deliver_past, *study, past)

    def _later(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._thread is None:
            # At the interpreter's end it is waited for: nothing gets lost.
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=type(self).__name__)
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        self._waiting.append(self._thread.submit(self._try, work, *arguments))

    # What follows happens in the thread.

    def _try(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._broken and work != self._recover:
            return
        try:
            work(*arguments)
        except Exception as error:  # the study goes on, whatever a server says
            self._broken = True
            logger.warning(
                "%s failed, and is silent until the next run, which delivers what is missing: "
                "%s: %s", type(self).__name__, type(error).__name__, error,
            )  # fmt: skip
            logger.debug("the failure in full", exc_info=True)

    def _recover(self) -> None:
        self._broken = False

    def _deliver_past(self, study: str, created: float, past: Sequence[Trial]) -> None:
        known = self.delivered(study, created)
        for trial in past:
            attempt = _attempt(trial, study, created)
            if attempt not in self._ended and attempt.name not in known:
                self._deliver(attempt, True, trial.observations, _end(trial))

    def _deliver(
        self,
        attempt: Attempt,
        first: bool,
        observations: Sequence[Observation],
        end: tuple[str, str, float] | None,
    ) -> None:
        if first:
            for number in range(1, attempt.number):
                self.end(attrs.evolve(attempt, number=number), "LOST", "", attempt.started)
            self.begin(attempt)
        for observation in observations:
            self.observe(attempt, observation)
        if end is not None:
            self.end(attempt, *end)
            self._ended.add(attempt)


def _study(history: History) -> tuple[str, float]:
    return str(history.config.get("name", "study")), history.created


def _attempt(trial: Trial, study: str, created: float) -> Attempt:
    return Attempt(
        study, created, trial.id, trial.attempt, trial.parameters, trial.origin, trial.started
    )


def _end(trial: Trial) -> tuple[str, str, float] | None:
    return None if trial.ended is None else (str(trial.status), trial.failure, trial.ended)


def numbers(context: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of an observation's context that are numbers."""
    return {name: float(value) for name, value in context.items() if isinstance(value, int | float)}
