"""Groups: the repetitions of one configuration, and how the inner algorithm sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    as_foreign,
)


@attrs.define(eq=False)
class Group:
    """The trials of one configuration, by repetition."""

    trials: list[Trial]

    @property
    def first(self) -> Trial:
        """The first repetition, which stands for the configuration."""
        return self.trials[0]

    @property
    def is_complete(self) -> bool:
        """Whether all repetitions have begun."""
        return len(self.trials) >= int(self.first.metadata["times"])

    @property
    def is_running(self) -> bool:
        """Whether a repetition has not ended."""
        return any(trial.status == "RUNNING" for trial in self.trials)

    @property
    def has_ended(self) -> bool:
        """Whether all repetitions have ended."""
        return self.is_complete and not self.is_running

    @property
    def usable(self) -> list[Trial]:
        """The repetitions that ended with an objective, without those that failed."""
        ended = (trial for trial in self.trials if trial.status in ("COMPLETED", "STOPPED"))
        return [trial for trial in ended if trial.best is not None]

    def summary(self) -> dict[str, float]:
        """Return mean objective, standard error, variance and count; empty without objectives."""
        values = [trial.objective for trial in self.usable]
        if not values:
            return {}
        count = len(values)
        mean = sum(values) / count  # infinities are allowed, which the statistics module is not for
        variance = sum((each - mean) * (each - mean) for each in values) / max(count - 1, 1)
        return {
            "Objective": mean,
            "ObjectiveStdErr": (variance / count) ** 0.5,
            "ObjectiveVar": variance,
            "ObjectiveCount": count,
        }

    def best(self, lower_is_better: bool, status: str = "") -> Trial | None:
        """Return the best usable repetition, the first of equal ones.

        Args:
            lower_is_better: the direction.
            status: only those that ended with this status. Default: any.
        """
        ranked = (trial for trial in self.usable if not status or trial.status == status)
        sign = 1 if lower_is_better else -1
        return min(ranked, key=lambda trial: sign * trial.objective, default=None)

    def model_of(self, repetition: int, lower_is_better: bool) -> Trial | None:
        """Return the trial whose model repetition `repetition` of a child loads.

        That is the same repetition, or the best completed one where that failed.
        """
        if repetition < len(self.trials) and self.trials[repetition].status in (
            "COMPLETED",
            "RUNNING",
        ):
            return self.trials[repetition]
        return self.best(lower_is_better, "COMPLETED")


class Groups:
    """All groups of one Repeat, grown with the history.

    Args:
        prefix: how the origins of its trials begin.
    """

    def __init__(self, prefix: str) -> None:
        self.all: list[Group] = []
        self.by_id: dict[int, Group] = {}
        self._prefix = prefix
        self._last_id = 0

    def update(self, history: History) -> Groups:
        """Take in the trials that were added since the last call."""
        for id in range(self._last_id + 1, history.last_id + 1):
            trial = history.trials.get(id)
            if trial is None or not trial.origin.startswith(self._prefix):
                continue
            group = self.by_id.get(trial.metadata.get("first", 0))
            if group is None:
                group = Group([trial])
                self.all.append(group)
            else:
                group.trials.append(trial)
            self.by_id[id] = group
        self._last_id = history.last_id
        return self


def view(
    config: dict[str, Any], groups: Callable[[History], Groups], aggregate: bool
) -> Callable[[Event, History], Iterable[Event]]:
    """Return what maps the study's events to those that the inner algorithm sees.

    Its own trials are the first repetitions. With `aggregate` each stands for its configuration:
    it ends when all repetitions have ended, with their mean. Otherwise the further repetitions
    are trials of somebody else.

    Args:
        config: name and options of the inner algorithm.
        groups: returns the groups of a history.
        aggregate: whether the inner algorithm sees means.
    """

    def see(event: Event, history: History) -> Iterable[Event]:
        kind = event["type"]
        if kind == STUDY_CREATED:
            return ({**event, "config": {**event["config"], "algorithm": config}},)
        if kind == ALGORITHM_CHANGED:
            return ()
        if "trial" not in event:
            return (event,)
        group = groups(history).by_id.get(event["trial"])
        if kind == TRIAL_ADDED:
            if group is None or (group.first.id != event["trial"] and not aggregate):
                return (as_foreign(event),)
            return (_own(event, group),) if group.first.id == event["trial"] else ()
        if group is None or not aggregate:
            return (event,)
        return _end(event, group) if kind == TRIAL_FINALIZED and group.has_ended else ()

    return see


def _own(event: Event, group: Group) -> Event:
    metadata = group.first.metadata
    return {
        **event,
        "origin": metadata["origin"],
        "metadata": metadata["inner"],
        "parent": metadata["parent"],
    }


def _end(event: Event, group: Group) -> Iterable[Event]:
    """Return the events that end a configuration with the mean of its repetitions."""
    summary = group.summary()
    ended = {**event, "trial": group.first.id}
    if not summary:
        return ({**ended, "status": "FAILED"},)
    completed = any(trial.status == "COMPLETED" for trial in group.usable)
    observation = {
        **{name: event[name] for name in ("time", "writer")},
        "type": OBSERVATION_ADDED,
        "trial": group.first.id,
        "attempt": 1,
        "iteration": 1,
        "objective": summary.pop("Objective"),
        "context": summary,
    }
    return (observation, {**ended, "status": "COMPLETED" if completed else "STOPPED"})
