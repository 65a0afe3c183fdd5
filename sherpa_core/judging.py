"""Judging: what the stopping rules say of each observation, and what a job's end means."""

from __future__ import annotations

import signal
from collections.abc import Collection

from sherpa_core import events as ev
from sherpa_core.engine import Engine
from sherpa_core.events import Event
from sherpa_core.execution import describe_end
from sherpa_core.history import History
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.trial import Trial


class Judge:
    """Asks the rules about each new observation, so that a stop does not depend on who looked when.

    Args:
        engine: the study's engine.
        own: the trials to judge, by id; may change.
    """

    def __init__(self, engine: Engine, own: Collection[int]) -> None:
        self._engine = engine
        self._own = own
        self._stops: dict[int, tuple[int, str]] = {}  # decided, not yet written: iteration, rule

    def listen(self, event: Event) -> None:
        """Judge the observation that was just folded; the log may not grow meanwhile."""
        if event["type"] == ev.OBSERVATION_ADDED and event["trial"] in self._own:
            self._judge(event, self._engine.history)

    def judge_past(self, trial: Trial) -> None:
        """Judge the observations of a trial that came while nobody looked."""
        if not self._engine.rules:
            return
        shadow = History()
        for event in self._engine.log.read(0):
            shadow.fold((event,))
            if event["type"] != ev.OBSERVATION_ADDED or event["trial"] != trial.id:
                continue
            if event["attempt"] == trial.attempt:
                self._judge(event, shadow)

    def write(self) -> None:
        """Write down what was decided."""
        for id, (iteration, rule) in list(self._stops.items()):
            trial = self._engine.history.running.get(id)
            if trial is not None and trial.stop_requested is None:
                self._engine.request_stop(trial, f"stopping rule {rule}", iteration)
            del self._stops[id]

    def _judge(self, event: Event, history: History) -> None:
        id = event["trial"]
        newest = history.last_observation()
        if id in self._stops or newest is None or newest[0].id != id:
            return
        if newest[0].stop_requested is not None or newest[1].iteration != event["iteration"]:
            return
        rule = self._engine.stopping_rule_for(newest[0], history)
        if rule:
            self._stops[id] = (event["iteration"], rule)


def judge_end(trial: Trial, report: JobReport) -> tuple[str, str, bool]:
    """Return what became of a trial whose job ended by itself.

    Returns:
        Its status (COMPLETED or FAILED), why it failed, and whether it was lost: such a trial
        runs again, since nothing is known against it.
    """
    if report.status is JobStatus.finished:
        if trial.best is not None:
            return "COMPLETED", "", False
        if trial.num_observations:
            return "FAILED", "NaN: none of its objectives is a number", False
        return "FAILED", "no observation: it ended without having reported an objective", False
    by_others = report.signal in (signal.SIGKILL, signal.SIGTERM)
    lost = report.reason == "lost" or (
        by_others and report.reason not in ("out_of_memory", "timeout")
    )
    return "FAILED", describe_end(report), lost
