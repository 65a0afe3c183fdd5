"""Parzen estimators: densities that are densities, over trees of parameters too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, SearchSpace
from sherpa_tpe.columns import Columns
from sherpa_tpe.parzen import Parzen

TREE = SearchSpace(
    [
        Choice("kind", ["a", "b", "c"]),
        Continuous("x", [0, 1], when={"kind": ["a", "b"]}),
        Discrete("n", [1, 4], when={"kind": "b"}),
    ]
)


def test_it_draws_as_densely_as_it_says() -> None:
    columns = Columns(SearchSpace([Continuous("x", [0, 1]), Choice("kind", ["a", "b", "c"])]))
    points = columns.points([{"x": x, "kind": kind} for x, kind in [(0.1, "a"), (0.2, "c")]])
    parzen = Parzen(columns, points, np.array([1.0, 3.0]), 0.1)
    drawn = columns.snapped(parzen.sample(40_000, np.random.default_rng(1)))
    for kind in range(3):
        for low in np.arange(0, 1, 0.25):
            inside = (drawn[:, 0] >= low) & (drawn[:, 0] < low + 0.25)
            share = np.mean(inside & (np.floor(drawn[:, 1] * 3) == kind))
            around = [{"x": x, "kind": "abc"[kind]} for x in np.linspace(low, low + 0.25, 200)]
            places = columns.points(around)
            density = np.exp(parzen.log_density(places)).mean() * 0.25 / 3
            assert share == pytest.approx(density, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_the_mean_density_over_a_tree_of_parameters_is_one(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    columns = Columns(TREE)
    points = columns.points(TREE.sample(rng) for _ in range(count))
    parzen = Parzen(columns, points, rng.random(count) + 0.1, 0.1)
    everywhere = columns.points(TREE.sample(rng) for _ in range(2_000))
    densities = np.exp(parzen.log_density(everywhere))
    # the density of a step's middle stands for the whole step
    assert densities.mean() == pytest.approx(1.0, abs=0.3)


def test_a_component_says_nothing_about_what_it_did_not_have() -> None:
    columns = Columns(TREE)
    points = columns.points([{"kind": "c"}] * 5)
    parzen = Parzen(columns, points, np.ones(5), 0.1)
    near, far = columns.points([{"kind": "a", "x": 0.5}, {"kind": "a", "x": 0.01}])
    assert parzen.log_density(near[None]) == pytest.approx(parzen.log_density(far[None]))
