from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import Observation, Trial, TrialStatus, UserError

OBSERVATIONS = st.lists(
    st.tuples(
        st.integers(-(2**53), 2**53),
        st.floats() | st.sampled_from([0.0, 1.0]),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
        st.floats(0, 2e9),
    ),
    unique_by=lambda each: each[0],
    max_size=8,
)


@given(OBSERVATIONS, st.booleans())
def test_observations_come_back_in_their_order(
    observations: list[tuple[int, float, dict[str, int], float]], lower: bool
) -> None:
    trial = Trial(1, {})
    for each in observations:
        assert not trial._has_iteration(each[0])
        trial._observe(*each, lower)

    assert repr(trial.observations) == repr([Observation(*each) for each in observations])
    assert trial.iterations == [each[0] for each in observations]
    assert repr(trial.objectives) == repr([each[1] for each in observations])
    assert trial.num_observations == len(observations)
    assert all(trial._has_iteration(each[0]) for each in observations)
    numbers = [each for each in observations if not math.isnan(each[1])]
    if numbers:
        best = (min if lower else max)(each[1] for each in numbers)
        first = next(each for each in numbers if each[1] == best)
        assert trial.best == Observation(*first)
        assert trial.objective == best
    else:
        assert trial.best is None
        assert math.isnan(trial.objective)


@given(OBSERVATIONS, st.integers(0, 9), st.booleans())
def test_what_is_taken_back_was_never_there(
    observations: list[tuple[int, float, dict[str, int], float]], length: int, lower: bool
) -> None:
    trial, expected = Trial(1, {}), Trial(1, {})
    for each in observations:
        trial._observe(*each, lower)
    for each in observations[:length]:
        expected._observe(*each, lower)

    trial._truncate(length, lower)

    assert repr(trial.observations) == repr(expected.observations)
    assert repr(trial.best) == repr(expected.best)
    for each in observations:
        assert trial._has_iteration(each[0]) == expected._has_iteration(each[0])


def test_a_user_makes_a_trial_of_id_and_parameters() -> None:
    trial = Trial(3, {"lr": 0.1})

    assert trial.id == 3
    assert trial.parameters == {"lr": 0.1}
    assert trial.status == "RUNNING"
    assert (trial.best, trial.duration, trial.observations) == (None, None, [])


def test_changing_the_parameters_changes_nothing() -> None:
    trial = Trial(1, {"layers": [16, {"units": [1]}], "lr": 0.1})

    taken: dict[str, Any] = trial.parameters
    taken["layers"][1]["units"].append(2)
    taken["lr"] = 5

    assert trial.parameters == {"layers": [16, {"units": [1]}], "lr": 0.1}


def test_there_is_no_observation_beyond_the_last() -> None:
    with pytest.raises(UserError, match="trial 4 has 0 observations"):
        Trial(4, {}).observation(0)


def test_a_status_is_its_name() -> None:
    assert TrialStatus.COMPLETED == "COMPLETED"
    assert f"{TrialStatus.FAILED}" == "FAILED"
