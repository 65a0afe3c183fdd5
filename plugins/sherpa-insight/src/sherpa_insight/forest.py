"""Importance: how much of the objective's variation each parameter explains in a random forest.

A functional analysis of variance, as in Hutter et al., An Efficient Approach for Assessing
Hyperparameter Importance (ICML 2014): each tree cuts the space into boxes, from which the mean
objective at each value of one parameter, over all values of the others, follows exactly.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from sherpa_core.parameters import Parameter
from sherpa_insight.measure import Floats, Measure
from sherpa_insight.table import Ints, Table, is_listed

_TREES = 64
_ROWS = 2000  # trials that the forest is fitted to, at most
_SHADOWS = 8  # columns of pure noise: what matters no more than they do not matter
_SURE = 0.01  # probability of an error, all parameters together
_POINTS = 256  # random configurations for the total effects
_GRID = 41  # places of a slice


@attrs.frozen(eq=False)
class Effects:
    """What a forest says about each parameter; arrays over parameters, then trees.

    Args:
        main: share of the variance that the parameter explains by itself.
        total: the same with all of its interactions.
        noise: the total effect that a column of pure noise may well have.
        trace: how likely chance alone leaves such a trace of the parameter in what the forest has
            not explained: large effects hide small ones from it.
        quality: share of the variance that the forest explains of trials it has not seen.
        prolonged: of how many of the trials the objective at full length is an estimate.
        slices: for each parameter the mean objective at `grids`, one row for each tree.
        grids: for each parameter the places, from 0 to 1; of categories as many as there are.
        measure: the measure in which the slices are.
        rows: number of trials that it was fitted to.
    """

    main: Floats
    total: Floats
    noise: float
    trace: Floats
    quality: float
    prolonged: int
    slices: list[Floats]
    grids: list[Floats]
    measure: Measure
    rows: int

    def has_effect(self, column: int) -> bool:
        """Return whether a parameter matters more than noise would."""
        sure = self.trace[column] * len(self.trace) < _SURE
        return bool(sure or np.mean(self.total[column]) > self.noise)


def trials_needed(table: Table) -> int:
    """Return how many trials importance needs to be worth anything."""
    return max(20, 3 * len(table.space))


def effects(table: Table, better_half: bool = False) -> Effects | None:
    """Return the effects of all parameters, None where there are too few trials or no variation.

    Args:
        table: the trials.
        better_half: look only at the better half of them: what decides between good and bad often
            hides what decides between good and best.
    """
    rows = table.comparable
    if len(rows) < trials_needed(table):
        return None
    rng = np.random.default_rng(0)
    if better_half:
        order = np.argsort(table.full[rows] * (1 if table.lower_is_better else -1), kind="stable")
        rows = np.sort(rows[order[: len(rows) // 2]])
    if len(rows) > _ROWS:
        rows = np.sort(rng.choice(rows, _ROWS, replace=False))
    objective = table.full[rows]
    measure = Measure.of(objective, table.lower_is_better)
    cost = measure.cost(objective)
    if np.ptp(cost) == 0:
        return None
    axes = [
        _Axis(parameter, table.places[rows, i], cost, rng)
        for i, parameter in enumerate(table.space)
    ]
    columns = [axis.places for axis in axes]
    shadows = _shadows(table, rows, cost, rng)
    data = np.column_stack(columns + shadows)
    forest = _fit(data, cost)
    trees = [_Tree(each.tree_) for each in forest.estimators_]
    total = _totals(forest, data.shape[1], rng)
    rest = cost - forest.oob_prediction_
    noise = total[-len(shadows) :].mean(axis=1)
    marginals = [[tree.marginal(i, axis.grid) for tree in trees] for i, axis in enumerate(axes)]
    return Effects(
        np.array([[share for share, _ in each] for each in marginals]),
        total[: len(axes)],
        float(noise.max() + noise.std() + 0.01),
        np.array([_trace(each, table.places[rows, i], rest) for i, each in enumerate(table.space)]),
        float(np.clip(forest.oob_score_, 0.0, 1.0)),
        int((objective != table.objective[rows]).sum()),
        [np.array([curve for _, curve in each]) for each in marginals],
        [np.linspace(0, 1, len(axis.grid)) for axis in axes],
        measure,
        len(rows),
    )


def _fit(columns: Floats, cost: Floats) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        _TREES, min_samples_leaf=2, max_features=0.7, oob_score=True, random_state=0
    )
    return forest.fit(columns, cost)


class _Axis:
    """A parameter as a column of the forest.

    Categories stand in the order of their mean objectives, the best split of which a tree finds.
    An inactive value is drawn from the active ones: so it says nothing, not even that it is none.
    """

    def __init__(
        self, parameter: Parameter, places: Floats, cost: Floats, rng: np.random.Generator
    ) -> None:
        self.places = places.copy()
        active = ~np.isnan(places)
        self.grid = np.linspace(0, 1, _GRID)
        if is_listed(parameter):
            count = len(parameter.range)
            index = np.minimum(places[active] * count, count - 1).astype(np.int64)
            rank = np.arange(count)
            if parameter.type == "choice":
                sums = np.bincount(index, cost[active], count)
                sizes = np.bincount(index, minlength=count)
                means = np.where(sizes > 0, sums / np.maximum(sizes, 1), cost.mean())
                rank[np.argsort(means, kind="stable")] = np.arange(count)
            self.places[active] = (rank[index] + 0.5) / count
            self.grid = (rank + 0.5) / count  # the category's own order
        if not active.any():
            self.places[:] = 0.5
        elif not active.all():
            self.places[~active] = rng.choice(self.places[active], int((~active).sum()))


def _shadows(table: Table, rows: Ints, cost: Floats, rng: np.random.Generator) -> list[Floats]:
    """Return columns like those of the parameters, but shuffled: pure noise.

    The choice with the most categories is among them, since it finds the most in noise.
    """
    sizes = [len(parameter.range) if parameter.type == "choice" else 0 for parameter in table.space]
    picked = [int(np.argmax(sizes)), *rng.integers(0, len(sizes), _SHADOWS - 1).tolist()]
    return [
        _Axis(table.space[each], rng.permutation(table.places[rows, each]), cost, rng).places
        for each in picked
    ]


def _trace(parameter: Parameter, places: Floats, rest: Floats) -> float:
    """Return the probability of a rank test: do the rests depend on the parameter?"""
    from scipy.stats import kruskal, spearmanr

    active = ~np.isnan(places) & np.isfinite(rest)
    values, rest = places[active], rest[active]
    levels = np.unique(values)
    if len(levels) < 2 or np.ptp(rest) == 0:
        return 1.0
    if is_listed(parameter):
        return float(kruskal(*(rest[values == level] for level in levels)).pvalue)
    return float(spearmanr(values, rest).pvalue)


def _totals(forest: Any, width: int, rng: np.random.Generator) -> Floats:
    """Return each column's total effect in each tree (Jansen's estimator)."""
    points = rng.random((_POINTS, width)).astype(np.float32)
    stacked = [points]
    for column in range(width):
        other = points.copy()
        other[:, column] = rng.random(_POINTS)
        stacked.append(other)
    data = np.vstack(stacked)
    found = []
    for tree in forest.estimators_:
        values = tree.tree_.predict(data)[:, 0].reshape(width + 1, _POINTS)
        variance = values[0].var() or 1.0
        found.append(((values[1:] - values[0]) ** 2).mean(axis=1) / 2 / variance)
    return np.array(found).T


class _Tree:
    """One regression tree as boxes in the unit cube, and the values in them."""

    def __init__(self, tree: Any) -> None:
        nodes, width = tree.node_count, tree.n_features
        lower, upper = np.zeros((nodes, width)), np.ones((nodes, width))
        left, right, axis, cut = (
            tree.children_left, tree.children_right, tree.feature, tree.threshold
        )  # fmt: skip
        for node in np.flatnonzero(left >= 0):  # parents come before their children
            for child in (left[node], right[node]):
                lower[child], upper[child] = lower[node], upper[node]
            upper[left[node], axis[node]] = cut[node]
            lower[right[node], axis[node]] = cut[node]
        leaves = left < 0
        self.lower, self.upper = lower[leaves], upper[leaves]
        self.values = tree.value[leaves, 0, 0]
        self.volumes = np.prod(self.upper - self.lower, axis=1)
        self.mean = float(self.volumes @ self.values)
        self.variance = float(self.volumes @ (self.values - self.mean) ** 2)

    def marginal(self, column: int, grid: Floats) -> tuple[float, Floats]:
        """Return a column's main effect, and the mean value at each place of a grid."""
        lower, upper = self.lower[:, column], self.upper[:, column]
        cuts = np.unique(np.concatenate([lower, upper]))
        heights = self.volumes * self.values / (upper - lower)
        steps = np.zeros(len(cuts))
        np.add.at(steps, np.searchsorted(cuts, lower), heights)
        np.add.at(steps, np.searchsorted(cuts, upper), -heights)
        curve = np.cumsum(steps)[:-1]
        effect = float(np.diff(cuts) @ (curve - self.mean) ** 2)
        at = np.clip(np.searchsorted(cuts, grid, side="right") - 1, 0, len(curve) - 1)
        return (effect / self.variance if self.variance > 0 else 0.0), curve[at]
