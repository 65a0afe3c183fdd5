"""Table: a study's ended trials as numbers, the only thing that the analysis looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from sherpa_core import History, SearchSpace, Trial, TrialStatus
from sherpa_core.errors import UserError
from sherpa_core.parameters import Choice, Ordinal, Parameter

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

MOST = 20_000  # trials that are looked at; of more, evenly spaced ones
_FAR = 3.0  # interquartile ranges beyond the worse quartile: further out counts as that far
_DECADES = 2.0  # positive objectives over more powers of ten are compared by their logarithm


@attrs.frozen(eq=False)
class Table:
    """Trials as numbers.

    Args:
        space: the search space.
        lower_is_better: the direction.
        ids: the trials' numbers.
        places: where each value lies in its range, from 0 to 1 (on its own scale; a category's
            middle of its share), NaN where the parameter was inactive. One row for each trial.
        objective: the best objective, NaN where there is none, or the trial failed.
        effort: how long each was trained: resource or generation, else number of iterations.
        unstable: it failed, or its objective was not finite, or ended worse than it began.
        given: a person gave the configuration, no algorithm.
        ended: number of ended trials in the study, of which these are a part.
    """

    space: SearchSpace
    lower_is_better: bool
    ids: Ints
    places: Floats
    objective: Floats
    effort: Floats
    unstable: Bools
    given: Bools
    ended: int

    @classmethod
    def of(cls, history: History) -> Table:
        """Return the table of a history's ended trials."""
        trials: Sequence[Trial] = history.ended
        if len(trials) > MOST:
            picked = np.linspace(0, len(trials) - 1, MOST).astype(int)
            best = {} if history.best is None else {history.best.id: history.best}
            trials = list({**{trials[each].id: trials[each] for each in picked}, **best}.values())
        return cls(
            history.space,
            history.lower_is_better,
            np.array([trial.id for trial in trials], dtype=np.int64),
            _places(history.space, trials),
            np.array([_objective(trial) for trial in trials], dtype=np.float64),
            np.array([_effort(trial) for trial in trials], dtype=np.float64),
            np.array([_unstable(trial, history.lower_is_better) for trial in trials], dtype=bool),
            np.array([trial.origin == "user" for trial in trials], dtype=bool),
            len(history.ended),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def usable(self) -> Bools:
        """Which trials have a finite objective."""
        return np.isfinite(self.objective)

    def best(self, number: int) -> Ints:
        """Return the rows of the best trials, the best first."""
        cost = np.where(self.usable, self.cost(), np.inf)
        order = np.argsort(cost, kind="stable")[:number]
        return order[np.isfinite(cost[order])]

    def cost(self) -> Floats:
        """Return the objective such that lower is better."""
        return self.objective if self.lower_is_better else -self.objective

    def top(self) -> Ints:
        """Return the rows of the best tenth, at least five trials and at most fifty."""
        return self.best(min(50, max(5, int(self.usable.sum()) // 10)))


@attrs.frozen
class Measure:
    """A measure of the objective in which differences mean the same everywhere.

    Far worse values than all others are drawn in, and positive ones over several powers of ten
    are compared by their logarithm: one diverged trial would else explain everything.
    """

    sign: float
    limit: float
    log: bool

    @classmethod
    def of(cls, objective: Floats, lower_is_better: bool) -> Measure:
        """Return the measure for finite objectives."""
        low, high = np.quantile(objective, [0.05, 0.95])
        log = bool(objective.min() > 0) and math.log10(high / low) > _DECADES
        sign = 1.0 if lower_is_better else -1.0
        cost = sign * (np.log10(objective) if log else objective)
        first, third = np.quantile(cost, [0.25, 0.75])
        reach = _FAR * (third - first)
        return cls(sign, float(third + reach) if reach else math.inf, log)

    def cost(self, objective: Floats) -> Floats:
        """Return the measure of objectives, lower is better."""
        cost = self.sign * (np.log10(objective) if self.log else objective)
        drawn: Floats = np.minimum(cost, self.limit)
        return drawn

    def objective(self, cost: Floats) -> Floats:
        """Return the objectives of measures."""
        value = self.sign * cost
        found: Floats = np.power(10.0, value) if self.log else value
        return found


def is_listed(parameter: Parameter) -> bool:
    """Return whether a parameter's values are categories."""
    return isinstance(parameter, Choice | Ordinal)


def _places(space: SearchSpace, trials: Sequence[Trial]) -> Floats:
    places = np.full((len(trials), len(space)), np.nan)
    for row, trial in enumerate(trials):
        values = trial.parameters
        for column, parameter in enumerate(space):
            if parameter.name in values:
                try:
                    places[row, column] = parameter.to_unit(values[parameter.name])
                except (UserError, TypeError, ValueError):  # no value of this space: unknown
                    continue
    clipped: Floats = np.clip(places, 0.0, 1.0)
    return clipped


def _objective(trial: Trial) -> float:
    return math.nan if trial.status is TrialStatus.FAILED else trial.objective


def _effort(trial: Trial) -> float:
    known = {**trial.parameters, **trial.metadata}
    for name in ("resource_total", "generation"):
        value = known.get(name)
        if isinstance(value, int | float):
            return float(value)
    return float(max(trial.iterations, default=0))


def _unstable(trial: Trial, lower_is_better: bool) -> bool:
    if trial.status is TrialStatus.FAILED:
        return True
    values = trial.objectives
    if not all(map(math.isfinite, values)):
        return True
    if len(values) < 3:
        return False
    return values[-1] > values[0] if lower_is_better else values[-1] < values[0]
