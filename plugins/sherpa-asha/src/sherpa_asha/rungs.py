"""Rungs: who has reached which resource in a bracket, grown with the history."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence

import attrs

from sherpa_core import History, Trial


def resources(r: int, R: int, eta: int, s: int = 0) -> list[int]:
    """Return the resource of each rung: r·eta^s, r·eta^(s+1), ... up to R, exactly.

    Args:
        r: minimum resource.
        R: maximum resource.
        eta: reduction factor.
        s: early-stopping rate: how many of the lowest rungs are left out.
    """
    found = []
    resource = r * eta**s
    while resource <= R:
        found.append(resource)
        resource *= eta
    return found


@attrs.define
class Rung:
    """One rung of a bracket.

    Attributes:
        ranked: (key, trial id) of all trials completed here, best first.
        waiting: the same of those that were not promoted.
    """

    ranked: list[tuple[float, int]] = attrs.field(factory=list)
    waiting: list[tuple[float, int]] = attrs.field(factory=list)

    def promotable(self, eta: int) -> int | None:
        """Return the best trial among the top 1/eta that was not promoted, if there is one."""
        if not self.waiting:
            return None
        best = self.waiting[0]
        if bisect_left(self.ranked, best) < len(self.ranked) // eta:
            return best[1]
        return None


class Brackets:
    """The rungs of all brackets of one algorithm.

    Args:
        ladders: the resources of the rungs of each bracket.
    """

    def __init__(self, ladders: Sequence[Sequence[int]]) -> None:
        self.rungs = [[Rung() for _ in ladder] for ladder in ladders]
        self.spent = [0] * len(ladders)  # resource given to each bracket
        self.finished = 0  # trials completed at a top rung
        self._ladders = ladders
        self._promoted: set[int] = set()
        self._last_id = 0
        self._num_ended = 0

    def update(self, history: History) -> None:
        """Take in the trials that were added or ended since the last call."""
        for id in range(self._last_id + 1, history.last_id + 1):
            trial = history.trials.get(id)
            if trial is None or not self._is_known(trial, history):
                continue
            self.spent[trial.metadata["bracket"]] += trial.parameters["resource"]
            if trial.parent is not None:
                self._promote(trial.metadata["bracket"], trial.metadata["rung"] - 1, trial.parent)
        self._last_id = history.last_id
        for trial in history.ended[self._num_ended :]:
            if trial.status == "COMPLETED" and self._is_known(trial, history):
                self._complete(trial, history.lower_is_better)
        self._num_ended = len(history.ended)

    def _is_known(self, trial: Trial, history: History) -> bool:
        """Return whether the trial was made by this algorithm, with these rungs."""
        if not history.is_own(trial) or "rung" not in trial.metadata:
            return False
        bracket, rung = trial.metadata["bracket"], trial.metadata["rung"]
        if bracket >= len(self._ladders) or rung >= len(self._ladders[bracket]):
            return False
        return bool(trial.parameters["resource"] == self._ladders[bracket][rung])

    def _complete(self, trial: Trial, lower_is_better: bool) -> None:
        objective = trial.objective
        key = math.inf if objective != objective else objective if lower_is_better else -objective
        bracket, number = trial.metadata["bracket"], trial.metadata["rung"]
        rung = self.rungs[bracket][number]
        insort(rung.ranked, (key, trial.id))
        if number == len(self.rungs[bracket]) - 1:
            self.finished += 1
        elif key < math.inf and trial.id not in self._promoted:
            insort(rung.waiting, (key, trial.id))

    def _promote(self, bracket: int, number: int, parent: int) -> None:
        self._promoted.add(parent)
        waiting = self.rungs[bracket][number].waiting
        for place, (_, id) in enumerate(waiting):  # nearly always the first
            if id == parent:
                del waiting[place]
                return
