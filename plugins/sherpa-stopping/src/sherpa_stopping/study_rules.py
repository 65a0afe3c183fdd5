"""Rules that end a whole study: no further trial starts, running ones may end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from sherpa_core import History, StoppingRule, option
from sherpa_stopping.checks import count, not_nan

_positive = attrs.validators.gt(0)


@attrs.define(eq=False)
class NoImprovement(StoppingRule):
    """Ends the study when the last trials brought nothing better.

    Args:
        num_trials: number of trials without improvement after which the study ends.
        min_improvement: by how much a better objective must be better, in the objective's unit.

    Raises:
        ValueError: an option is out of range.
    """

    contract: ClassVar[Mapping[str, Any]] = {"options": {"num_trials": 3}}

    num_trials: int = option(
        "number of trials without improvement after which the study ends",
        validator=count,
    )
    min_improvement: float = option(
        "by how much a better objective must be better",
        default=0.0,
        converter=float,
        validator=attrs.validators.ge(0),
    )

    def should_study_stop(self, history: History, lower_is_better: bool) -> bool:
        """Return whether the last `num_trials` ended trials are no better than those before."""
        progress = history.cached(self, _Progress)
        progress.update(history, lower_is_better, self.min_improvement)
        return progress.since >= self.num_trials


class _Progress:
    """How many trials have ended since the last improvement."""

    def __init__(self) -> None:
        self.since = 0
        self._best = float("nan")
        self._seen = 0

    def update(self, history: History, lower_is_better: bool, margin: float) -> None:
        for trial in history.ended[self._seen :]:
            self.since += 1
            if trial.status == "FAILED" or trial.best is None:
                continue
            least = trial.objective + (margin if lower_is_better else -margin)
            if self._best != self._best or history.is_better(least, self._best):
                self._best, self.since = trial.objective, 0
        self._seen = len(history.ended)


@attrs.define(eq=False)
class TargetReached(StoppingRule):
    """Ends the study when a trial is at least as good as a target.

    Args:
        target: the objective to reach.

    Raises:
        ValueError: the target is NaN, which nothing reaches.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"target": 0.5},
        "direction_symmetric": False,
    }

    target: float = option("the objective to reach", converter=float, validator=not_nan)

    def should_study_stop(self, history: History, lower_is_better: bool) -> bool:
        """Return whether the best objective is at least as good as the target."""
        best = history.best
        if best is None:
            return False
        return not history.is_better(self.target, best.objective)


@attrs.define(eq=False)
class TimeLimit(StoppingRule):
    """Ends the study when its trials together, or the study itself, took too long.

    Args:
        seconds: time from the study's creation to the end of its latest trial, interruptions
            included.

    Raises:
        ValueError: the time is not positive.
    """

    contract: ClassVar[Mapping[str, Any]] = {"options": {"seconds": 30}}

    seconds: float = option(
        "time from the study's creation to the end of its latest trial",
        converter=float,
        validator=_positive,
    )

    def should_study_stop(self, history: History) -> bool:
        """Return whether the latest end lies further behind the creation than the limit."""
        if not history.ended:
            return False
        ended = history.ended[-1].ended
        return ended is not None and ended - history.created >= self.seconds


@attrs.define(eq=False)
class FailureLimit(StoppingRule):
    """Ends the study when the last trials have all failed.

    Args:
        num_trials: number of failed trials, one after the other, after which the study ends.

    Raises:
        ValueError: the number is below 1.
    """

    contract: ClassVar[Mapping[str, Any]] = {"options": {"num_trials": 2}}

    num_trials: int = option(
        "number of failed trials, one after the other, after which the study ends",
        default=10,
        validator=count,
    )

    def should_study_stop(self, history: History) -> bool:
        """Return whether the trials that ended last, as many as that, have failed."""
        last = history.ended[-self.num_trials :]
        return len(last) == self.num_trials and all(trial.status == "FAILED" for trial in last)
