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
from sherpa_insight.length import at_full_length
from sherpa_insight.measure import Floats

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

MOST = 20_000  # trials that are looked at; of more, evenly spaced ones


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
        full: the same at full length of training, partly estimated, see `length.py`; NaN also for
            a trial that another one continues with the same configuration.
        unstable: it failed, or its objective was not finite, or ended worse than it began.
        given: a person gave the configuration, no algorithm.
        ended: number of ended trials in the study, of which these are a part.
    """

    space: SearchSpace
    lower_is_better: bool
    ids: Ints
    places: Floats
    objective: Floats
    full: Floats
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
        objective = np.array([_objective(trial) for trial in trials], dtype=np.float64)
        return cls(
            history.space,
            history.lower_is_better,
            np.array([trial.id for trial in trials], dtype=np.int64),
            _places(history.space, trials),
            objective,
            at_full_length(history, trials, objective),
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

    @property
    def comparable(self) -> Ints:
        """The rows of the trials that can be compared at full length."""
        return np.flatnonzero(np.isfinite(self.full))

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


def _unstable(trial: Trial, lower_is_better: bool) -> bool:
    if trial.status is TrialStatus.FAILED:
        return True
    values = trial.objectives
    if not all(map(math.isfinite, values)):
        return True
    if len(values) < 3:
        return False
    return values[-1] > values[0] if lower_is_better else values[-1] < values[0]
