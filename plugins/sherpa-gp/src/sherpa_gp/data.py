"""The trials of a history as arrays, and the models of them."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np

from sherpa_core.history import History
from sherpa_core.trial import Trial
from sherpa_gp.encoding import Array, Encoding
from sherpa_gp.fit import learn
from sherpa_gp.model import Posterior
from sherpa_gp.outputs import transformed

#: The most trials that a model holds, and that its hyperparameters are learnt from.
_MAX_HELD, _MAX_LEARNT = 1000, 256


class Data:
    """The trials that ended; grown with the history.

    Attributes:
        encoding: the way from configurations to points.
        num_results: number of trials that ended with an objective.
    """

    def __init__(self, history: History) -> None:
        self.encoding = Encoding(history.space)
        self.num_results = 0
        self._sign = 1.0 if history.lower_is_better else -1.0
        self._seen = 0
        self._points = array("d")
        self._costs = array("d")
        self._tried: set[bytes] = set()
        self._learnt: dict[str, tuple[int, Array]] = {}

    def update(self, history: History) -> None:
        """Take in the trials that ended since the last call."""
        for trial in history.ended[self._seen :]:
            self._seen += 1
            point = self.encoding.units([trial.parameters])[0]
            cost = math.inf if trial.status == "FAILED" else self.cost(trial)
            self.num_results += math.isfinite(cost)
            self._points.extend(point)
            self._costs.append(cost)
            self._tried.add(point.tobytes())

    def cost(self, trial: Trial) -> float:
        """Return a trial's best objective so far, lower is better; infinity without one."""
        return self._sign * trial.objective if math.isfinite(trial.objective) else math.inf

    @property
    def points(self) -> Array:
        """The points that were tried."""
        return np.reshape(np.array(self._points), (-1, len(self.encoding.space)))

    def was_tried(self, point: Array) -> bool:
        """Return whether a trial of this point has ended."""
        return point.tobytes() in self._tried

    def objective(self) -> tuple[Array, Array, Array, Posterior]:
        """Return the model of the objective, and what it holds, the best first.

        Returns:
            Points, costs, these transformed, and the model.
        """
        costs = np.array(self._costs)
        points, costs = self.points[np.isfinite(costs)], costs[np.isfinite(costs)]
        logs = self._logs("objective", points, costs)
        held = _subset(costs, _MAX_HELD)
        held = held[np.argsort(costs[held], kind="stable")]
        targets = transformed(costs[held])
        return points[held], costs[held], targets, self._posterior(points[held], targets, logs)

    def feasible(self) -> Posterior | None:
        """Return the model of 1 where trials succeed and 0 where they fail, None if all do.

        Classification by least squares (Rasmussen and Williams 2006, section 6.5).
        """
        succeeded = np.isfinite(self._costs).astype(float)
        if succeeded.all():
            return None
        points = self.points
        logs = self._logs("feasible", points, succeeded)
        held = _subset(succeeded, _MAX_HELD)
        return self._posterior(points[held], succeeded[held], logs)

    def _posterior(self, points: Array, targets: Array, logs: Array) -> Posterior:
        features = self.encoding.features(points)
        return Posterior(features, self.encoding.columns, targets[:, None], logs)

    def _logs(self, name: str, points: Array, values: Array) -> Array:
        """Return a model's hyperparameters as they were learnt last.

        They are learnt anew at set numbers of trials and from nothing else, so that they do not
        depend on when they were asked for: each of the first 31, every second to 63, and so on.
        """
        count = len(values)
        count -= count % (1 << max(0, count.bit_length() - 5))
        learnt = self._learnt.get(name)
        if learnt is None or learnt[0] != count:
            chosen = _subset(values[:count], _MAX_LEARNT)
            targets = values[chosen] if name == "feasible" else transformed(values[chosen])
            features = self.encoding.features(points[chosen])
            learnt = self._learnt[name] = (count, learn(features, self.encoding.columns, targets))
        return learnt[1]


def _subset(costs: Array, limit: int) -> Any:
    """Return at most `limit` trials: the best half and the most recent ones."""
    count = len(costs)
    if count <= limit:
        return np.arange(count)
    best = np.argsort(costs, kind="stable")[: limit // 2]
    recent = np.setdiff1d(np.arange(count), best)[-(limit - len(best)) :]
    return np.sort(np.concatenate([best, recent]))
