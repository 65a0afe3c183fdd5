"""Bests: how good the trials were at each iteration, for rules that compare them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
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
        above = below + 1 if below + 1 < count else below
        low = values[below + (below >= left_out)]
        high = values[above + (above >= left_out)]
        weight = place - below
        if weight == 0 or low == high:
            return low  # with infinities the formula would give NaN
        return (1 - weight) * low + weight * high

    def update(self, history: History) -> None:
        """Take in what was reported since the last call."""
        rows, trials = history.rows, history.trials
        for place in range(self._seen, len(rows), 2):
            id, index = rows[place], rows[place + 1]
            if index >= 0:
                iteration, objective, _, _ = trials[id].observation(index)
                self._add(id, iteration, objective, history)
            elif trials[id].status == "FAILED" and id in self._curves:
                self._leave(self._curves.pop(id))
        self._seen = len(rows)

    def _add(self, id: int, iteration: int, objective: float, history: History) -> None:
        if iteration not in self._at:
            reached = (_best_at(curve, iteration) for curve in self._curves.values())
            self._at[iteration] = array("d", sorted(best for best in reached if best is not None))
        curve = self._curves.get(id)
        if curve is None:
            curve = self._curves[id] = []
        before, best = curve[-1] if curve else (None, nan)
        if before is None or iteration > before:
            if history.is_better(objective, best):
                best = objective
            curve.append((iteration, best))
            self._enter(curve, before)
            return
        self._leave(curve)  # reported late: the bests from here on may change
        place = bisect_left(curve, iteration, key=itemgetter(0))
        curve.insert(place, (iteration, curve[place - 1][1] if place else nan))
        for each in range(place, len(curve)):
            if history.is_better(objective, curve[each][1]):
                curve[each] = (curve[each][0], objective)
        self._enter(curve, None)

    def _enter(self, curve: list[tuple[int, float]], after: int | None) -> None:
        last, best = curve[-1]
        if after is not None and last == after + 1:  # nearly always
            if best == best:
                insort(self._at[last], best)
            return
        for iteration, values in self._at.items():
            if after is None or iteration > after:
                reached = _best_at(curve, iteration)
                if reached is not None:
                    insort(values, reached)

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
