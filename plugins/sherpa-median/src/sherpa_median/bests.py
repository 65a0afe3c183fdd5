"""Bests: how good the trials were at each iteration, for rules that compare them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from math import nan
from operator import itemgetter

from sherpa_core import History, Trial


class Bests:
    """For each iteration the sorted bests of the trials that reached it, grown with the history."""

    def __init__(self) -> None:
        self._seen = 0
        self._curves: dict[int, list[tuple[int, float]]] = {}  # trial: (iteration, best so far)
        self._at: dict[int, array[float]] = {}

    def latest(self, trial: Trial) -> int | None:
        """Return the highest iteration that the trial reported."""
        curve = self._curves.get(trial.id)
        return curve[-1][0] if curve else None

    def quantile_of_others(
        self, trial: Trial, iteration: int, share: float, at_least: int
    ) -> float | None:
        """Return a quantile of the others' bests at an iteration, None if there are too few.

        Args:
            trial: the trial to leave out.
            iteration: one that it has reported.
            share: which quantile, 0.5 for the median; in between values it is interpolated.
            at_least: number of others that there must be.
        """
        values = self._at[iteration]
        count = len(values)
        own = _best_at(self._curves[trial.id], iteration)
        left_out = count if own is None else bisect_left(values, own)
        count -= own is not None
        if count < at_least:
            return None
        place = share * (count - 1)
        below = int(place)
        low, high = (
            values[each + (each >= left_out)] for each in (below, min(below + 1, count - 1))
        )
        return low if low == high else low + (place - below) * (high - low)

    def update(self, history: History) -> None:
        """Take in what was reported since the last call."""
        rows = history.rows
        for place in range(self._seen, len(rows), 2):
            id, index = rows[place], rows[place + 1]
            if index < 0:
                if history.trials[id].status == "FAILED" and id in self._curves:
                    self._leave(self._curves.pop(id))
                continue
            observation = history.trials[id].observation(index)
            self._add(id, observation.iteration, observation.objective, history)
        self._seen = len(rows)

    def _add(self, id: int, iteration: int, objective: float, history: History) -> None:
        if iteration not in self._at:
            reached = (_best_at(curve, iteration) for curve in self._curves.values())
            self._at[iteration] = array("d", sorted(best for best in reached if best is not None))
        curve = self._curves.setdefault(id, [])
        if not curve or iteration > curve[-1][0]:
            before = curve[-1] if curve else (None, nan)
            best = objective if history.is_better(objective, before[1]) else before[1]
            curve.append((iteration, best))
            self._enter(curve, before[0])
            return
        self._leave(curve)  # reported late: the bests from here on may change
        place = bisect_left(curve, iteration, key=itemgetter(0))
        curve.insert(place, (iteration, curve[place - 1][1] if place else nan))
        for each in range(place, len(curve)):
            if history.is_better(objective, curve[each][1]):
                curve[each] = (curve[each][0], objective)
        self._enter(curve, None)

    def _enter(self, curve: list[tuple[int, float]], after: int | None) -> None:
        last = curve[-1][0]
        if after is not None and last == after + 1:
            iterations: Iterable[int] = (last,)
        else:
            iterations = [each for each in self._at if after is None or each > after]
        for iteration in iterations:
            best = _best_at(curve, iteration)
            if best is not None:
                insort(self._at[iteration], best)

    def _leave(self, curve: list[tuple[int, float]]) -> None:
        for iteration, values in self._at.items():
            best = _best_at(curve, iteration)
            if best is not None:
                values.pop(bisect_left(values, best))


def _best_at(curve: list[tuple[int, float]], iteration: int) -> float | None:
    """Return the best up to an iteration, None if the trial did not get there or has only NaN."""
    if not curve or iteration > curve[-1][0]:
        return None
    if iteration == curve[-1][0]:
        best = curve[-1][1]
    else:
        place = bisect_right(curve, iteration, key=itemgetter(0))
        best = curve[place - 1][1] if place else nan
    return best if best == best else None
