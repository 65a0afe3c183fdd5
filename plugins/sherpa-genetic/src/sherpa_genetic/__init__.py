"""Genetic search: new configurations are crosses of the best third, with mutations."""

from __future__ import annotations

from bisect import insort
from typing import Any

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Trial, UserError, option

__all__ = ["Genetic"]

#: As long as fewer trials have an objective, configurations are random.
MIN_CANDIDATES = 10


@attrs.define(eq=False)
class Genetic(Algorithm):
    """Crosses two of the best third of all trials, value by value, and mutates some values.

    Source: the SHERPA manual, "Writing Your Own Algorithm".

    Args:
        mutation_rate: probability that a value is drawn anew from its range.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        ValueError: an option is out of range.
    """

    mutation_rate: float = option(
        "probability that a value is drawn anew from its range",
        default=0.1,
        converter=float,
        validator=[attrs.validators.ge(0), attrs.validators.le(1)],
    )
    max_num_trials: int | None = option(
        "number of trials after which it is done",
        default=None,
        validator=attrs.validators.optional(
            [attrs.validators.instance_of(int), attrs.validators.ge(1)]
        ),
    )

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any] | AlgorithmState:
        """Return a cross of two good configurations, at first random ones."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        ranking = history.cached(self, _Ranking)
        ranking.update(history)
        fresh = parameters.sample(rng)
        if len(ranking.ranked) < MIN_CANDIDATES:
            return fresh
        best = len(ranking.ranked) // 3
        draws = rng.random(2 + 2 * len(parameters)).tolist()
        parents = [
            history.trials[ranking.ranked[int(draw * best)][1]].parameters for draw in draws[:2]
        ]
        child: dict[str, Any] = {}
        for place, parameter in enumerate(parameters.ordered):
            name = parameter.name
            if not parameters.is_active(name, child):
                continue
            mutate, side = draws[2 + 2 * place], draws[3 + 2 * place]
            carriers = [parent for parent in parents if name in parent]
            if mutate < self.mutation_rate or not carriers:
                value = fresh[name] if name in fresh else parameter.sample(rng)
            else:
                value = carriers[int(side * len(carriers))][name]
            child[name] = value
        return child


def _is_within(space: SearchSpace, trial: Trial) -> bool:
    """Return whether a trial's values lie in the search space: other algorithms may leave it."""
    try:
        space.restore(trial.parameters)
    except UserError:
        return False
    return True


class _Ranking:
    """The trials that have an objective and did not fail, best first, grown with the history."""

    def __init__(self) -> None:
        self.ranked: list[tuple[float, int]] = []
        self._seen = 0

    def update(self, history: History) -> None:
        """Take in the trials that ended since the last call."""
        for trial in history.ended[self._seen :]:
            if (
                trial.status != "FAILED"
                and trial.best is not None
                and _is_within(history.space, trial)
            ):
                insort(self.ranked, (self._key(trial, history), trial.id))
        self._seen = len(history.ended)

    @staticmethod
    def _key(trial: Trial, history: History) -> float:
        return trial.objective if history.lower_is_better else -trial.objective
