"""The next configuration: far from all others at the start, then the most promising one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from scipy.special import ndtri

from sherpa_core.trial import Trial
from sherpa_gp.acquisition import LogExpectedImprovement
from sherpa_gp.data import Data
from sherpa_gp.encoding import Array
from sherpa_gp.model import Posterior
from sherpa_gp.search import candidates

_NUM_DRAWN = 64
_NUM_KNOWN = 256
_NUM_FANTASIES = 16


def spread(data: Data, running: Sequence[Trial], rng: np.random.Generator) -> dict[str, Any]:
    """Return the configuration farthest from all others, of some that are drawn.

    Best-candidate sampling (Mitchell 1991); distances go around the cube, so that its faces are
    no farther from everything than its inside.
    """
    encoding = data.encoding
    drawn = encoding.drawn(_NUM_DRAWN, rng)
    features = encoding.features(drawn)
    pending = encoding.units(trial.parameters for trial in running)
    known = np.concatenate([data.points, pending])[-_NUM_KNOWN:]
    apart = np.full(len(drawn), np.inf)
    for other in encoding.features(known):
        away = np.abs(features - other)
        away = np.minimum(away, 1.0 - away)
        apart = np.minimum(apart, (away**2).sum(axis=1))
    return encoding.decode(drawn[int(np.argmax(apart))])


def promising(data: Data, running: Sequence[Trial], rng: np.random.Generator) -> dict[str, Any]:
    """Return the configuration with the best acquisition that was not tried yet.

    If all were tried, it is the best of all.
    """
    encoding = data.encoding
    points, costs, targets, objective = data.objective()
    pending = encoding.units(trial.parameters for trial in running)
    if running:
        reached = np.array([data.cost(trial) for trial in running])
        # no trial ends worse than its best observation so far
        limits = np.where(np.isfinite(reached), np.interp(reached, costs, targets), np.inf)
        objective = _fantasised(objective, encoding.features(pending), limits, rng)
    acquisition = LogExpectedImprovement(objective, data.feasible())
    ranked = map(encoding.decode, candidates(acquisition, encoding, points, rng))
    first = next(ranked)
    taken = {point.tobytes() for point in pending}
    for configuration in chain([first], ranked):
        point = encoding.units([configuration])[0]
        if point.tobytes() not in taken and not data.was_tried(point):
            return configuration
    return first


def _fantasised(
    objective: Posterior, features: Array, limits: Array, rng: np.random.Generator
) -> Posterior:
    """Return the model with several versions of what running trials may find.

    Snoek et al. 2012, section 3.2.
    """
    normals = ndtri(rng.random((len(features), _NUM_FANTASIES)))
    found = np.minimum(objective.sampled(features, normals), limits[:, None])
    return objective.extended(features, found)
