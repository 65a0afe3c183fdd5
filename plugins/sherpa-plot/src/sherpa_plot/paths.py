"""Lines from trials to those that continue them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sherpa_insight import Step
from sherpa_plot.data import Floats

Points = Mapping[int, tuple[float, float]]  # by trial


def points_of(every: Sequence[Step], x: Floats, y: Floats) -> Points:
    """Return where each step's trial lies."""
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return dict(zip((step.trial.id for step in every), pairs, strict=True))


def places(every: Sequence[Step], points: Points) -> Floats:
    """Return the steps' points, shape (n, 2); of those that have one."""
    found = [points[step.trial.id] for step in every if step.trial.id in points]
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def segments(every: Sequence[Step], points: Points) -> list[Floats]:
    """Return a line to each step from the one that it continues."""
    return [
        places([step.parent, step], points)
        for step in every
        if step.parent is not None and step.parent.trial.id in points
    ]
