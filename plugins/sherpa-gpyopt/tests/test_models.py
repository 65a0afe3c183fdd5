"""Models, penalties and encoding; where GPyOpt itself stopped working, one test for each break."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import requires
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, SearchSpace
from sherpa_gpyopt.containment import contained
from sherpa_gpyopt.encoding import Encoding
from sherpa_testkit.showcase import CONDITIONAL, MIXED
from sherpa_testkit.strategies import spaces

PLANE = Encoding(SearchSpace([Continuous("x", [0, 1]), Continuous("y", [0, 1])]))
NAMES = ["GP", "GP_MCMC", "sparseGP", "warpedGP", "InputWarpedGP", "RF"]
POINTS = np.stack(np.meshgrid(np.linspace(0, 1, 6), np.linspace(0, 1, 6)), -1).reshape(-1, 2)


@pytest.fixture
def acquisition() -> Iterator[ModuleType]:
    with contained(0):
        from sherpa_gpyopt import acquisition

        yield acquisition


def fitted(name: str, outputs: Any, points: Any = POINTS) -> Any:
    with contained(0):
        from sherpa_gpyopt.models import MODELS

        return MODELS[name](points, np.asarray(outputs, dtype=float)[:, None], [0, 1])


# What each model is for


@pytest.mark.parametrize("name", NAMES)
def test_a_model_predicts_what_it_was_fitted_to(name: str) -> None:
    model = fitted(name, np.sin(3 * POINTS[:, 0]) + POINTS[:, 1] - 1)
    mean, deviation = model.moments(POINTS)
    assert np.sqrt(np.mean((mean - model.Y[:, 0]) ** 2)) < 0.15
    between = np.array([[0.5, 0.5], [0.1, 0.9]])
    mean, deviation = model.moments(between)
    assert mean == pytest.approx(np.sin(3 * between[:, 0]) + between[:, 1] - 1, abs=0.4)
    assert np.all((deviation > 0) & (deviation < 1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 2])
def test_a_model_makes_do_with_one_or_two_results(name: str, count: int) -> None:
    model = fitted(name, [0.0, 1.0][:count], POINTS[:count])
    assert np.isfinite(model.moments(POINTS)).all()


def test_a_model_of_choices_only_has_no_inputs_to_warp() -> None:
    with contained(0):
        from sherpa_gpyopt.models import InputWarpedGaussianProcess

        model = InputWarpedGaussianProcess(np.eye(3), np.array([[0.0], [1.0], [-1.0]]), [])
        assert np.isfinite(model.moments(np.eye(3))).all()


# Where GPyOpt stopped working


def test_the_plugin_declares_what_gpyopt_needs_to_be_imported() -> None:
    declared = " ".join(requires("sherpa-gpyopt") or []).lower()
    for name in ("gpy", "gpyopt==1.2.6", "matplotlib", "scikit-learn"):
        assert name in declared


def test_importing_gpyopt_switches_no_warnings_off() -> None:
    script = (
        "import numpy, warnings; before = list(warnings.filters);"
        "from sherpa_gpyopt.containment import contained\n"
        "with contained(0):\n"
        "    import sherpa_gpyopt.acquisition\n"
        "assert warnings.filters == before, warnings.filters"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_steepest_slope_is_known_for_every_model(name: str, acquisition: ModuleType) -> None:
    model = fitted(name, 2 * (POINTS[:, 0] - 0.5) + POINTS[:, 1] - 0.5)
    slope = acquisition.steepest(model, PLANE, POINTS)
    assert np.sqrt(5) * 0.8 < slope < (15 if name == "RF" else np.sqrt(5) * 1.5)


@pytest.mark.parametrize("name", NAMES)
def test_a_penalty_lowers_the_acquisition_where_a_trial_runs(
    name: str, acquisition: ModuleType
) -> None:
    model = fitted(name, np.sin(3 * POINTS[:, 0]) + POINTS[:, 1] - 1)
    kind = "LCB_MCMC" if name == "GP_MCMC" else "LCB"
    plain = acquisition.make_acquisition(kind, model)
    running, far = np.array([[0.05, 0.05]]), np.array([[0.95, 0.1]])
    slope = acquisition.steepest(model, PLANE, POINTS)
    penalized = acquisition.LocalPenalization(plain, running, slope)
    unpenalized = acquisition.LocalPenalization(plain, running, slope)
    unpenalized.update_batches(None, None, None)

    def penalty(at: Any) -> float:
        with contained(0):
            return float(
                (penalized.acquisition_function(at) - unpenalized.acquisition_function(at))[0]
            )

    assert penalty(running) >= np.log(2) - 1e-6  # the lower the better
    assert penalty(far) < 0.2


def test_a_warped_model_predicts_as_gpy_does() -> None:
    outputs = np.exp(3 * POINTS[:, 0]) / 5 - 1
    model = fitted("warpedGP", outputs)
    mean = model.moments(POINTS[:3])[0]
    with contained(0):
        model.model.predict_in_warped_space = True
        slowly = model.model.predict(POINTS[:3])[0][:, 0]
    assert mean == pytest.approx(slowly, abs=1e-3)


def test_sampling_takes_seconds_and_moves(acquisition: ModuleType) -> None:
    began = time.process_time()
    model = fitted("GP_MCMC", np.sin(3 * POINTS[:, 0]))
    samples = {tuple(part.param_array) for part in model.parts}
    assert time.process_time() - began < 10
    assert len(model.parts) == 10
    assert len(samples) > 3


def test_input_warping_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fitted("InputWarpedGP", POINTS[:, 0])
    assert not caplog.records


# The encoding


@settings(max_examples=60, deadline=None)
@given(space=spaces(max_size=6), seed=st.integers(0, 2**32 - 1))
def test_every_configuration_has_a_place_and_comes_back(space: SearchSpace, seed: int) -> None:
    encoding = Encoding(space)
    rng = np.random.default_rng(seed)
    units = encoding.snap(rng.random((8, len(space))))
    features = encoding.features(units)
    assert np.isfinite(features).all()
    assert ((features >= 0) & (features <= 1)).all()
    again = encoding.snap(np.nan_to_num(units, nan=0.5))
    np.testing.assert_allclose(again, units, atol=1e-9)
    near = encoding.vary(units, 0.1, rng)
    assert ((near >= 0) & (near <= 1)).all()
    assert encoding.features(encoding.snap(near)).shape == features.shape


def test_values_of_a_choice_are_equally_far_apart() -> None:
    encoding = Encoding(SearchSpace([Choice("kind", ["a", "b", "c"])]))
    features = encoding.features(encoding.units([{"kind": kind} for kind in "abc"]))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(features[one] - features[other]) == pytest.approx(1)


def test_what_is_inactive_makes_no_difference() -> None:
    encoding = Encoding(SearchSpace(CONDITIONAL))
    points = np.full((2, len(CONDITIONAL)), 0.9)  # the optimizer "none" switches all else off
    points[1, 1:-1] = 0.2
    features = encoding.features(encoding.snap(points))
    np.testing.assert_array_equal(*features)


def test_neighbours_differ_in_one_parameter() -> None:
    encoding = Encoding(SearchSpace(MIXED))
    units = encoding.snap(np.random.default_rng(1).random((50, len(MIXED))))
    for parameter in range(len(MIXED)):
        near = encoding.neighbours(units, parameter, 0.05)
        assert ((near != units).sum(axis=1) == 1).all()
        assert (near[:, parameter] != units[:, parameter]).all()
        assert ((near >= 0) & (near <= 1)).all()
