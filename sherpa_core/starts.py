"""Trials whose jobs could not be started: whether that was their own fault shows later."""

from __future__ import annotations

from sherpa_core.engine import Engine
from sherpa_core.errors import SchedulerError, Unreachable, listed
from sherpa_core.trial import Trial

_MOST = 3  # failures in a row after which it is not the trials' fault


class Unstarted:
    """The trials that could not be started since a job last was.

    A trial has failed only when another one could be started after it. Otherwise (a full disk,
    a cluster that is down) it starts again when the study is continued.
    """

    def __init__(self) -> None:
        self._errors: dict[Trial, SchedulerError] = {}

    def __contains__(self, trial: Trial) -> bool:
        return trial in self._errors

    def add(self, trial: Trial, error: SchedulerError) -> None:
        """Note a failure; raises `SchedulerError` after three in a row.

        Raises `Unreachable` at once: nothing was tried.
        """
        if isinstance(error, Unreachable):
            raise error
        self._errors[trial] = error
        if len(self._errors) >= _MOST:
            self.check()

    def settle(self, engine: Engine) -> None:
        """Write down that the trials failed: another one could be started."""
        for trial, error in self._errors.items():
            engine.finish(trial, "FAILED", f"could not start: {error}")
        self._errors.clear()

    def check(self) -> None:
        """Raise `SchedulerError` if there are any."""
        if self._errors:
            cause = next(reversed(self._errors.values()))
            ids = listed(trial.id for trial in self._errors)
            raise SchedulerError(f"no trial could be started, lately {ids}: {cause}") from cause
