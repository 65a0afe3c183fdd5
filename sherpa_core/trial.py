"""Trials and their observations, as the history knows them."""

from __future__ import annotations

import copy
import enum
import math
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple

from sherpa_core.errors import UserError


class TrialStatus(enum.StrEnum):
    """What became of a trial; equal to its name as a string."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


#: The statuses that a trial may be finalized with.
FINAL = (TrialStatus.COMPLETED, TrialStatus.FAILED, TrialStatus.STOPPED)


class Observation(NamedTuple):
    """One reported value: iteration, objective, context (other metrics), time (seconds)."""

    iteration: int
    objective: float
    context: Mapping[str, Any]
    time: float


_RUNNING = TrialStatus.RUNNING
_WIDTH = 3  # iteration, objective and time of an observation lie side by side in one array


class Trial:
    """One configuration and what was observed of it.

    Args:
        id: the trial's number, from 1.
        parameters: the configuration.

    Attributes:
        id: the trial's number.
        status: see `TrialStatus`.
        origin: the algorithm that proposed it (`asha`, `chain/1/asha`), `user` for a queued one.
        parent: id of the trial that it continues, or None.
        metadata: what its algorithm wrote down about it; private to that algorithm.
        attempt: number of the current attempt, from 1.
        failure: why it failed or was stopped, for people; empty otherwise.
        started: time of its current attempt's start, seconds since 1970.
        ended: time of its end, None while it runs.
        stop_requested: the reason why it is to stop, None if it is not.
        job: the scheduler's id of its current attempt, where a runner submitted it.
        writer: the session that owns it.
    """

    __slots__ = (
        "_best",
        "_contexts",
        "_data",
        "_parameters",
        "_stop_after",
        "_top",
        "attempt",
        "ended",
        "failure",
        "id",
        "job",
        "metadata",
        "origin",
        "parent",
        "started",
        "status",
        "stop_requested",
        "writer",
    )

    def __init__(self, id: int, parameters: Mapping[str, Any]) -> None:
        self.id = id
        self._parameters: dict[str, Any] = (
            parameters if type(parameters) is dict else dict(parameters)
        )
        self.status: TrialStatus = _RUNNING
        self.origin = "user"
        self.parent: int | None = None
        self.metadata: Mapping[str, Any] = _NOTHING
        self.attempt = 1
        self.failure = ""
        self.started = 0.0
        self.ended: float | None = None
        self.stop_requested: str | None = None
        self.job: str | None = None
        self.writer = ""
        self._data: array[float] | None = None
        self._contexts: dict[int, Mapping[str, Any]] | None = None
        self._best = -1
        self._top = -math.inf
        self._stop_after: int | None = None

    def __repr__(self) -> str:
        return f"Trial(id={self.id}, parameters={self._parameters!r})"

    @property
    def parameters(self) -> dict[str, Any]:
        """The configuration: a dict of one's own, changing it changes nothing."""
        for value in self._parameters.values():
            if type(value) is list or type(value) is dict:
                return copy.deepcopy(self._parameters)
        return self._parameters.copy()

    @property
    def num_observations(self) -> int:
        """Number of observations that count."""
        return len(self._data) // _WIDTH if self._data else 0

    @property
    def iterations(self) -> list[int]:
        """The observations' iterations, in the order of their arrival."""
        return [int(value) for value in self._data[0::_WIDTH]] if self._data else []

    @property
    def objectives(self) -> list[float]:
        """The observations' objectives, in the order of their arrival."""
        return self._data[1::_WIDTH].tolist() if self._data else []

    @property
    def observations(self) -> list[Observation]:
        """The observations, in the order of their arrival."""
        return [self.observation(index) for index in range(self.num_observations)]

    def observation(self, index: int) -> Observation:
        """Return the observation that arrived as number `index`, from 0."""
        data, place = self._data, index * _WIDTH
        if data is None or not 0 <= place < len(data):
            raise UserError(f"trial {self.id} has {self.num_observations} observations")
        contexts = self._contexts
        context = contexts.get(index, _NOTHING) if contexts else _NOTHING
        return Observation(int(data[place]), data[place + 1], context, data[place + 2])

    @property
    def best(self) -> Observation | None:
        """The best observation that is not NaN, the earliest of equal ones."""
        return self.observation(self._best) if self._best >= 0 else None

    @property
    def objective(self) -> float:
        """The best observation's objective, NaN when there is none."""
        return self._data[self._best * _WIDTH + 1] if self._data and self._best >= 0 else math.nan

    @property
    def duration(self) -> float | None:
        """Seconds from the start of its current attempt to its end, None while it runs."""
        return None if self.ended is None else max(0.0, self.ended - self.started)

    # What follows is the history's side: only the fold changes a trial.

    def _has_iteration(self, iteration: int) -> bool:
        if iteration > self._top or self._data is None:  # iterations nearly always rise
            return False
        return iteration in self._data[0::_WIDTH]

    def _observe(
        self, iteration: int, objective: float, context: Mapping[str, Any], time: float, lower: bool
    ) -> int:
        """Keep an observation and return its index."""
        data = self._data
        if data is None:
            data = self._data = array("d")
        index = len(data) // _WIDTH
        data.append(iteration)
        data.append(objective)
        data.append(time)
        if iteration > self._top:
            self._top = iteration
        if context:
            if self._contexts is None:
                self._contexts = {}
            self._contexts[index] = context
        if objective == objective:  # not NaN
            best = self._best
            if best < 0:
                self._best = index
            else:
                known = data[best * _WIDTH + 1]
                if objective < known if lower else objective > known:
                    self._best = index
        return index

    def _truncate(self, length: int, lower: bool) -> None:
        """Keep the first `length` observations only."""
        kept = self.observations[:length]
        self._data, self._contexts, self._best, self._top = None, None, -1, -math.inf
        for iteration, objective, context, time in kept:
            self._observe(iteration, objective, context, time, lower)


_NOTHING: Mapping[str, Any] = {}


class TrainedTrial(Trial):
    """A trial as the process that trains it knows it.

    Attributes:
        load_dir: folder with its parent's checkpoint, empty if it has none to load.
        save_dir: folder for its own checkpoint, empty outside of a run.
    """

    __slots__ = ("load_dir", "save_dir")

    def __init__(
        self, id: int, parameters: Mapping[str, Any], load_dir: str = "", save_dir: str = ""
    ) -> None:
        super().__init__(id, parameters)
        self.load_dir = load_dir
        self.save_dir = save_dir
