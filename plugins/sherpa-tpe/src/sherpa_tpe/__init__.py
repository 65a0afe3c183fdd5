"""Tree-structured Parzen estimators: what the good trials have and the others have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, option

if TYPE_CHECKING:
    import numpy as np

    from sherpa_tpe.record import Record

__all__ = ["TPE"]

_whole = attrs.validators.instance_of(int)


@attrs.define(eq=False)
class TPE(Algorithm):
    """Models where the good trials lie and where the others do, and tries what tells them apart.

    Both are densities with a component around each trial. Configurations are drawn from the
    density of the good trials, and the one with the highest ratio of the two densities is
    suggested. Trials that failed or reported no number count among the others, so do those that
    are running: the search keeps away from them.

    Sources: J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011;
    S. Watanabe, Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and
    Their Roles for Better Empirical Performance, 2023 (arXiv:2304.11127).

    Args:
        multivariate: whether one density covers all parameters, so that it knows which values go
            together; otherwise each parameter has its own.
        num_startup: number of results before which trials are random.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        ValueError: an option is out of range.
    """

    multivariate: bool = option(
        "whether one density covers all parameters; otherwise each has its own",
        default=True,
        validator=attrs.validators.instance_of(bool),
    )
    num_startup: int = option(
        "number of results before which trials are random",
        default=10,
        validator=[_whole, attrs.validators.ge(1)],
    )
    max_num_trials: int | None = option(
        "number of trials after which it is done",
        default=None,
        validator=attrs.validators.optional([_whole, attrs.validators.ge(1)]),
    )

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any] | AlgorithmState:
        """Return the most promising of some configurations, at first random ones."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        record = self._record(history)
        if len(record.ranked) < self.num_startup:
            return parameters.sample(rng)
        from sherpa_tpe.proposal import propose, propose_each

        return (propose if self.multivariate else propose_each)(record, rng)

    def _record(self, history: History) -> Record:
        from sherpa_tpe.record import Record

        record = history.cached(self, lambda: Record(history))
        record.update(history)
        return record
