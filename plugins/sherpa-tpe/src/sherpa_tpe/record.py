"""The trials of a history as points with a ranking, grown with it."""

from __future__ import annotations

import math
from bisect import insort

import numpy as np

from sherpa_core.history import History
from sherpa_core.trial import Trial
from sherpa_tpe.columns import Array, Columns


class Record:
    """What has been tried: rows of the unit cube in the order of the trials' ends, and their ranks.

    Args:
        history: the history to follow.

    Attributes:
        columns: what the columns are.
        ranked: (cost, row) of the trials that have an objective and did not fail, best first.
    """

    def __init__(self, history: History) -> None:
        self.columns = Columns(history.space)
        self.ranked: list[tuple[float, int]] = []
        self._points = np.empty((64, len(history.space)))
        self._seen = 0
        self._running: dict[int, Array] = {}

    def update(self, history: History) -> None:
        """Take in the trials that were added or ended since the last call."""
        for trial in history.ended[self._seen :]:
            if self._seen == len(self._points):
                self._points = np.concatenate([self._points, np.empty_like(self._points)])
            self._points[self._seen] = self._take(trial)
            cost = trial.objective if history.lower_is_better else -trial.objective
            if trial.status != "FAILED" and cost < math.inf:
                insort(self.ranked, (cost, self._seen))
            self._seen += 1
        running = history.running
        self._running = {id: self._take(trial) for id, trial in running.items()}

    def _take(self, trial: Trial) -> Array:
        known = self._running.get(trial.id)
        return known if known is not None else self.columns.space.encode(trial.parameters)

    def good(self, count: int) -> Array:
        """Return the `count` best points, the best first."""
        return self._points[[row for _, row in self.ranked[:count]]]

    def bad(self, num_good: int, limit: int) -> Array:
        """Return the newest points that are not the `num_good` best, at most `limit`.

        Trials that failed are among them, and those that are running: what is tried already is
        nothing to try again.
        """
        first = max(0, self._seen - limit - num_good)
        is_bad = np.ones(self._seen - first, dtype=bool)
        best = np.array([row for _, row in self.ranked[:num_good]], dtype=int)
        is_bad[best[best >= first] - first] = False
        ended = self._points[first : self._seen][is_bad][-limit:]
        return np.concatenate([ended, *(point[None, :] for point in self._running.values())])
