"""Rules that end single trials early."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from sherpa_core import History, StoppingRule, Trial, option
from sherpa_median import CurveRule
from sherpa_stopping.checks import count, not_nan

_whole = attrs.validators.instance_of(int)


@attrs.define(eq=False)
class PercentileRule(CurveRule):
    """Stops a trial whose best so far is not among the best `percentile` percent.

    Compared are the other trials' bests up to the same iteration, as in the median rule, which is
    this rule with 50.

    Args:
        percentile: share of the trials that may go on, in percent.
        min_iterations: a trial is not stopped before it has reported this iteration.
        min_trials: number of trials to compare with that there must be.

    Raises:
        ValueError: an option is out of range.
    """

    percentile: float = option(
        "share of the trials that may go on, in percent",
        default=25.0,
        converter=float,
        validator=[attrs.validators.gt(0), attrs.validators.lt(100)],
        kw_only=True,
    )

    @property
    def share(self) -> float:
        """The share of the trials that may go on."""
        return self.percentile / 100


@attrs.define(eq=False)
class PatienceRule(StoppingRule):
    """Stops a trial that did not improve within a number of iterations.

    Args:
        patience: number of iterations without improvement after which it is stopped.
        min_improvement: by how much a better objective must be better, in the objective's unit.

    Raises:
        ValueError: an option is out of range.
    """

    contract: ClassVar[Mapping[str, Any]] = {"options": {"patience": 2}}

    patience: int = option(
        "number of iterations without improvement after which a trial is stopped",
        validator=count,
    )
    min_improvement: float = option(
        "by how much a better objective must be better",
        default=0.0,
        converter=float,
        validator=attrs.validators.ge(0),
    )

    def should_trial_stop(self, trial: Trial, history: History, lower_is_better: bool) -> bool:
        """Return whether the trial's latest improvement is `patience` iterations ago."""
        best, since = math.nan, 0
        margin = self.min_improvement if lower_is_better else -self.min_improvement
        iterations = trial.iterations
        for iteration, objective in zip(iterations, trial.objectives, strict=True):
            if history.is_better(objective + margin, best):
                best, since = objective, iteration
        if best != best:
            since = iterations[0] if iterations else 0
        return bool(iterations) and max(iterations) - since >= self.patience


@attrs.define(eq=False)
class ThresholdRule(StoppingRule):
    """Stops a trial whose objective leaves the sensible range, or is NaN.

    Args:
        lower: objectives below are not sensible. Default: none.
        upper: objectives above are not sensible. Default: none.
        min_iterations: a trial is not stopped before it has reported this iteration.

    Raises:
        ValueError: neither bound is given, or they are in the wrong order.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"upper": 0.5},
        "direction_symmetric": False,
    }

    lower: float | None = option(
        "objectives below are not sensible",
        default=None,
        converter=attrs.converters.optional(float),
        validator=not_nan,
    )
    upper: float | None = option(
        "objectives above are not sensible",
        default=None,
        converter=attrs.converters.optional(float),
        validator=not_nan,
    )
    min_iterations: int = option(
        "a trial is not stopped before it has reported this iteration",
        default=0,
        validator=[_whole, attrs.validators.ge(0)],
    )

    def __attrs_post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise ValueError("give a lower or an upper bound")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(
                f"lower must be below upper, but {self.lower} is not below {self.upper}"
            )

    def should_trial_stop(self, trial: Trial) -> bool:
        """Return whether the latest objective is outside of the bounds."""
        if not trial.num_observations:
            return False
        latest = trial.observation(trial.num_observations - 1)
        if latest.iteration < self.min_iterations:
            return False
        value = latest.objective
        return (
            value != value
            or (self.lower is not None and value < self.lower)
            or (self.upper is not None and value > self.upper)
        )
