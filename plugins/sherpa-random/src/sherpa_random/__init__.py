"""Random search: every trial is drawn independently of all others."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, option

__all__ = ["RandomSearch"]

_at_least_one = attrs.validators.ge(1)


@attrs.define(eq=False)
class RandomSearch(Algorithm):
    """Draws configurations from the parameters' ranges (and priors), independently.

    Source: J. Bergstra and Y. Bengio, Random Search for Hyper-Parameter Optimization,
    JMLR 13 (2012).

    Args:
        max_num_trials: number of trials after which it is done. Default: never.
        repeat: how many trials get each configuration, one after the other.

    Raises:
        ValueError: a number below 1.
    """

    max_num_trials: int | None = option(
        "number of trials, all repetitions counted; without it there is no end",
        default=None,
        validator=attrs.validators.optional([attrs.validators.instance_of(int), _at_least_one]),
    )
    repeat: int = option(
        "how many trials get each configuration",
        default=1,
        validator=[attrs.validators.instance_of(int), _at_least_one],
    )

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any] | AlgorithmState:
        """Return a random configuration, or the last one again where repetitions are due."""
        own = history.num_own
        if self.max_num_trials is not None and own >= self.max_num_trials:
            return AlgorithmState.DONE
        if own % self.repeat:
            return next(
                trial.parameters for trial in reversed(history.trials.values())
                if history.is_own(trial)
            )  # fmt: skip
        return parameters.sample(rng)
