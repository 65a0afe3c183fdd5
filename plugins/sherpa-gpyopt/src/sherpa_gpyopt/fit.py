"""What is derived from a history: its data, and the model that is fitted to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sherpa_core.history import History
from sherpa_core.trial import Trial
from sherpa_gpyopt.containment import contained
from sherpa_gpyopt.encoding import Array, Encoding


class Data:
    """The trials that ended, as points of the unit cube with outputs; grown with the history.

    Attributes:
        encoding: the way from points to features.
        num_results: number of trials that have an objective.
        num_foreign: how many of those another algorithm or a user proposed.
    """

    def __init__(self, history: History) -> None:
        self.encoding = Encoding(history.space)
        self.num_results = 0
        self.num_foreign = 0
        self._points: list[Array] = []
        self._costs: list[float] = []
        self._seen = 0
        self._fit: tuple[int, Fit] | None = None

    def update(self, history: History) -> None:
        """Take in the trials that ended since the last call."""
        for trial in history.ended[self._seen :]:
            self._seen += 1
            cost = _cost(trial, history.lower_is_better)
            if math.isfinite(cost):
                self.num_results += 1
                self.num_foreign += not history.is_own(trial)
            self._points.append(self.encoding.units([trial.parameters]))
            self._costs.append(cost)

    def fit(self, model_type: str) -> tuple[Fit, bool]:
        """Return the model of all data, and whether it was fitted just now.

        Raises:
            ArithmeticError: the data are beyond the model's linear algebra.
        """
        if self._fit is not None and self._fit[0] == self._seen:
            return self._fit[1], False
        points, costs = np.concatenate(self._points), np.array(self._costs)
        try:
            fit = Fit(model_type, self.encoding, points, costs)
        except (np.linalg.LinAlgError, ValueError) as error:  # SciPy, of NaN
            raise ArithmeticError(str(error)) from error
        self._fit = (self._seen, fit)
        return fit, True


class Fit:
    """A model of the objective, fitted anew to all data.

    Trials without an objective, that failed or are infinitely bad count as the worst of the
    others: the search keeps away from them without a model that is spoilt by infinities.

    Args:
        model_type: the model's name.
        encoding: the way from points to features.
        points: the points of the unit cube that were tried.
        costs: what was observed there, lower is better; infinite or NaN where it went wrong.

    Attributes:
        model: the model.
        points: the points, the best first.
    """

    def __init__(self, model_type: str, encoding: Encoding, points: Array, costs: Array) -> None:
        self.encoding = encoding
        outputs, self._shift, self._scale = _normalized(costs)
        self.points = points[np.argsort(outputs, kind="stable")]
        self._seed = len(costs)
        self._slope: float | None = None
        with contained(self._seed):
            from sherpa_gpyopt.models import MODELS

            features = encoding.features(points)
            self.model = MODELS[model_type](features, outputs[:, None], encoding.numeric)

    def propose(self, acquisition_type: str, running: Array, rng: np.random.Generator) -> Array:
        """Return the point to try next, away from the points that are running."""
        with contained(self._seed):
            from sherpa_gpyopt.acquisition import (
                LocalPenalization,
                make_acquisition,
                minimize,
                steepest,
            )

            acquisition = make_acquisition(acquisition_type, self.model)
            if len(running):
                if self._slope is None:
                    self._slope = steepest(self.model, self.encoding, self.points)
                features = self.encoding.features(running)
                acquisition = LocalPenalization(acquisition, features, self._slope)
            known = np.concatenate([self.points, running])
            return minimize(acquisition.acquisition_function, self.encoding, known, rng)

    def best(self) -> tuple[Array, float]:
        """Return the point where the model's mean is lowest, and the cost that it predicts."""
        with contained(self._seed):
            from sherpa_gpyopt.acquisition import minimize

            def mean(features: Array) -> Array:
                return self.model.moments(features)[0]

            rng = np.random.default_rng(self._seed)
            point = minimize(mean, self.encoding, self.points, rng, fresh=False)
            value = float(mean(self.encoding.features(point[None, :]))[0])
        return point, value * self._scale + self._shift

    def __str__(self) -> str:
        with contained(self._seed):
            return f"{len(self.points)} trials\n{self.model.model}"


def _cost(trial: Trial, lower_is_better: bool) -> float:
    if trial.status == "FAILED" or trial.best is None:
        return math.inf
    return trial.objective if lower_is_better else -trial.objective


def _normalized(costs: Array) -> tuple[Array, float, float]:
    """Return costs with mean 0 and deviation 1, and the shift and scale that lead back."""
    finite = costs[np.isfinite(costs)]
    bounded = np.clip(costs, finite.min(), finite.max())
    largest = max(float(np.abs(bounded).max()), 1e-300)  # 1e200 has no square
    mean, deviation = float((bounded / largest).mean()), float((bounded / largest).std())
    if deviation < 1e-12:
        deviation = 1.0
    normalized: Any = (bounded / largest - mean) / deviation
    return normalized, mean * largest, deviation * largest
