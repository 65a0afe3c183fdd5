"""Bayesian optimization with a Gaussian process: few trials, good ones."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, option

if TYPE_CHECKING:
    import numpy as np

__all__ = ["GaussianProcess"]


@attrs.define(eq=False)
class GaussianProcess(Algorithm):
    """Fits a Gaussian process to all results, and tries where it expects most improvement.

    Args:
        num_startup: number of results before a model is fitted; until then trials keep away
            from each other. Default: number of parameters + 1, at least 4 and at most 10.
        max_num_trials: number of trials after which it is done. Default: never.
    """

    num_startup: int | None = option(
        "number of results before a model is fitted; default: number of parameters + 1, "
        "at least 4 and at most 10",
        default=None,
        validator=attrs.validators.optional(
            [attrs.validators.instance_of(int), attrs.validators.ge(1)]
        ),
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
        """Return a configuration far from all others, or the most promising by the model."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        from sherpa_gp.data import Data
        from sherpa_gp.proposal import promising, spread

        data = history.cached(self, lambda: Data(history))
        data.update(history)
        running = list(history.running.values())
        if data.num_results < (self.num_startup or min(max(4, len(parameters) + 1), 10)):
            return spread(data, running, rng)
        with _threads().limit(limits=1):
            return promising(data, running, rng)


@cache
def _threads() -> Any:
    """Return what limits linear algebra to one thread.

    The matrices are small, and the number of threads would change the last digits.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
