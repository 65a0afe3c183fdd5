"""The search for the configuration with the best acquisition, over all types of parameters."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from sherpa_gp.acquisition import LogExpectedImprovement
from sherpa_gp.encoding import Array, Encoding

_NUM_DRAWN = 1024
_REACHES = (0.2, 0.05, 0.01)
_NUM_NEAR = 40
_NUM_BEST = 3
_NUM_STARTS = 8
_ROUNDS = 2
_SHARE_LOCAL = 0.5


def candidates(
    acquisition: LogExpectedImprovement, encoding: Encoding, best: Array, rng: np.random.Generator
) -> Array:
    """Return points by their acquisition, the best first.

    Points drawn from everywhere and near the best trials; the most promising of them are
    improved by turns, in their discrete parameters by trying each other value and in the
    continuous ones by L-BFGS-B. Half of the searches, by chance, keep near the best trials, as
    in a trust region (Eriksson et al. 2019): the more parameters there are, the more of the
    space is uncertain, and without them all trials would go where nothing is known.

    Args:
        acquisition: what is maximized.
        encoding: the space.
        best: the points of the best trials, the best first.
        rng: generator to draw from.
    """
    is_local = rng.random() < _SHARE_LOCAL
    pools = [encoding.varied(best[:_NUM_BEST], reach, _NUM_NEAR, rng) for reach in _REACHES]
    if not is_local:
        pools.append(encoding.drawn(_NUM_DRAWN, rng))
    points = np.concatenate(pools)
    scores = acquisition(encoding.features(points))
    starts = np.argsort(-scores, kind="stable")[:_NUM_STARTS]
    found, values = points[starts], scores[starts]
    for _ in range(_ROUNDS if len(encoding.continuous) < len(encoding.space) else 1):
        found, values = _jumped(acquisition, encoding, found, values)
        found, values = _climbed(acquisition, encoding, found, _REACHES[0] if is_local else 1.0)
    points, scores = np.concatenate([found, points]), np.concatenate([values, scores])
    return points[np.argsort(-scores, kind="stable")]


def _jumped(
    acquisition: LogExpectedImprovement, encoding: Encoding, points: Array, values: Array
) -> tuple[Array, Array]:
    """Return for each point the best one that differs in at most one discrete parameter."""
    if len(encoding.continuous) == len(encoding.space):
        return points, values
    groups = [encoding.neighbours(point) for point in points]
    scores = acquisition(encoding.features(np.concatenate(groups)))
    ends = np.cumsum([len(group) for group in groups])[:-1]
    parts = np.split(scores, ends)
    chosen = [group[int(np.argmax(part))] for group, part in zip(groups, parts, strict=True)]
    return np.stack(chosen), np.array([part.max() for part in parts])


def _climbed(
    acquisition: LogExpectedImprovement, encoding: Encoding, points: Array, reach: float
) -> tuple[Array, Array]:
    """Return the points after L-BFGS-B over their continuous parameters, all in one problem.

    No number moves farther than `reach`.
    """
    active = ~np.isnan(points[:, encoding.continuous])
    features = encoding.features(points)
    rows, which = np.nonzero(active)
    if not len(rows):
        return points, acquisition(features)
    places = encoding.places[which]

    def loss(numbers: Array) -> tuple[float, Array]:
        features[rows, places] = numbers
        scores, gradient = acquisition.gradients(features)
        return -float(scores.sum()), -gradient[rows, places]

    start = features[rows, places]
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=np.stack([np.maximum(start - reach, 0.0), np.minimum(start + reach, 1.0)], axis=1),
        options={"maxiter": 30, "ftol": 1e-6, "gtol": 1e-3},
    )
    climbed = points.copy()
    climbed[rows, encoding.continuous[which]] = found.x
    features[rows, places] = found.x
    return climbed, acquisition(features)
