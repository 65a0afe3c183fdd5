"""MedianStoppingRule, and what it shares with rules at other quantiles."""

from __future__ import annotations

import attrs

from sherpa_core import History, StoppingRule, Trial, option
from sherpa_median.bests import Bests


@attrs.define(eq=False)
class CurveRule(StoppingRule):
    """Stops a trial whose best so far is worse than a quantile of the others' bests.

    The others' bests are taken up to the same iteration, over the trials that got that far and
    did not fail. A trial whose observations are all NaN is stopped. Rules that derive from this
    one say with `share` which part of the trials may go on.

    Args:
        min_iterations: a trial is not stopped before it has reported this iteration.
        min_trials: number of trials to compare with that there must be.

    Raises:
        ValueError: a negative number, or `min_trials` below 1.
    """

    min_iterations: int = option(
        "a trial is not stopped before it has reported this iteration",
        default=0,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(0)],
    )
    min_trials: int = option(
        "number of trials to compare with that there must be",
        default=1,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)],
    )

    @property
    def share(self) -> float:
        """The share of the trials that may go on, between 0 and 1."""
        return 0.5

    def should_trial_stop(self, trial: Trial, history: History, lower_is_better: bool) -> bool:
        """Return whether the trial is worse than the quantile at its latest iteration."""
        bests = history.cached(self, Bests)
        bests.update(history)
        iteration = bests.latest(trial)
        if iteration is None or iteration < self.min_iterations:
            return False
        objective = trial.objective
        if objective != objective:
            return True  # all NaN
        share = self.share if lower_is_better else 1 - self.share
        limit = bests.quantile_of_others(trial, iteration, share, self.min_trials)
        if limit is None:
            return False
        return objective > limit if lower_is_better else objective < limit


@attrs.define(eq=False)
class MedianStoppingRule(CurveRule):
    """Stops a trial whose best objective so far is worse than the median of the others'.

    The others' bests are taken up to the same iteration, over the trials that got that far and
    did not fail. A trial whose observations are all NaN is stopped.

    Source: D. Golovin et al., Google Vizier: A Service for Black-Box Optimization, KDD 2017,
    section 3.2.2, with bests in place of running averages.

    Args:
        min_iterations: a trial is not stopped before it has reported this iteration.
        min_trials: number of trials to compare with that there must be.

    Raises:
        ValueError: a negative number, or `min_trials` below 1.
    """
