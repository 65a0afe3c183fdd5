"""A history's trials and observations as columns of JSON values."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sherpa_core import History, Trial
from sherpa_core.errors import UserError
from sherpa_core.parameters import Choice, Ordinal, Parameter
from sherpa_flask.encoding import numbers, plain, scalar, text
from sherpa_insight import notes


class Categories:
    """The categories of an ordinal or choice parameter; those that a trial brings come behind."""

    def __init__(self, parameter: Choice | Ordinal) -> None:
        self._parameter = parameter
        self._more: dict[str, int] = {}
        self.values: list[Any] = list(parameter.range)

    def index(self, value: Any) -> int:
        """Return the place of a value."""
        try:
            return self._parameter.index(value)
        except UserError:
            key = text(value)
            if key not in self._more:
                self._more[key] = len(self.values)
                self.values.append(value)
            return self._more[key]

    @property
    def labels(self) -> list[str]:
        """The categories as different texts."""
        texts = [text(value) for value in self.values]
        if len(set(texts)) < len(texts):
            texts = [
                f'"{value}"' if isinstance(value, str) else text(value) for value in self.values
            ]
        return texts


class Columns:
    """Turns trials into columns; remembers the categories and metrics it has met."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._space = list(history.space)
        self._names = history.space.by_name
        self._categories = {
            each.name: Categories(each)
            for each in self._space
            if isinstance(each, Choice | Ordinal)
        }
        self.metrics: dict[str, None] = {}

    def parameters(self) -> list[dict[str, Any]]:
        """Return the search space."""
        return [self._parameter(each) for each in self._space]

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        config = parameter.to_dict()
        found = {
            "name": parameter.name,
            "type": parameter.type,
            "when": plain(config.get("when", {})),
        }
        categories = self._categories.get(parameter.name)
        if categories is not None:
            return {**found, "labels": categories.labels, "values": plain(categories.values)}
        return {**found, "range": plain(config["range"]), "scale": config.get("scale", "linear")}

    def trials(self, trials: Sequence[Trial]) -> dict[str, Any]:
        """Return one column per attribute of the trials, in their order."""
        created = self._history.created
        bests = [trial.best for trial in trials]
        configurations = [trial.parameters for trial in trials]
        contexts = [best.context if best else {} for best in bests]
        self._meet(contexts)
        return {
            "id": [trial.id for trial in trials],
            "status": [trial.status.value for trial in trials],
            "origin": [trial.origin for trial in trials],
            "parent": [trial.parent for trial in trials],
            "attempt": [trial.attempt for trial in trials],
            "objective": [plain(best.objective) if best else None for best in bests],
            "iteration": [best.iteration if best else None for best in bests],
            "num_observations": [trial.num_observations for trial in trials],
            "started": [round(trial.started - created, 3) for trial in trials],
            "duration": [_rounded(trial.duration) for trial in trials],
            "failure": [trial.failure for trial in trials],
            "stop_requested": [trial.stop_requested for trial in trials],
            "parameters": [self._values(each.name, configurations) for each in self._space],
            "metrics": [
                [scalar(context.get(name)) for context in contexts] for name in self.metrics
            ],
            "extras": extras(trials, configurations, self._names),
        }

    def _values(self, name: str, configurations: Sequence[Mapping[str, Any]]) -> list[Any]:
        categories = self._categories.get(name)
        if categories is None:
            return [plain(each.get(name)) for each in configurations]
        return [categories.index(each[name]) if name in each else None for each in configurations]

    def _meet(self, contexts: Iterable[Mapping[str, Any]]) -> None:
        for context in contexts:
            if context and not context.keys() <= self.metrics.keys():
                self.metrics.update(dict.fromkeys(context))

    def curves(self, trials: Sequence[Trial], starts: Sequence[int]) -> dict[str, Any]:
        """Return the observations of trials, each from its own start, one after another."""
        iterations: list[int] = []
        objectives, times = array("d"), array("d")
        contexts: list[Mapping[str, Any]] = []
        created = self._history.created
        counts = []
        for trial, start in zip(trials, starts, strict=True):
            observations = trial.observations[start:]
            counts.append(len(observations))
            for iteration, objective, context, time in observations:
                iterations.append(iteration)
                objectives.append(objective)
                times.append(round(time - created, 3))
                contexts.append(context)
        self._meet(contexts)
        return {
            "trial": [trial.id for trial in trials],
            "start": list(starts),
            "count": counts,
            "iteration": iterations,
            "objective": numbers(objectives.tolist()),
            "time": numbers(times.tolist()),
            "metrics": [
                [scalar(context.get(name)) for context in contexts] for name in self.metrics
            ],
        }


def extras(
    trials: Sequence[Trial], configurations: Sequence[Mapping[str, Any]], names: Iterable[str]
) -> dict[str, list[Any]]:
    """Return columns of what trials carry beside their configuration."""
    known = set(names)
    rows = [
        {
            **notes(trial),
            **{name: value for name, value in configuration.items() if name not in known},
        }
        for trial, configuration in zip(trials, configurations, strict=True)
    ]
    found: dict[str, None] = {}
    for row in rows:
        found.update(dict.fromkeys(row))
    return {name: [scalar(row.get(name)) for row in rows] for name in found}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
