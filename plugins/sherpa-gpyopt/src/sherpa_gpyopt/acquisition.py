"""The six acquisitions and local penalization, and the search for the best of all points.

Importing this module imports GPyOpt and GPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from GPyOpt.acquisitions import (
    AcquisitionEI,
    AcquisitionEI_MCMC,
    AcquisitionLCB,
    AcquisitionLCB_MCMC,
    AcquisitionLP,
    AcquisitionMPI,
    AcquisitionMPI_MCMC,
)
from GPyOpt.core.task.space import Design_space

from sherpa_gpyopt.encoding import Array, Encoding
from sherpa_gpyopt.models import Model

#: The acquisitions by their names in `GPyOpt(acquisition_type=...)`.
ACQUISITIONS: dict[str, Any] = {
    "EI": AcquisitionEI,
    "EI_MCMC": AcquisitionEI_MCMC,
    "MPI": AcquisitionMPI,
    "MPI_MCMC": AcquisitionMPI_MCMC,
    "LCB": AcquisitionLCB,
    "LCB_MCMC": AcquisitionLCB_MCMC,
}

#: The least width of a penalty's edge, as a share of a range.
_NARROWEST = 0.02


class LocalPenalization(AcquisitionLP):  # type: ignore[misc]
    """An acquisition that is low around the trials that are running (González et al., 2016).

    GPyOpt's own works with none of today's SciPy, a model with samples, or a forest; what is
    kept of it is how it combines an acquisition with the penalties.

    Args:
        acquisition: the acquisition to penalize.
        running: the features of the running trials, one row each.
        slope: how steep the objective is at most.
    """

    def __init__(self, acquisition: Any, running: Array, slope: float) -> None:
        super().__init__(acquisition.model, acquisition.space, None, acquisition)
        self.update_batches(running, slope, np.min(acquisition.model.get_fmin()))

    def _hammer_function_precompute(
        self,
        x0: Array,
        L: float,
        Min: float,
        model: Model,
    ) -> tuple[Array, Array]:
        # A running trial may be predicted to be the best of all. Where the model is sure of that,
        # a penalty as narrow as its doubt would let the next trial be almost the same.
        mean, deviation = model.moments(x0)
        radius = (mean - min(Min, mean.min())) / L
        return radius, np.maximum(deviation / L, _NARROWEST)


def make_acquisition(name: str, model: Model) -> Any:
    """Return the acquisition of that name for a model."""
    width = model.X.shape[1]
    cube = {"name": "x", "type": "continuous", "domain": (0, 1), "dimensionality": width}
    return ACQUISITIONS[name](model, Design_space([cube]))


def steepest(model: Model, encoding: Encoding, known: Array) -> float:
    """Return how steep the model's mean is at most: the Lipschitz constant of the penalties.

    Taken from steps of a twentieth of the range, which serve a forest as well.

    Args:
        model: the model.
        encoding: the way to its features.
        known: points of the unit cube to look at beside random ones, the best first.
    """
    width = len(encoding.space)
    points = np.concatenate([encoding.snap(np.random.random((100, width))), known[:100]])
    features = encoding.features(points)
    mean = model.moments(features)[0]
    total = np.zeros(len(points))
    for parameter in range(width):
        near = encoding.features(encoding.neighbours(points, parameter, reach=0.05))
        distance = np.linalg.norm(near - features, axis=1)
        rise = model.moments(near)[0] - mean
        total += np.where(distance > 0, rise / np.maximum(distance, 1e-12), 0.0) ** 2
    slope = float(np.sqrt(total.max()))
    return slope if slope > 1e-7 else 10.0  # GPyOpt's own value for a model that is flat


def minimize(
    function: Callable[[Array], Array],
    encoding: Encoding,
    known: Array,
    rng: np.random.Generator,
    fresh: bool = True,
) -> Array:
    """Return the valid point of the unit cube at which a function of features is lowest.

    Every point that is looked at is a configuration, so that what is found need not be rounded:
    random ones first, then closer and closer to the best of them.

    Args:
        function: takes features, returns one number a row.
        encoding: the way to the features.
        known: points that were tried, the most promising first.
        rng: generator to draw from.
        fresh: whether to avoid the known points, as long as there are others.
    """
    elite = known[:5]
    points = [encoding.snap(rng.random((1000, len(encoding.space))))]
    if len(elite):
        points.append(encoding.snap(encoding.vary(np.repeat(elite, 20, axis=0), 0.2, rng)))
    if not fresh:
        points.append(known)
    tried = {point.tobytes() for point in known} if fresh else set()
    best = np.empty((0, len(encoding.space)))
    values = np.empty(0)
    for reach in (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, None):
        new = np.concatenate(points)
        new = new[[point.tobytes() not in tried for point in new]]
        if len(new):
            found = np.ravel(function(encoding.features(new)))
            best = np.concatenate([best, new])
            values = np.concatenate([values, np.where(np.isnan(found), np.inf, found)])
            order = np.argsort(values, kind="stable")[:5]
            best, values = best[order], values[order]
        if reach is None or not len(best):
            break
        points = [encoding.snap(encoding.vary(np.repeat(best, 40, axis=0), reach, rng))]
    if len(best):
        lowest: Array = best[0]
        return lowest
    return minimize(function, encoding, known, rng, fresh=False)
