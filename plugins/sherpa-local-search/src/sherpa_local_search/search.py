"""LocalSearch: hill climbing from a configuration that is already good."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, Trial, option
from sherpa_local_search.moves import Configuration, moves


def _factors(value: Sequence[float]) -> list[float]:
    factors = [float(factor) for factor in value]
    if not factors or 1.0 in factors or not all(0 < factor < math.inf for factor in factors):
        raise ValueError(
            f"perturbation_factors must be positive numbers other than 1, but are {value!r}"
        )
    return factors


def _configuration(value: Mapping[str, Any]) -> Configuration:
    if not isinstance(value, Mapping):
        raise ValueError(f"seed_configuration must be a dict of values, but is {value!r}")
    return dict(value)


@attrs.define(eq=False)
class LocalSearch(Algorithm):
    """Evaluates a seed, then changes of one parameter; a better configuration is the next seed.

    Numbers are multiplied by a factor (a discrete one moves by at least 1, a zero by a part of its
    range), ordinals move one up or down, choices change to another value. It is done when all
    changes of the best configuration were tried.

    Source: the SHERPA manual, "Local Search".

    Args:
        seed_configuration: where to start: a value for each active parameter.
        perturbation_factors: what numbers are multiplied by.
        repeat_trials: how many trials each configuration gets; their mean counts.

    Raises:
        ValueError: an option is out of range.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"seed_configuration": {"lr": 0.01, "units": 64, "batch": 32}},
        "space": [
            {"name": "lr", "type": "continuous", "range": [1e-4, 1e-1], "scale": "log"},
            {"name": "units", "type": "discrete", "range": [1, 256]},
            {"name": "batch", "type": "ordinal", "range": [16, 32, 64]},
        ],
        "startup_trials": 1,
        "finite": True,
        "may_wait": True,
    }

    seed_configuration: Configuration = option(
        "where to start: a value for each active parameter", converter=_configuration
    )
    perturbation_factors: list[float] = option(
        "what numbers are multiplied by", factory=lambda: [0.8, 1.2], converter=_factors
    )
    repeat_trials: int = option(
        "how many trials each configuration gets",
        default=1,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)],
    )

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a seed that is not in the search space."""
        parameters.validate(self.seed_configuration)

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> Suggestion | AlgorithmState:
        """Return a repetition that is due, an untried change of the best, WAIT or DONE."""
        climb = history.cached(self, _Climb)
        climb.update(history)
        seed = parameters.validate(self.seed_configuration)
        newest = climb.groups[-1] if climb.groups else None
        if newest is not None and len(newest.trials) < self.repeat_trials:
            return _suggest(newest.configuration, len(climb.groups) - 1)
        if _identity(seed) not in climb.tried:
            return _suggest(seed, len(climb.groups))
        best = climb.best(history, self.repeat_trials) or climb.groups[0]
        untried = [
            each
            for each in moves(parameters, best.configuration, self.perturbation_factors, seed)
            if _identity(each) not in climb.tried
        ]
        if untried:
            return _suggest(untried[int(rng.random() * len(untried))], len(climb.groups))
        if any(history.is_own(trial) for trial in history.running.values()):
            return AlgorithmState.WAIT
        return AlgorithmState.DONE


def _suggest(configuration: Mapping[str, Any], group: int) -> Suggestion:
    return Suggestion(configuration, metadata={"group": group})


def _identity(configuration: Mapping[str, Any]) -> str:
    return json.dumps(configuration, sort_keys=True)


@attrs.define
class _Group:
    """The trials of one configuration."""

    configuration: Configuration
    trials: list[Trial] = attrs.field(factory=list)
    num_ended: int = 0
    objectives: list[float] = attrs.field(factory=list)


class _Climb:
    """What was tried and how good it was, grown with the history."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []
        self.tried: set[str] = set()
        self._best: _Group | None = None
        self._best_mean = float("nan")
        self._last_id = 0
        self._num_ended = 0

    def update(self, history: History) -> None:
        """Take in the trials that were added or ended since the last call."""
        for id in range(self._last_id + 1, history.last_id + 1):
            trial = history.trials.get(id)
            if trial is None or not history.is_own(trial) or "group" not in trial.metadata:
                continue
            number = trial.metadata["group"]
            if number == len(self.groups):
                self.groups.append(_Group(trial.parameters))
                self.tried.add(_identity(trial.parameters))
            self.groups[number].trials.append(trial)
        self._last_id = history.last_id

    def best(self, history: History, repeats: int) -> _Group | None:
        """Return the configuration with the best mean among those whose trials have all ended."""
        for trial in history.ended[self._num_ended :]:
            if not history.is_own(trial) or "group" not in trial.metadata:
                continue
            group = self.groups[trial.metadata["group"]]
            group.num_ended += 1
            if trial.status != "FAILED" and trial.best is not None:
                group.objectives.append(trial.objective)
            if group.num_ended >= repeats and group.objectives:
                mean = sum(group.objectives) / len(group.objectives)
                if history.is_better(mean, self._best_mean):
                    self._best, self._best_mean = group, mean
        self._num_ended = len(history.ended)
        return self._best
