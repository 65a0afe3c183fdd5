"""The evolution of the search distribution, replayed from a history and grown with it."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from cmaes import CatCMAwM

from sherpa_cmaes.layout import Array, Layout
from sherpa_core.history import History
from sherpa_core.trial import Trial

#: The share of the trials of others that the first distribution is made from, the best ones.
BEST_SHARE = 0.1
#: The standard deviation that it has at least, as a share of the range.
LEAST_SPREAD = 0.1


class Evolution:
    """The search distribution of one study.

    A generation closes when the results of a population are in, in the order in which they came;
    those that come late count in the generation that is open, those of before a restart do not.

    Args:
        layout: the optimizer's variables.
        population_size: of the first run; each restart doubles it. None: the library's default.

    Attributes:
        before: how many trials had ended before the first own one was suggested: the first
            distribution is made from them.
        restart: number of restarts so far.
        optimizer: the library's optimizer.
    """

    optimizer: CatCMAwM

    def __init__(self, layout: Layout, population_size: int | None) -> None:
        self.layout = layout
        self.before = 0
        self.restart = 0
        self._population_size = population_size
        self._has_begun = False
        self._results: list[tuple[CatCMAwM.Solution, float]] = []
        self._num_ended = 0

    def update(self, history: History) -> None:
        """Take in the trials that ended since the last call."""
        if not self._has_begun:
            own = (each for each in history.trials.values() if self._is_mine(each, history))
            first = next(own, None)
            self._has_begun = first is not None
            self.before = first.metadata["before"] if first else len(history.ended)
            known = _known(self.layout, history, self.before)
            self._begin(self._population_size, *known)
        for trial in history.ended[self._num_ended :]:
            if self._is_mine(trial, history) and trial.metadata["restart"] == self.restart:
                cost = cost_of(trial, history.lower_is_better)
                self._results.append((self.layout.solution(**trial.metadata["drawn"]), cost))
                if len(self._results) == self.optimizer.population_size:
                    self._close_generation(int(history.config["seed"]))
        self._num_ended = len(history.ended)

    def _is_mine(self, trial: Trial, history: History) -> bool:
        drawn = trial.metadata.get("drawn", {})
        return history.is_own(trial) and bool(drawn) and self.layout.fits(**drawn)

    def _begin(
        self, population_size: int | None, center: Array, covariance: Array, shares: list[Array]
    ) -> None:
        self.optimizer = self.layout.optimizer(population_size, center, covariance, shares)
        patience = 10 + math.ceil(30 * len(self.layout.space) / self.optimizer.population_size)
        self._spans: deque[tuple[float, float]] = deque(maxlen=patience)

    def _close_generation(self, seed: int) -> None:
        """Tell the results as ranks: infinities and numbers of any size are as good as others."""
        ranked = sorted(self._results, key=lambda result: result[1])
        self._spans.append((ranked[0][1], ranked[-1][1]))
        self.optimizer.tell([(result[0], float(rank)) for rank, result in enumerate(ranked)])
        self._results = []
        if self._has_converged():
            self.restart += 1
            draws = np.random.Generator(np.random.Philox(key=[seed, self.restart]))
            center = draws.random(len(self.layout.numbers))
            self._begin(
                2 * self.optimizer.population_size,
                center,
                self.layout.covariance(),
                self.layout.shares(),
            )

    def _has_converged(self) -> bool:
        lowest, highest = min(low for low, _ in self._spans), max(high for _, high in self._spans)
        if len(self._spans) == self._spans.maxlen and highest - lowest <= 1e-12 * abs(lowest):
            return True
        return bool(self.layout.numbers) and self.optimizer.should_stop()


def cost_of(trial: Trial, lower_is_better: bool) -> float:
    """Return a trial's objective, lower is better; infinity where it failed or has none."""
    if trial.status == "FAILED" or trial.best is None:
        return math.inf
    return trial.objective if lower_is_better else -trial.objective


def _known(layout: Layout, history: History, num_before: int) -> tuple[Array, Array, list[Array]]:
    """Return center, covariance and shares of the best of the trials before the first own one.

    Source: M. Nomura et al., Warm Starting CMA-ES for Hyperparameter Optimization, AAAI 2021.
    """
    center, covariance, shares = layout.center(), layout.covariance(), layout.shares()
    costs = [
        (cost_of(trial, history.lower_is_better), place)
        for place, trial in enumerate(history.ended[:num_before])
    ]
    finite = sorted(each for each in costs if each[0] < math.inf)
    if not finite:
        return center, covariance, shares
    best = finite[: max(1, int(BEST_SHARE * len(finite)))]
    points = np.array([layout.space.encode(history.ended[place].parameters) for _, place in best])
    numbers = points[:, layout.numbers]
    numbers = np.where(np.isnan(numbers), 0.5, numbers)
    center = numbers.mean(axis=0)
    apart = numbers - center
    covariance = apart.T @ apart / len(best) + np.eye(len(center)) * LEAST_SPREAD**2
    for row, (column, levels) in enumerate(layout.lists.items()):
        counts = (np.abs(points[:, column, None] - levels) < 1e-9).sum(axis=0)
        shares[row] = (counts + 1.0) / (counts.sum() + len(levels))
    return center, covariance, shares
