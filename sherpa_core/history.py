"""History: the fold of a study's log. Same log, same history."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from sherpa_core import events as ev
from sherpa_core.events import Event
from sherpa_core.plugin import Run
from sherpa_core.space import SearchSpace
from sherpa_core.trial import FINAL, Observation, Trial, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Mapping_ = Callable[[Event, "History"], Iterable[Event]]


@attrs.define
class Session:
    """A process that writes to the log, and until when it owns the trials it started."""

    host: str = ""
    pid: int = 0
    started: str = ""
    until: float | None = None
    versions: dict[str, str] = attrs.field(factory=dict)


class History:
    """What happened in a study so far. Plugins read it, only the fold changes it.

    Args:
        source: reads events of the same log again, `(after, limit) -> events`; needed by
            `derive` when events were folded before.

    Attributes:
        position: number of events that were folded.
        config: the study's configuration, as recorded at its creation.
        space: the search space.
        lower_is_better: the direction.
        origin: the name under which the current algorithm's trials are recorded.
        trials: all trials by id, in the order in which they were added.
        running: those that have not ended, by id.
        ended: those that have, in the order of their ends.
        queue: events of queued trials that nobody took yet.
        rows: two numbers for each row of the results table: trial id, and index of the
            observation or -1 for the trial's final row. Incremental caches read on from where
            they were.
        best: the best trial among the completed and stopped ones, None while there is none.
        sessions: who wrote, by nonce.
        stop_requested: why the study is to stop, None if it is not.
        run: what is known of the run.
        created: time of the study's creation, seconds since 1970.
        last_id: the highest trial id.
        note: the study's note. `tags`: its tags.
    """

    def __init__(self, source: Callable[[int, int | None], Sequence[Event]] | None = None) -> None:
        self.source = source
        self.position = 0
        self.config: dict[str, Any] = {}
        self.algorithm: dict[str, Any] = {}
        self.origin = ""
        self.space: SearchSpace = _NO_SPACE
        self.lower_is_better = True
        self.trials: dict[int, Trial] = {}
        self.running: dict[int, Trial] = {}
        self.ended: list[Trial] = []
        self.queue: deque[Event] = deque()
        self.rows: array[int] = array("q")
        self.best: Trial | None = None
        self.sessions: dict[str, Session] = {}
        self.stop_requested: str | None = None
        self.note = ""
        self.tags: list[str] = []
        self.run = Run()
        self.created = 0.0
        self.last_id = 0
        self._num_queued = 0
        self._counts = {status.value: 0 for status in FINAL}
        self._num_own = 0
        self._caches: dict[Any, Any] = {}
        self._views: list[tuple[Mapping_, History]] = []

    @classmethod
    def of(cls, events: Sequence[Event]) -> History:
        """Return the history of a list of events."""

        def read(after: int, limit: int | None) -> Sequence[Event]:
            return events[after : None if limit is None else after + limit]

        history = cls(read)
        history.fold(events)
        return history

    def count(self, status: TrialStatus | str) -> int:
        """Return the number of trials with this status."""
        if status == TrialStatus.RUNNING:
            return len(self.running)
        return self._counts[TrialStatus(status).value]

    @property
    def num_own(self) -> int:
        """Number of trials that the current algorithm proposed, whatever became of them."""
        return self._num_own

    def is_own(self, trial: Trial) -> bool:
        """Return whether the current algorithm proposed `trial`."""
        return self._is_own(trial.origin)

    def _is_own(self, origin: str) -> bool:
        own = self.origin  # what a composite's inner algorithms made is the composite's too
        return origin == own or origin.startswith(f"{own}/")

    def is_better(self, value: float, than: float) -> bool:
        """Return whether an objective is better than another; NaN is never better."""
        if than != than:
            return value == value
        return value < than if self.lower_is_better else value > than

    def cached(self, owner: object, factory: Callable[[], T]) -> T:
        """Return what `owner` keeps about this history: `factory()` at the first call.

        The place for what a plugin derives from the history to be fast. It is dropped when
        something that was folded stops counting (a trial runs again, or a stop came late).
        """
        found: T | None = self._caches.get(owner)
        if found is None:
            found = self._caches[owner] = factory()
        return found

    def derive(self, mapping: Mapping_) -> History:
        """Return a view: the history of the events that `mapping(event, history)` returns.

        The view grows with this history, one event at a time. Keep it with `cached`.
        """

        def read(after: int, limit: int | None) -> Sequence[Event]:
            found: list[Event] = []
            if self.position:
                assert self.source is not None, "deriving needs the events that were folded before"
                shadow = History()  # mappings may look at the history as it was at each event
                for event in self.source(0, self.position):
                    shadow.fold((event,))
                    found += mapping(event, shadow)
            return found[after : None if limit is None else after + limit]

        view = History(read)  # a view of the view reads on from here
        view.fold(read(0, None))
        self._views.append((mapping, view))
        return view

    def best_result(self) -> dict[str, Any]:
        """Return the best trial's row: Trial-ID, Iteration, Objective, parameters, context."""
        trial = self.best
        if trial is None or trial.best is None:
            return {}
        best = trial.best
        return {
            "Trial-ID": trial.id,
            "Iteration": best.iteration,
            **trial.parameters,
            "Objective": best.objective,
            **best.context,
        }

    @property
    def results(self) -> pd.DataFrame:
        """The results table; see `results.py`. Built at the first call, then grown."""
        from sherpa_core.results import Table

        return self.cached("results", Table).frame(self)

    def fold(self, events: Iterable[Event]) -> None:
        """Append events to what was folded."""
        for event in events:
            self.position += 1
            handler = _HANDLERS.get(event["type"])
            if handler is not None:  # a newer version may write events of other types
                handler(self, event)
            if self._views:
                for mapping, view in self._views:
                    view.fold(mapping(event, self))

    def _study_created(self, event: Event) -> None:
        self.config = config = event["config"]
        self.created = event.get("time", 0.0)
        self.space = SearchSpace.from_list(config["parameters"])
        self.lower_is_better = config["lower_is_better"]
        self.tags = list(config.get("tags", ()))
        self._set_algorithm(config["algorithm"])

    def _algorithm_changed(self, event: Event) -> None:
        self._set_algorithm(event["algorithm"])

    def _set_algorithm(self, algorithm: dict[str, Any]) -> None:
        self.algorithm = algorithm
        self.origin = algorithm.get("name", "algorithm")
        self._num_own = sum(map(self.is_own, self.trials.values()))

    def _note_set(self, event: Event) -> None:
        self.note = event.get("note", self.note)
        self.tags = list(event.get("tags", self.tags))

    def _session_started(self, event: Event) -> None:
        self.sessions[event["writer"]] = Session(
            event["host"], event["pid"], event["started"], None, event.get("versions", {})
        )

    def _runner_lease(self, event: Event) -> None:
        session = self.sessions.setdefault(event["writer"], Session())
        session.until = event["until"]

    def _run_started(self, event: Event) -> None:
        most, concurrent = event["max_num_trials"], event["max_concurrent"]
        self.run = Run(most, concurrent, event["timeout"], event.get("task", {}))

    def _trial_queued(self, event: Event) -> None:
        self._num_queued += 1
        self.queue.append({**event, "queue": self._num_queued})

    def _trial_added(self, event: Event) -> None:
        id = event["trial"]
        if id in self.trials:
            return
        trial = Trial(id, event["parameters"])
        trial.origin = event["origin"]
        trial.started = event["time"]
        trial.writer = event["writer"]
        if "parent" in event:
            trial.parent = event["parent"]
        if "metadata" in event:
            trial.metadata = event["metadata"]
        if "queue" in event:
            taken, queue = event["queue"], self.queue
            if queue and queue[0]["queue"] == taken:  # nearly always: quick with a long queue
                queue.popleft()
            else:
                self.queue = deque(each for each in queue if each["queue"] != taken)
        self.trials[id] = self.running[id] = trial
        if id > self.last_id:
            self.last_id = id
        self._num_own += self._is_own(trial.origin)

    def _attempt_started(self, event: Event) -> None:
        trial = self.running.get(event["trial"])
        if trial is None or event["attempt"] <= trial.attempt:
            return
        trial.attempt = event["attempt"]
        trial.started = event["time"]
        trial.writer = event["writer"]
        trial.job = None
        if trial.stop_requested is not None and trial._stop_after is not None:
            trial.stop_requested, trial._stop_after = None, None  # a rule's word on the old attempt
        self._forget(trial, 0)

    def _job_submitted(self, event: Event) -> None:
        trial = self.running.get(event["trial"])
        if trial is not None and trial.attempt == event["attempt"]:
            trial.job = event["job"]
            trial.writer = event["writer"]

    def _observation_added(self, event: Event) -> None:
        trial = self.running.get(event["trial"])
        if trial is None or trial.attempt != event.get("attempt", 1):
            return
        iteration = event["iteration"]
        if trial._stop_after is not None or trial._has_iteration(iteration):
            return
        context = event.get("context") or _NOTHING
        index = trial._observe(
            iteration, event["objective"], context, event["time"], self.lower_is_better
        )
        self.rows.extend((trial.id, index))

    def _stop_requested(self, event: Event) -> None:
        trial = self.running.get(event["trial"])
        if trial is None or trial._stop_after is not None:
            return
        if event.get("attempt", trial.attempt) != trial.attempt:
            return
        trial.stop_requested = event.get("reason") or "stop requested"
        trial._stop_after = event.get("iteration")
        if trial._stop_after is not None and trial._has_iteration(trial._stop_after):
            self._forget(trial, trial.iterations.index(trial._stop_after) + 1)

    def _study_stop_requested(self, event: Event) -> None:
        self.stop_requested = event["reason"]

    def _trial_finalized(self, event: Event) -> None:
        trial = self.running.pop(event["trial"], None)
        if trial is None:
            return
        name = event["status"]
        trial.status = _FINAL_BY_NAME[name]
        trial.failure = event.get("failure", "")
        trial.ended = event["time"]
        self.ended.append(trial)
        self._counts[name] += 1
        self.rows.extend((trial.id, -1))
        if trial._best >= 0 and name != _FAILED:
            best = self.best
            if best is None or self.is_better(trial.objective, best.objective):
                self.best = trial

    def _forget(self, trial: Trial, length: int) -> None:
        """Keep the first `length` observations of a running trial only."""
        if trial.num_observations <= length:
            return
        trial._truncate(length, self.lower_is_better)
        rows = self.rows
        kept = array("q")
        for place in range(0, len(rows), 2):
            if rows[place] != trial.id or rows[place + 1] < length:
                kept.extend(rows[place : place + 2])
        self.rows = kept
        self._caches.clear()
        self._views.clear()

    def last_observation(self) -> tuple[Trial, Observation] | None:
        """Return the observation of the newest results row, None if that is a final row."""
        if not self.rows or self.rows[-1] < 0:
            return None
        trial = self.trials[self.rows[-2]]
        return trial, trial.observation(self.rows[-1])


_NOTHING: dict[str, Any] = {}
_NO_SPACE: Any = ()
_FAILED = TrialStatus.FAILED.value
_FINAL_BY_NAME = {status.value: status for status in FINAL}
_HANDLERS: dict[str, Callable[[History, Event], None]] = {
    ev.STUDY_CREATED: History._study_created,
    ev.SESSION_STARTED: History._session_started,
    ev.ALGORITHM_CHANGED: History._algorithm_changed,
    ev.NOTE_SET: History._note_set,
    ev.RUN_STARTED: History._run_started,
    ev.TRIAL_QUEUED: History._trial_queued,
    ev.TRIAL_ADDED: History._trial_added,
    ev.ATTEMPT_STARTED: History._attempt_started,
    ev.JOB_SUBMITTED: History._job_submitted,
    ev.OBSERVATION_ADDED: History._observation_added,
    ev.STOP_REQUESTED: History._stop_requested,
    ev.STUDY_STOP_REQUESTED: History._study_stop_requested,
    ev.TRIAL_FINALIZED: History._trial_finalized,
    ev.RUNNER_LEASE: History._runner_lease,
}
