"""The choice of a configuration by the ratio of two densities."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sherpa_tpe.columns import Array, Columns
from sherpa_tpe.parzen import Parzen
from sherpa_tpe.record import Record

#: The share of the trials that count as good, and the most that do.
GOOD_SHARE, MOST_GOOD = 0.15, 25
#: How many of the other trials are remembered, the newest: it bounds the cost of a suggestion.
MOST_BAD = 500
#: The newest trials have full weight, older ones less and less.
NUM_NEW = 25
NUM_CANDIDATES = 24
#: The least standard deviation over all parameters after one result, as a share of the range; it
#: falls with the square root of their number.
FIRST_SPREAD = 0.2


def propose(record: Record, rng: np.random.Generator) -> dict[str, Any]:
    """Return the configuration that one density over all parameters finds most promising."""
    good, bad = _split(record)
    spread = FIRST_SPREAD / math.sqrt(len(record.ranked))
    point = _best(record.columns, good, bad, lambda _: spread, rng)
    return record.columns.space.decode(point.tolist())


def propose_each(record: Record, rng: np.random.Generator) -> dict[str, Any]:
    """Return a configuration whose values are each the most promising of their parameter."""
    good, bad = _split(record)
    space = record.columns.space
    configuration: dict[str, Any] = {}
    for parameter in space.ordered:
        if not space.is_active(parameter.name, configuration):
            continue
        column = space.names.index(parameter.name)
        mine, others = (points[~np.isnan(points[:, column])][:, [column]] for points in (good, bad))
        point = _best(Columns(space, [parameter]), mine, others, _shared_spread, rng)
        configuration[parameter.name] = parameter.from_unit(float(point[0]))
    return configuration


def _split(record: Record) -> tuple[Array, Array]:
    """Return the points of the good trials, and those of the others."""
    num_good = min(math.ceil(GOOD_SHARE * len(record.ranked)), MOST_GOOD)
    return record.good(num_good), record.bad(num_good, MOST_BAD)


def _best(
    columns: Columns,
    good: Array,
    bad: Array,
    least_spread: Callable[[int], float],
    rng: np.random.Generator,
) -> Array:
    """Return the point where the ratio of the two densities is highest."""
    likely = Parzen(columns, good, _by_rank(len(good)), least_spread(len(good)))
    unlikely = Parzen(columns, bad, _ramp(len(bad)), least_spread(len(bad)))
    points = columns.snapped(likely.sample(NUM_CANDIDATES, rng))
    ratio = likely.log_density(points) - unlikely.log_density(points)
    best: Array = points[np.argmax(ratio)]
    return best


def _shared_spread(count: int) -> float:
    """Return the least standard deviation where that many components share one range."""
    return 1.0 / min(count + 2, 100)


def _by_rank(count: int) -> Array:
    """Return weights that fall from the best to the worst, 1 in the mean."""
    weights: Array = np.log((count + 1) / np.arange(1, count + 1))
    return weights / weights.mean() if count else weights


def _ramp(count: int) -> Array:
    """Return weights that rise from nearly 0 for the oldest to 1 for the newest ones."""
    weights = np.ones(count)
    old = count - NUM_NEW
    if old > 0:
        weights[:old] = np.linspace(1.0 / count, 1.0, old)
    return weights
