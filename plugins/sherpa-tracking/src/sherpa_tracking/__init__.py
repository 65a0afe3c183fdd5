"""What trackers share: each observation is delivered once, in the background, in order."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Any

import attrs

from sherpa_core.history import History
from sherpa_core.plugin import Observer
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
    What one of them raises is logged, and the tracker is silent until the next run.
    """

    _shown: dict[Attempt, int] = attrs.field(factory=dict, init=False)
    _thread: ThreadPoolExecutor | None = attrs.field(default=None, init=False)
    _waiting: list[Future[None]] = attrs.field(factory=list, init=False)
    _broken: bool = attrs.field(default=False, init=False)

    @abstractmethod
    def begin(self, attempt: Attempt) -> None:
        """Begin an attempt, anew if it is known from an earlier run."""

    @abstractmethod
    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Add an observation to an attempt that has begun."""

    @abstractmethod
    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        """End an attempt that has begun: COMPLETED, FAILED, STOPPED, or LOST with its process."""

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
        self._later(self.finish, *_study(history), history.best_result())
        self._later(self._recover)
        self._shown.clear()  # the next run begins anew what this one may not have delivered

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all is delivered, at most `timeout` seconds; return whether it is."""
        self._waiting = list(wait_for(self._waiting, timeout).not_done)
        return not self._waiting

    def _show(self, trial: Trial, history: History) -> None:
        """Deliver what of the trial's present state was not delivered; twice is as good as once."""
        attempt = Attempt(
            *_study(history),
            trial.id,
            trial.attempt,
            trial.parameters,
            trial.origin,
            trial.started,
        )
        shown = self._shown.get(attempt)
        if shown is None or shown > trial.num_observations:  # the latter where a stop came late
            before = attrs.evolve(attempt, number=attempt.number - 1)
            if self._shown.pop(before, None) is not None:
                self._later(self.end, before, "LOST", "", trial.started)
            self._later(self.begin, attempt)
            shown = 0
        for index in range(shown, trial.num_observations):
            self._later(self.observe, attempt, trial.observation(index))
        self._shown[attempt] = trial.num_observations
        if trial.ended is not None:
            del self._shown[attempt]
            self._later(self.end, attempt, str(trial.status), trial.failure, trial.ended)

    def _later(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._thread is None:
            # At the interpreter's end it is waited for: nothing gets lost.
            self._thread = ThreadPoolExecutor(1, thread_name_prefix=type(self).__name__)
        self._waiting = [each for each in self._waiting if not each.done()]
        self._waiting.append(self._thread.submit(self._deliver, work, *arguments))

    def _deliver(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._broken and work != self._recover:
            return
        try:
            work(*arguments)
        except Exception as error:  # the study goes on, whatever a server says
            self._broken = True
            logger.warning(
                "%s failed, and is silent until the next run: %s: %s",
                type(self).__name__, type(error).__name__, error,
            )  # fmt: skip
            logger.debug("the failure in full", exc_info=True)

    def _recover(self) -> None:
        self._broken = False


def _study(history: History) -> tuple[str, float]:
    return str(history.config.get("name", "study")), history.created


def numbers(context: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of an observation's context that are numbers."""
    return {name: float(value) for name, value in context.items() if isinstance(value, int | float)}
