"""Optuna's samplers as algorithms: an Optuna study mirrors the history, and a sampler is asked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import attrs
import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, Trial, option
from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal, Parameter

__all__ = ["OptunaSampler"]

#: Samplers that a log alone cannot continue, and why.
REFUSED = {
    "CmaEsSampler": "keeps its state as a pickle, and no pickle is read from a log",
    "PartialFixedSampler": "wraps another sampler: leave fixed parameters out of the space instead",
    "QMCSampler": "counts its points in the process, so that a log could not continue it",
}
SAMPLERS = sorted({*optuna.samplers.__all__} - {"BaseSampler", "BaseGASampler", "nsgaii", *REFUSED})


@attrs.define(eq=False)
class OptunaSampler(Algorithm):
    """Asks a new sampler of Optuna for each trial, seeded by the trial's generator.

    It sees all trials: running ones as running, so that a constant liar works, completed and
    stopped ones with their best objective, failed ones as failed.

    Args:
        sampler: the class's name in `optuna.samplers`.
        options: the sampler's own options, without its seed.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        UserError: there is no such sampler, or a log could not continue it.
        TypeError, ValueError: its options are wrong.
    """

    sampler: str = option(
        "class of optuna.samplers",
        default="TPESampler",
        validator=attrs.validators.instance_of(str),
    )
    options: dict[str, Any] = option("the sampler's own options, without its seed", factory=dict)
    max_num_trials: int | None = option(
        "number of trials after which it is done",
        default=None,
        validator=attrs.validators.optional(
            [attrs.validators.instance_of(int), attrs.validators.ge(1)]
        ),
    )

    def __attrs_post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            why = REFUSED.get(self.sampler, f"is not there{nearest(self.sampler, SAMPLERS)}")
            raise UserError(f"the sampler {self.sampler!r} {why}; there are {listed(SAMPLERS)}")
        if "seed" in self.options:
            raise UserError("the sampler's 'seed' is given by the study: leave it out of `options`")
        self._make(0)

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> Suggestion | AlgorithmState:
        """Return what the sampler suggests."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        mirror = history.cached(self, lambda: _Mirror(history))
        mirror.update(history)
        return mirror.ask(self._make(int(rng.random() * 2**32)))

    def _make(self, seed: int) -> Any:
        with _quiet():
            return getattr(optuna.samplers, self.sampler)(seed=seed, **self.options)


class _Mirror:
    """An Optuna study with the trials of a history, numbered in their order."""

    def __init__(self, history: History) -> None:
        self.space = history.space
        self.distributions = {each.name: _distribution(each) for each in history.space}
        direction = optuna.study.StudyDirection(1 if history.lower_is_better else 2)
        plain = optuna.samplers.RandomSampler()  # what is told is no sampler's business
        self.storage = optuna.storages.InMemoryStorage()
        with _quiet():
            self.study = optuna.create_study(
                storage=self.storage, sampler=plain, direction=direction
            )
        self.id = self.storage.get_study_id_from_name(self.study.study_name)
        self.numbers: dict[int, int] = {}
        self.num_ended = 0
        self.asked: dict[str, Any] | None = None

    def update(self, history: History) -> None:
        """Take in what happened since the last call."""
        new = list(islice(history.trials.values(), len(self.numbers), None))
        if self.asked is not None and not (new and self.encode(new[0]) == self.asked):
            vars(self).update(vars(_Mirror(history)))  # what was asked for became no trial
            new = list(history.trials.values())
        for trial in new:
            self.numbers[trial.id] = len(self.numbers)
            if self.asked is None:
                notes = trial.metadata if history.is_own(trial) else {}
                for name, value in notes.get("study", {}).items():
                    self.storage.set_study_system_attr(self.id, name, value)
                self.study.add_trial(self.mirrored(trial, notes.get("trial", {})))
            self.asked = None
        for trial in history.ended[self.num_ended :]:
            counts = trial.status != "FAILED" and trial.best and self.encode(trial)
            state = TrialState.COMPLETE if counts else TrialState.FAIL
            objective = trial.objective if counts else None
            self.study.tell(self.numbers[trial.id], objective, state)
        self.num_ended = len(history.ended)

    def mirrored(self, trial: Trial, notes: dict[str, Any]) -> optuna.trial.FrozenTrial:
        """Return a trial as a running one of Optuna's."""
        params = self.encode(trial) or {}
        return create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions={name: self.distributions[name] for name in params},
            system_attrs=notes,
        )

    def encode(self, trial: Trial) -> dict[str, Any] | None:
        """Return a trial's values as Optuna's, None where another algorithm left the space."""
        try:
            values = self.space.restore(trial.parameters)
        except UserError:
            return None
        return {name: _encode(self.space.by_name[name], value) for name, value in values.items()}

    def ask(self, sampler: optuna.samplers.BaseSampler) -> Suggestion:
        """Return what a sampler suggests, with what it noted about trial and study meanwhile."""
        before = dict(self.storage.get_study_system_attrs(self.id))
        plain, self.study.sampler = self.study.sampler, sampler
        configuration: dict[str, Any] = {}
        with _quiet():
            trial = self.study.ask()
            for parameter in self.space.ordered:
                if self.space.is_active(parameter.name, configuration):
                    value = _suggest(trial, parameter.name, self.distributions[parameter.name])
                    configuration[parameter.name] = _decode(parameter, value)
        self.study.sampler = plain
        self.asked = dict(trial.params)
        after = self.storage.get_study_system_attrs(self.id)
        notes = {
            "trial": self.study.get_trials(deepcopy=False)[-1].system_attrs,
            "study": {name: each for name, each in after.items() if each != before.get(name)},
        }
        return Suggestion(configuration, metadata={k: v for k, v in notes.items() if v})


def _distribution(parameter: Parameter) -> Any:
    if isinstance(parameter, Continuous) and not parameter.step:
        return FloatDistribution(parameter.low, parameter.high, parameter.scale == "log")
    if isinstance(parameter, Discrete) and not parameter.step:
        return IntDistribution(parameter.low, parameter.high, parameter.scale == "log")
    if isinstance(parameter, Choice):
        return CategoricalDistribution(range(len(parameter.range)))
    return IntDistribution(0, int(parameter.num_values) - 1)  # the place of a value


def _suggest(trial: optuna.Trial, name: str, kind: Any) -> Any:
    if isinstance(kind, CategoricalDistribution):
        return trial.suggest_categorical(name, kind.choices)
    suggest: Any = trial.suggest_float if isinstance(kind, FloatDistribution) else trial.suggest_int
    return suggest(name, kind.low, kind.high, log=kind.log)


def _encode(parameter: Any, value: Any) -> Any:
    if isinstance(parameter, Ordinal | Choice):
        return parameter.index(value)
    return round((value - parameter.low) / parameter.step) if parameter.step else value


def _decode(parameter: Any, value: Any) -> Any:
    if isinstance(parameter, Ordinal | Choice):
        return parameter.range[value]
    return parameter.low + value * parameter.step if parameter.step else value


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what Optuna says of the mirror's creation, and of features that it tries out."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(level, optuna.logging.WARNING))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)
