"""CMA-ES: a normal distribution that moves, grows and turns to where the good trials are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, option

if TYPE_CHECKING:
    import numpy as np

    from sherpa_cmaes.evolution import Evolution

__all__ = ["CMAES"]

_whole = attrs.validators.instance_of(int)


@attrs.define(eq=False)
class CMAES(Algorithm):
    """Draws trials from a normal distribution, and adapts it to the better half of each generation.

    Integers and ordinals keep a margin of probability for their other values, choices have a
    distribution of their own. When the distribution has collapsed or the results no longer
    differ, it starts again elsewhere with twice the population. Trials of others that ended
    before its first one are where it begins. The library `cmaes` does the computing.

    Sources: N. Hansen and A. Ostermeier, Completely Derandomized Self-Adaptation in Evolution
    Strategies, Evolutionary Computation 9 (2001); R. Hamano et al., CatCMA with Margin, GECCO
    2025 (arXiv:2504.07884); A. Auger and N. Hansen, A Restart CMA Evolution Strategy With
    Increasing Population Size, CEC 2005.

    Args:
        population_size: number of results of a generation. Default: 4 + 3 log(number of
            parameters), rounded down.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        ValueError: an option is out of range.
    """

    population_size: int | None = option(
        "number of results of a generation; default: 4 + 3 log(number of parameters)",
        default=None,
        validator=attrs.validators.optional([_whole, attrs.validators.ge(4)]),
    )
    max_num_trials: int | None = option(
        "number of trials after which it is done",
        default=None,
        validator=attrs.validators.optional([_whole, attrs.validators.ge(1)]),
    )

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> Suggestion | AlgorithmState:
        """Return a configuration drawn from the distribution as it is now."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        evolution = history.cached(self, lambda: self._evolution(parameters))
        if evolution.layout.is_empty:
            return Suggestion(parameters.sample(rng))
        evolution.update(history)
        evolution.optimizer.reseed_rng(int(rng.random() * 2**32))
        solution = evolution.optimizer.ask()
        layout = evolution.layout
        return Suggestion(
            layout.configuration(solution),
            metadata={
                "drawn": layout.drawn(solution),
                "restart": evolution.restart,
                "before": evolution.before,
            },
        )

    def _evolution(self, parameters: SearchSpace) -> Evolution:
        from sherpa_cmaes.evolution import Evolution
        from sherpa_cmaes.layout import Layout

        return Evolution(Layout(parameters), self.population_size)
