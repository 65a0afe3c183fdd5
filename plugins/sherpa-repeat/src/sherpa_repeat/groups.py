"""Groups: the repetitions of one configuration, and how the inner algorithm sees them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

import attrs

from sherpa_core import History, Trial
from sherpa_core.events import (
    ALGORITHM_CHANGED,
    OBSERVATION_ADDED,
    STUDY_CREATED,
    TRIAL_ADDED,
    TRIAL_FINALIZED,
    Event,
)


@attrs.define
class Group:
    """The trials of one configuration, by repetition."""

    trials: list[Trial] = attrs.field(factory=list)

    @property
    def num_running(self) -> int:
        """How many of the trials have not ended."""
        return sum(trial.status == "RUNNING" for trial in self.trials)

    @property
    def objectives(self) -> list[float]:
        """The objectives of the repetitions that ended, without those that failed."""
        ended = [trial for trial in self.trials if trial.status in ("COMPLETED", "STOPPED")]
        return [trial.objective for trial in ended if trial.best is not None]

    def summary(self) -> dict[str, float]:
        """Return mean objective, standard error, variance and count; empty without objectives."""
        values = self.objectives
        if not values:
            return {}
        variance = statistics.variance(values) if len(values) > 1 else 0.0
        return {
            "Objective": statistics.fmean(values),
            "ObjectiveStdErr": (variance / len(values)) ** 0.5,
            "ObjectiveVar": variance,
            "ObjectiveCount": len(values),
        }

    def model_of(self, repetition: int, lower_is_better: bool) -> Trial | None:
        """Return the trial whose model repetition `repetition` of a child loads.

        That is the same repetition, or the best one where that failed.
        """
        completed = [trial for trial in self.trials if trial.status == "COMPLETED"]
        for trial in completed:
            if trial.metadata["repetition"] == repetition:
                return trial
        ranked = sorted(
            (trial for trial in completed if trial.best is not None),
            key=lambda trial: trial.objective if lower_is_better else -trial.objective,
        )
        return ranked[0] if ranked else None


class Groups:
    """All groups of one Repeat, grown with the history."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._last_id = 0

    def update(self, history: History) -> None:
        """Take in the trials that were added since the last call."""
        for id in range(self._last_id + 1, history.last_id + 1):
            trial = history.trials.get(id)
            if trial is not None and history.is_own(trial) and "config" in trial.metadata:
                number = trial.metadata["config"]
                if number == len(self.groups):
                    self.groups.append(Group())
                self.groups[number].trials.append(trial)
        self._last_id = history.last_id


class View:
    """Maps the study's events to those that the inner algorithm sees.

    Its own trials are the first repetitions. With `aggregate` each stands for its configuration:
    it ends when all repetitions have ended, with their mean. Otherwise the further repetitions
    are trials of somebody else.

    Args:
        config: name and options of the inner algorithm.
        num_times: number of repetitions.
        aggregate: whether the inner algorithm sees means.
    """

    def __init__(self, config: dict[str, Any], num_times: int, aggregate: bool) -> None:
        self._config = config
        self._num_times = num_times
        self._aggregate = aggregate
        self._ids: dict[int, int] = {}  # real id: id in the view
        self._last_id = 0
        self._groups: list[Group] = []

    def __call__(self, event: Event, history: History) -> Iterable[Event]:
        """Return the events that the inner algorithm sees for `event`."""
        kind = event["type"]
        if kind == STUDY_CREATED:
            return ({**event, "config": {**event["config"], "algorithm": self._config}},)
        if kind == ALGORITHM_CHANGED:
            return ()
        if "trial" not in event:
            return (event,)
        trial = history.trials[event["trial"]]
        if kind == TRIAL_ADDED:
            return self._added(event, trial, history)
        if not self._aggregate or not _is_repetition(trial, history):
            return ({**event, "trial": self._ids[trial.id]},)
        if kind == TRIAL_FINALIZED:
            return self._finalized(event, self._groups[trial.metadata["config"]])
        return ()

    def _added(self, event: Event, trial: Trial, history: History) -> Iterable[Event]:
        if not _is_repetition(trial, history):
            return (self._numbered(event),)
        metadata = trial.metadata
        if metadata["config"] == len(self._groups):
            self._groups.append(Group())
        self._groups[metadata["config"]].trials.append(trial)
        if metadata["repetition"] == 0:
            seen = {
                **event,
                "origin": metadata["origin"],
                "parameters": metadata.get("parameters", event["parameters"]),
                "metadata": metadata["inner"],
                "parent": metadata["parent"],
            }
            return (self._numbered(seen),)
        if self._aggregate:
            self._ids[trial.id] = self._ids[self._groups[metadata["config"]].trials[0].id]
            return ()
        return (self._numbered({**event, "origin": "repetition", "metadata": {}, "parent": None}),)

    def _numbered(self, event: Event) -> Event:
        self._last_id += 1
        self._ids[event["trial"]] = self._last_id
        return {**event, "trial": self._last_id}

    def _finalized(self, event: Event, group: Group) -> Iterable[Event]:
        if len(group.trials) < self._num_times or group.num_running:
            return ()
        summary = group.summary()
        id = self._ids[group.trials[0].id]
        if not summary:
            return ({**event, "trial": id, "status": "FAILED"},)
        objective = summary.pop("Objective")
        first = {name: event[name] for name in ("time", "writer")}
        observation = {
            **first,
            "type": OBSERVATION_ADDED,
            "trial": id,
            "attempt": 1,
            "iteration": 1,
            "objective": objective,
            "context": summary,
        }
        return (observation, {**event, "trial": id, "status": "COMPLETED"})


def _is_repetition(trial: Trial, history: History) -> bool:
    return history.is_own(trial) and "config" in trial.metadata
