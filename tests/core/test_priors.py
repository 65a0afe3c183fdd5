from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core.priors import Prior

UNITS = st.floats(0.001, 0.999)


@given(UNITS, st.sampled_from(["normal", "lognormal"]), st.floats(0.5, 50), st.floats(0.1, 10))
def test_inverse_and_share_undo_each_other(unit: float, kind: str, mean: float, std: float) -> None:
    centre = math.log(mean) if kind == "lognormal" else mean
    prior = Prior("x", {"type": kind, "mean": centre, "std": std}, 0.1, 100.0, "linear")

    assert prior.share_below(prior.inverse(unit)) == pytest.approx(unit, abs=1e-6)


def test_half_of_a_symmetric_prior_lies_below_its_mean() -> None:
    prior = Prior("x", {"type": "normal", "mean": 3, "std": 2}, 0.0, 6.0, "linear")

    assert prior.share_below(3.0) == pytest.approx(0.5)
    assert prior.share_below(0.0) == 0.0
    assert prior.share_below(6.0) == 1.0


def test_values_outside_have_no_share() -> None:
    prior = Prior("x", {"type": "normal", "mean": 3, "std": 2}, 0.0, 6.0, "linear")

    assert prior.share_below(-5.0) == 0.0
    assert prior.share_below(50.0) == 1.0
