"""SuccessiveHalving: asynchronous successive halving (ASHA)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs
import numpy as np

from sherpa_asha.rungs import Brackets, resources
from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, option

_whole = attrs.validators.instance_of(int)


def _at_least(low: int) -> Any:
    return [_whole, attrs.validators.ge(low)]


@attrs.define(eq=False)
class Halving(Algorithm):
    """What ASHA and Hyperband share: brackets of rungs, and promotion between them.

    Args:
        r: minimum resource of a trial, for example epochs.
        R: maximum resource of a trial.
        eta: the best 1/eta of each rung are promoted, to eta times the resource.
        max_finished_configs: it is done when that many trials completed a top rung.
    """

    r: int = option("minimum resource of a trial", default=1, validator=_at_least(1))
    R: int = option("maximum resource of a trial", default=9, validator=_at_least(1))
    eta: int = option(
        "the best 1/eta of each rung go on with eta times the resource",
        default=3,
        validator=_at_least(2),
    )

    def __attrs_post_init__(self) -> None:
        if self.r > self.R:
            raise ValueError(f"r must be at most R, but r is {self.r} and R is {self.R}")

    @property
    def limit(self) -> int:
        """How many trials at a top rung are wanted."""
        raise NotImplementedError

    def ladders(self) -> list[list[int]]:
        """Return the resources of the rungs of each bracket."""
        raise NotImplementedError

    def next_bracket(self, brackets: Brackets) -> int:
        """Return the bracket in which the next new configuration starts."""
        raise NotImplementedError

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> Suggestion | AlgorithmState:
        """Return a promotion where one is due, else a new configuration."""
        brackets = self._brackets(history)
        if brackets.finished >= self.limit:
            return AlgorithmState.DONE
        for number, rungs in enumerate(brackets.rungs):
            for rung in reversed(range(len(rungs) - 1)):
                parent = rungs[rung].promotable(self.eta)
                if parent is not None:
                    return self._suggest(history, number, rung + 1, parent, {})
        configuration = self.new_configuration(parameters, history, rng)
        return self._suggest(history, self.next_bracket(brackets), 0, None, configuration)

    def new_configuration(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any]:
        """Return what a trial at a lowest rung tries: a random configuration."""
        return parameters.sample(rng)

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return the trials that may still be promoted.

        The best are promoted first, so of each rung no more can follow than the rungs above can
        still take in: at the top what is wanted, and what starts meanwhile or fails.
        """
        brackets = self._brackets(history)
        kept: set[int] = set()
        if brackets.finished >= self.limit:
            return kept
        for rungs in brackets.rungs:
            room = self.limit - brackets.finished + history.run.max_concurrent
            for rung in reversed(rungs[:-1]):
                kept.update(id for _, id in rung.waiting[:room])
                room = (room + 1) * self.eta
        return kept

    def _brackets(self, history: History) -> Brackets:
        brackets = history.cached(self, lambda: Brackets(self.ladders()))
        brackets.update(history)
        return brackets

    def _suggest(
        self,
        history: History,
        bracket: int,
        rung: int,
        parent: int | None,
        configuration: dict[str, Any],
    ) -> Suggestion:
        ladder = self.ladders()[bracket]
        load_from = ""
        if parent is not None:
            configuration = history.trials[parent].parameters
            load_from = configuration["save_to"]
        start = sum(ladder[:rung])
        keys = {
            "save_to": str(history.last_id + 1),
            "resource": ladder[rung],
            "resource_start": start,
            "resource_total": start + ladder[rung],
            "rung": rung,
            "load_from": load_from,
        }
        return Suggestion(
            {**configuration, **keys}, parent, metadata={"bracket": bracket, "rung": rung}
        )


@attrs.define(eq=False)
class SuccessiveHalving(Halving):
    """Asynchronous successive halving: many short trainings, of which the best go on.

    A trial holds, beside its configuration, `resource` (what to train in this trial), `rung`,
    `load_from` and `save_to` (names of the parent's checkpoint and of its own; `load_from` is
    empty at the lowest rung), `resource_start` and `resource_total` (what was trained before this
    trial and after it).

    Source: L. Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020
    (arXiv:1810.05934), algorithm 2.

    Args:
        r: minimum resource of a trial, for example epochs.
        R: maximum resource of a trial.
        eta: the best 1/eta of each rung are promoted, to eta times the resource.
        s: minimum early-stopping rate: the lowest rung has resource r·eta^s.
        max_finished_configs: it is done when that many trials completed the top rung.

    Raises:
        ValueError: an option is out of range, or there is no rung between r·eta^s and R.
    """

    s: int = option(
        "minimum early-stopping rate: the lowest rung has resource r*eta**s",
        default=0,
        validator=_at_least(0),
    )
    max_finished_configs: int = option(
        "it is done when that many trials completed the top rung",
        default=50,
        validator=_at_least(1),
    )

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not self.ladders()[0]:
            raise ValueError(
                f"s is too large: r*eta**s = {self.r * self.eta**self.s} exceeds R = {self.R}"
            )

    @property
    def limit(self) -> int:
        """How many trials at the top rung are wanted."""
        return self.max_finished_configs

    def ladders(self) -> list[list[int]]:
        """Return the resources of the rungs of the only bracket."""
        return [resources(self.r, self.R, self.eta, self.s)]

    def next_bracket(self, brackets: Brackets) -> int:
        """Return 0: there is one bracket."""
        return 0
