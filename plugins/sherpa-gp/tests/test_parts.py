"""The parts: encoding, outputs, likelihood, posterior, acquisition and search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import norm

from sherpa_core import Choice, Continuous, Discrete, Ordinal, SearchSpace
from sherpa_gp import fit, kernel
from sherpa_gp.acquisition import LogExpectedImprovement
from sherpa_gp.encoding import Encoding
from sherpa_gp.model import Posterior
from sherpa_gp.outputs import transformed
from sherpa_gp.search import candidates
from sherpa_testkit.showcase import CONDITIONAL
from sherpa_testkit.strategies import spaces

COLUMNS = np.array([0, 1, 2, 2])
LOGS = np.log([0.4, 0.7, 1.0, 0.5, 1.3, 1e-3])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def posterior(rng: np.random.Generator, versions: int = 1) -> Posterior:
    return Posterior(rng.random((12, 4)), COLUMNS, rng.standard_normal((12, versions)), LOGS)


# The encoding


@settings(max_examples=80, deadline=None)
@given(space=spaces(max_size=6), seed=st.integers(0, 2**32 - 1))
def test_points_of_the_search_are_those_of_configurations(space: SearchSpace, seed: int) -> None:
    encoding = Encoding(space)
    rng = np.random.default_rng(seed)
    points = encoding.drawn(8, rng)
    points = np.concatenate([points, encoding.varied(points, 0.1, 2, rng)])
    points = np.concatenate([points, encoding.neighbours(points[0])])
    tried = encoding.units(map(encoding.decode, points))
    np.testing.assert_array_equal(np.isnan(tried), np.isnan(points))
    rounded = np.array([parameter.num_values > 32 for parameter in space])
    np.testing.assert_allclose(tried[:, ~rounded], points[:, ~rounded], atol=1e-9)
    features = encoding.features(points)
    assert ((features >= 0) & (features <= 1)).all()
    assert features.shape[1] == len(encoding.columns)


def test_neighbours_are_all_other_values_of_each_discrete_parameter() -> None:
    space = SearchSpace(
        [Continuous("x", [0, 1]), Discrete("n", [1, 5]), Choice("kind", ["a", "b", "c"])]
    )
    encoding = Encoding(space)
    point = encoding.units([{"x": 0.5, "n": 2, "kind": "b"}])[0]
    found = {tuple(encoding.decode(each).values()) for each in encoding.neighbours(point)}
    numbers = {(0.5, n, "b") for n in range(1, 6)}
    assert found == numbers | {(0.5, 2, kind) for kind in "abc"}


def test_what_is_inactive_makes_no_difference() -> None:
    encoding = Encoding(SearchSpace(CONDITIONAL))
    points = np.full((2, len(CONDITIONAL)), 0.9)  # the optimizer "none" switches all else off
    points[1, 1:-1] = 0.2
    np.testing.assert_array_equal(*encoding.features(encoding.snap(points)))


# The outputs


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30))
def test_a_transform_is_finite_and_keeps_the_order(costs: list[float]) -> None:
    values = transformed(np.array(costs))
    assert np.isfinite(values).all()
    assert (np.diff(values[np.argsort(costs, kind="stable")]) >= -1e-9).all()


def skew(values: Any) -> float:
    return float(np.mean(((values - values.mean()) / values.std()) ** 3))


@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_skewed_results_become_nearly_normal(rng: np.random.Generator, shift: float) -> None:
    costs = np.exp(rng.standard_normal(300)) + shift
    assert abs(skew(transformed(costs))) < 0.5 < 2 < skew(costs)


# The Gaussian process


def test_the_gradient_of_the_likelihood(rng: np.random.Generator) -> None:
    features, targets = rng.random((12, 4)), rng.standard_normal(12)
    members = COLUMNS[:, None] == np.arange(3)
    terms = kernel.trend(features)[0]
    products = terms @ terms.T

    def value(logs: Any) -> float:
        return fit._negative_likelihood(logs, features, COLUMNS, members, products, targets)[0]

    gradient = fit._negative_likelihood(LOGS, features, COLUMNS, members, products, targets)[1]
    assert gradient == pytest.approx(approx_fprime(LOGS, value, 1e-6), rel=1e-3, abs=1e-4)


def test_learns_which_parameters_matter_and_how_noisy_results_are(
    rng: np.random.Generator,
) -> None:
    features = rng.random((60, 2))
    targets = np.sin(6 * features[:, 0])
    targets = (targets - targets.mean()) / targets.std()
    for noise in (0.0, 0.5):
        noisy = targets + noise * rng.standard_normal(60)
        first, second, _, _, learnt = np.exp(fit.learn(features, np.arange(2), noisy))
        assert second > 3 * first
        assert np.sqrt(learnt) == pytest.approx(noise, abs=0.15)


def test_the_posterior_predicts(rng: np.random.Generator) -> None:
    features = rng.random((40, 2))
    targets = np.sin(4 * features[:, 0]) + features[:, 1]
    logs = fit.learn(features, np.arange(2), targets)
    model = Posterior(features, np.arange(2), targets[:, None], logs)
    fresh = rng.random((50, 2))
    means, deviations = model.moments(fresh)
    assert np.abs(means[:, 0] - np.sin(4 * fresh[:, 0]) - fresh[:, 1]).max() < 0.3
    assert (deviations < 0.5).all()
    assert model.fitted[:, 0] == pytest.approx(targets, abs=0.05)


def test_a_trend_in_many_parameters_shows_in_a_few_results(rng: np.random.Generator) -> None:
    def bowl(features: Any) -> Any:
        return ((features - np.linspace(0.2, 0.8, 10)) ** 2).sum(axis=1)

    features, fresh = rng.random((30, 10)), rng.random((200, 10))
    targets = bowl(features) - bowl(features).mean()
    logs = fit.learn(features, np.arange(10), targets / targets.std())
    means = Posterior(features, np.arange(10), targets[:, None], logs).moments(fresh)[0]
    assert np.corrcoef(means[:, 0], bowl(fresh))[0, 1] > 0.85


def test_draws_have_the_moments_of_the_posterior(rng: np.random.Generator) -> None:
    model, points = posterior(rng), rng.random((3, 4))
    draws = model.sampled(points, rng.standard_normal((3, 20_000)))
    means, deviations = model.moments(points)
    assert draws.mean(axis=1) == pytest.approx(means[:, 0], abs=0.05)
    assert draws.std(axis=1) == pytest.approx(deviations, rel=0.05)


# The acquisition


def test_the_acquisition_is_the_logarithm_of_the_expected_improvement(
    rng: np.random.Generator,
) -> None:
    model, points = posterior(rng, versions=3), rng.random((20, 4))
    means, deviations = model.moments(points)
    steps = (model.fitted.min(axis=0) - means) / deviations[:, None]
    expected = deviations * (steps * norm.cdf(steps) + norm.pdf(steps)).mean(axis=1)
    assert np.exp(LogExpectedImprovement(model, None)(points)) == pytest.approx(expected)


@pytest.mark.parametrize("versions", [1, 4])
@pytest.mark.parametrize("constrained", [False, True])
def test_the_gradient_of_the_acquisition(
    rng: np.random.Generator, versions: int, constrained: bool
) -> None:
    acquisition = LogExpectedImprovement(
        posterior(rng, versions), posterior(rng) if constrained else None
    )
    points = rng.random((5, 4))
    values, gradients = acquisition.gradients(points)
    assert values == pytest.approx(acquisition(points))
    for point, gradient in zip(points, gradients, strict=True):
        slope = approx_fprime(point, lambda x: float(acquisition(x[None, :])[0]), 1e-6)
        assert gradient == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_hopeless_points_still_differ(rng: np.random.Generator) -> None:
    features = np.linspace(0, 1, 5)[:, None]
    logs = np.log([0.3, 1e-4, 1.0, 1e-6])
    targets = np.array([[-1e6], [1.0], [2.0], [3.0], [4.0]])
    model = Posterior(features, np.zeros(1, int), targets, logs)
    values, gradients = LogExpectedImprovement(model, None).gradients(np.array([[0.6], [0.8]]))
    assert np.isfinite(values).all()
    assert np.isfinite(gradients).all()
    assert values[0] != values[1]


# The search


def test_the_search_finds_the_best_of_all_configurations(rng: np.random.Generator) -> None:
    space = [Discrete("n", [1, 9]), Choice("kind", ["a", "b", "c"]), Ordinal("size", [1, 2, 4])]
    encoding = Encoding(SearchSpace(space))
    tried = encoding.drawn(6, rng)
    logs = np.log([0.5, 1.0, 0.5, 0.1, 1.0, 1e-3])
    features = encoding.features(tried)
    model = Posterior(features, encoding.columns, rng.standard_normal((6, 1)), logs)
    acquisition = LogExpectedImprovement(model, None)
    every = encoding.units(
        {"n": n, "kind": kind, "size": size}
        for n in range(1, 10)
        for kind in "abc"
        for size in (1, 2, 4)
    )
    found = candidates(acquisition, encoding, tried, rng)[:1]
    best = acquisition(encoding.features(every)).max()
    assert acquisition(encoding.features(found)) == pytest.approx([best])


def test_the_search_climbs_to_where_the_slope_is_zero(rng: np.random.Generator) -> None:
    encoding = Encoding(SearchSpace([Continuous("x", [0, 1]), Continuous("y", [0, 1])]))
    tried = encoding.drawn(30, rng)
    values = ((tried - 0.5) ** 2).sum(axis=1, keepdims=True)
    model = Posterior(tried, encoding.columns, values, np.log([0.6, 0.6, 0.1, 1.0, 1e-6]))
    acquisition = LogExpectedImprovement(model, None)
    best = tried[np.argsort(values[:, 0])]
    found = candidates(acquisition, encoding, best, rng)[:1]
    value, slope = acquisition.gradients(found)
    assert value >= acquisition(rng.random((300, 2))).max()
    assert np.abs(slope).max() < 0.1
