"""Objectives: functions that train a trial, and the trial that they are called with."""

from __future__ import annotations

import importlib
import math
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sherpa_core.errors import TrialStopped, UserError
from sherpa_core.events import Event
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.reports import observation_event
from sherpa_core.trial import TrainedTrial

Objective = Callable[["ObjectiveTrial"], Any]


class ObjectiveTrial(TrainedTrial):
    """The trial that an objective function is called with.

    Attributes:
        load_dir: folder with its parent's checkpoint, empty if it has none to load.
        save_dir: folder for its own checkpoint, empty if the study has no folder.
        output_dir: the study's folder as text, empty if it has none.
    """

    __slots__ = ("_reported", "_send", "output_dir")

    def __init__(
        self,
        id: int,
        parameters: Mapping[str, Any],
        send: Callable[[Event], tuple[str, bool]],
        output_dir: str,
        load_dir: str = "",
        save_dir: str = "",
    ) -> None:
        super().__init__(id, parameters, load_dir, save_dir)
        self.output_dir = output_dir
        self._send = send
        self._reported: dict[int, float] = {}

    def report(
        self,
        objective: float,
        iteration: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Report one observation.

        Args:
            objective: its value.
            iteration: for example the epoch. Default: one more than the last one.
            context: other metrics by name.

        Raises:
            TrialStopped: the trial is to end; let it pass.
            UserError: a value is not what it should be.
        """
        if iteration is None:
            iteration = self._last_iteration + 1
        event = observation_event(
            self.id, self.attempt, objective, iteration, context, self._parameters
        )
        if event["iteration"] in self._reported:
            raise UserError(f"trial {self.id} has reported iteration {event['iteration']} already")
        error, stop = self._send(event)
        if error:
            raise UserError(error)
        self._reported[event["iteration"]] = event["objective"]
        if stop:
            raise TrialStopped(f"trial {self.id} is to stop")

    def _finish(self, returned: Any) -> None:
        """Report what the function returned, unless that was its last report."""
        last = self._reported.get(self._last_iteration)
        if returned is None or (last is not None and _same(returned, last)):
            return
        self.report(returned)

    @property
    def _last_iteration(self) -> int:
        return next(reversed(self._reported), 0)


def load_objective(objective: str | Objective) -> Objective:
    """Return the function that is meant by itself or by `module:function`.

    Raises:
        UserError: there is no such function.
    """
    if not isinstance(objective, str):
        if not callable(objective):
            raise UserError(f"objective must be a function or 'module:function', not {objective!r}")
        return objective
    module, colon, name = objective.partition(":")
    if not colon or not module or not name:
        raise UserError(f"objective must look like 'module:function', but is {objective!r}")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:  # the module is the user's own: it may do anything
        reason = f"{type(error).__name__}: {error}"
        raise UserError(f"objective {objective!r} cannot be imported: {reason}") from error
    if not callable(found):
        raise UserError(f"objective {objective!r} is not a function")
    function: Objective = found
    return function


def call(objective: Objective, trial: ObjectiveTrial) -> JobReport:
    """Call an objective function and return how that ended; what it raises is printed."""
    report = JobReport(JobStatus.finished, 0)
    try:
        trial._finish(objective(trial))
    except TrialStopped:
        pass
    except BaseException as error:  # noqa: BLE001 - also SystemExit ends a trial only
        if not (isinstance(error, SystemExit) and not error.code):
            traceback.print_exc()
            reason = "out_of_memory" if isinstance(error, MemoryError) else "exception"
            message = f"{type(error).__name__}: {error}".removesuffix(": ")
            report = JobReport(JobStatus.failed, reason=reason, message=message)
    with suppress(OSError, ValueError):  # a full disk, or closed by the function
        sys.stdout.flush()
        sys.stderr.flush()
    return report


def _same(returned: Any, last: float) -> bool:
    try:
        return bool(returned == last) or (math.isnan(returned) and math.isnan(last))
    except (TypeError, ValueError):
        return False
