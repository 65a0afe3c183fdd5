"""Hyperband: ASHA at several levels of aggressiveness at once."""

from __future__ import annotations

import attrs

from sherpa_asha.asha import Halving, _at_least
from sherpa_asha.rungs import Brackets, resources
from sherpa_core import option


@attrs.define(eq=False)
class Hyperband(Halving):
    """Asynchronous Hyperband: one ASHA bracket for each early-stopping rate s = 0, 1, ...

    The most aggressive bracket (s = 0) begins with resource r, the last one trains every
    configuration with the full resource: right where short trainings mislead. All brackets get
    equal shares of the resource. Trials hold the same keys as those of `SuccessiveHalving`.

    Source: L. Li et al., Hyperband, JMLR 18 (2018), with the brackets of L. Li et al., A System
    for Massively Parallel Hyperparameter Tuning, MLSys 2020, section 3.2 (asynchronous Hyperband).

    Args:
        r: minimum resource of a trial, for example epochs.
        R: maximum resource of a trial.
        eta: the best 1/eta of each rung are promoted, to eta times the resource.
        max_finished_configs: it is done when that many trials completed a top rung.

    Raises:
        ValueError: an option is out of range.
    """

    max_finished_configs: int = option(
        "it is done when that many trials completed a top rung",
        default=50,
        validator=_at_least(1),
    )

    @property
    def limit(self) -> int:
        """How many trials at a top rung are wanted, all brackets together."""
        return self.max_finished_configs

    def ladders(self) -> list[list[int]]:
        """Return the resources of the rungs of each bracket, the most aggressive first."""
        deepest = resources(self.r, self.R, self.eta)
        return [deepest[s:] for s in range(len(deepest))]

    def next_bracket(self, brackets: Brackets) -> int:
        """Return the bracket that has got the least resource so far."""
        return min(range(len(brackets.spent)), key=lambda number: brackets.spent[number])
