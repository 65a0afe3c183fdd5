"""PopulationBasedTraining: generations of trials that inherit models and configurations."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar

import attrs
import numpy as np

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    History,
    SearchSpace,
    Suggestion,
    Trial,
    UserError,
    option,
)
from sherpa_pbt.perturbation import perturb

_whole = attrs.validators.instance_of(int)


def _range(value: Mapping[str, Any]) -> dict[str, list[Any]]:
    ranges = {}
    if not isinstance(value, Mapping):
        raise ValueError(f"parameter_range must be a dict of [low, high], but is {value!r}")
    for name, ends in value.items():
        if (
            not isinstance(ends, list | tuple)
            or len(ends) != 2
            or not all(isinstance(end, Real) and math.isfinite(end) for end in ends)
            or ends[0] == ends[1]
        ):
            raise ValueError(f"parameter_range of {name!r} must be [low, high], but is {ends!r}")
        ranges[name] = sorted(ends)
    return ranges


def _factors(value: Sequence[float]) -> list[float]:
    factors = [float(factor) for factor in value]
    if not factors or not all(0 < factor < math.inf for factor in factors):
        raise ValueError(f"perturbation_factors must be positive numbers, but are {value!r}")
    return factors


@attrs.define(eq=False)
class PopulationBasedTraining(Algorithm):
    """Trains a population in generations; the worst fifth continues from the best ones.

    The first generation is random. Of each generation the best 80 % go on unchanged; the rest is
    replaced by perturbed copies of the best 20 % of all trials up to that generation. Every trial
    trains one generation long: it loads the model `load_from` (empty in the first generation) and
    saves its own as `save_to`. Further keys of a trial: `generation` (from 1) and `lineage` (the
    ids of its ancestors, `'1,6,12,'`).

    Source: M. Jaderberg et al., Population Based Training of Neural Networks, 2017
    (arXiv:1711.09846), in the form of the SHERPA manual.

    Args:
        num_generations: number of generations.
        population_size: number of trials in each generation, at least 2.
        parameter_range: bounds of perturbation by parameter name, `[low, high]`; may be wider
            than the declared ranges. Default: the declared ranges.
        perturbation_factors: numbers are multiplied by one of these.

    Raises:
        ValueError: an option is out of range.
    """

    widens_ranges = True

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"num_generations": 50, "population_size": 5},
        "startup_trials": 5,
        "may_wait": True,
    }

    num_generations: int = option(
        "number of generations", validator=[_whole, attrs.validators.ge(1)]
    )
    population_size: int = option(
        "number of trials in each generation",
        default=20,
        validator=[_whole, attrs.validators.ge(2)],
    )
    parameter_range: dict[str, list[Any]] = option(
        "bounds of perturbation by parameter name, [low, high]", factory=dict, converter=_range
    )
    perturbation_factors: list[float] = option(
        "numbers are multiplied by one of these",
        factory=lambda: [0.8, 1.2],
        converter=_factors,
    )

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a `parameter_range` of what is not a numeric parameter."""
        for name in self.parameter_range:
            if parameters.parameter(name).type not in ("continuous", "discrete"):
                raise UserError(f"parameter_range names {name!r}, which is not a numeric parameter")

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> Suggestion | AlgorithmState:
        """Return the next member of the current generation; WAIT for the one before to end."""
        size = self.population_size
        population = history.cached(self, _Population)
        population.update(history)
        generation, place = divmod(len(population.members), size)
        if generation >= self.num_generations:
            return AlgorithmState.DONE
        if generation == 0:
            return self._suggest(history, 1, parameters.sample(rng), None)
        before = population.members[(generation - 1) * size : generation * size]
        if any(trial.id in history.running for trial in before):
            return AlgorithmState.WAIT
        survivors = sorted(
            (trial for trial in before if _is_usable(trial)), key=population.key(history)
        )[: size - max(1, round(0.2 * size))]
        if place < len(survivors):
            parent = survivors[place]
            return self._suggest(history, generation + 1, parent.parameters, parent)
        best = population.best(history, generation * size)
        if not best:
            return self._suggest(history, generation + 1, parameters.sample(rng), None)
        parent = best[int(rng.random() * len(best))]
        changed = perturb(
            parameters, parent.parameters, self.parameter_range, self.perturbation_factors, rng
        )
        return self._suggest(history, generation + 1, changed, parent)

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return the last two generations and the best fifth of those that have ended."""
        population = history.cached(self, _Population)
        population.update(history)
        size = self.population_size
        ended = (len(population.members) - 1) // size * size
        last = population.members[max(ended - size, 0) :]
        return {trial.id for trial in (*last, *population.best(history, ended))}

    @staticmethod
    def _suggest(
        history: History, generation: int, configuration: Mapping[str, Any], parent: Trial | None
    ) -> Suggestion:
        lineage = load_from = ""
        if parent is not None:
            lineage = f"{parent.parameters['lineage']}{parent.id},"
            load_from = parent.parameters["save_to"]
        keys = {
            "generation": generation,
            "load_from": load_from,
            "save_to": str(history.last_id + 1),
            "lineage": lineage,
        }
        return Suggestion(
            {**configuration, **keys},
            None if parent is None else parent.id,
            metadata={"generation": generation},
        )


def _is_usable(trial: Trial) -> bool:
    """Return whether the trial has a model to go on with and an objective to be ranked by."""
    return trial.status == "COMPLETED" and trial.best is not None


class _Population:
    """The algorithm's own trials in their order, grown with the history."""

    def __init__(self) -> None:
        self.members: list[Trial] = []
        self._last_id = 0
        self._ranked: list[tuple[float, int]] = []
        self._num_ranked = 0

    def update(self, history: History) -> None:
        """Take in the trials that were added since the last call."""
        for id in range(self._last_id + 1, history.last_id + 1):
            trial = history.trials.get(id)
            if trial is not None and history.is_own(trial) and "generation" in trial.metadata:
                self.members.append(trial)
        self._last_id = history.last_id

    @staticmethod
    def key(history: History) -> Callable[[Trial], tuple[float, int]]:
        """Return the sort key that puts the best trial first, the earliest of equal ones."""
        sign = 1 if history.lower_is_better else -1
        return lambda trial: (sign * trial.objective, trial.id)

    def best(self, history: History, count: int) -> list[Trial]:
        """Return the best fifth of the first `count` members, which have all ended.

        At least one, if any of them is usable.
        """
        key = self.key(history)
        for trial in self.members[self._num_ranked : count]:
            if _is_usable(trial):
                insort(self._ranked, key(trial))
        self._num_ranked = max(self._num_ranked, count)
        return [history.trials[id] for _, id in self._ranked[: max(1, len(self._ranked) // 5)]]
