from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sherpa_core import UserError
from sherpa_core.events import MAX_EVENT_SIZE
from sherpa_core.reports import observation_event
from sherpa_core.values import RESERVED


def event(objective: Any = 0.5, iteration: Any = 1, context: Any = None) -> dict[str, Any]:
    return observation_event(7, 2, objective, iteration, context, {"lr": 0.1})


def test_the_event_names_trial_attempt_and_iteration() -> None:
    assert event(0.5, 3, {"acc": 0.9}) == {
        "type": "observation_added",
        "key": "trial/7/observation/2/3",
        "trial": 7,
        "attempt": 2,
        "iteration": 3,
        "objective": 0.5,
        "context": {"acc": 0.9},
    }


@pytest.mark.parametrize(
    "objective",
    [1, 1.0, np.float32(1), np.float64(1), np.int64(1), np.array(1.0), np.array([1.0])],
)
def test_numbers_of_any_library_become_floats(objective: Any) -> None:
    found = event(objective)["objective"]

    assert type(found) is float
    assert found == 1.0


@pytest.mark.parametrize("objective", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_nan_and_infinity_are_kept(objective: float) -> None:
    assert repr(event(objective)["objective"]) == repr(float(objective))


def test_an_int_beyond_floats_is_infinite() -> None:
    assert event(10**400)["objective"] == math.inf
    assert event(-(10**400))["objective"] == -math.inf


@pytest.mark.parametrize(
    "objective",
    ["0.5", None, 1j, np.complex64(1), True, np.bool_(True), [0.5], {}, np.zeros(2), Decimal(1)],
    ids=repr,
)
def test_other_objectives_are_refused(objective: Any) -> None:
    with pytest.raises(UserError, match=r"^objective must be a number"):
        event(objective)


@pytest.mark.parametrize("iteration", [5, 5.0, np.int32(5)])
def test_iterations_are_whole(iteration: Any) -> None:
    found = event(iteration=iteration)

    assert type(found["iteration"]) is int
    assert found["key"].endswith("/5")


@pytest.mark.parametrize("iteration", ["1", None, 1.5, True, math.nan, 10**400, 2**60])
def test_other_iterations_are_refused(iteration: Any) -> None:
    with pytest.raises(UserError, match=r"^iteration must"):
        event(iteration=iteration)


def test_a_context_is_what_a_storage_gives_back() -> None:
    context = {"a": np.float64(1), "b": (1, 2), "c": "text", "d": None, "e": {"f": [math.nan]}}

    found = event(context=context)["context"]

    assert repr(found) == repr(
        {"a": 1.0, "b": [1, 2], "c": "text", "d": None, "e": {"f": [math.nan]}}
    )


def test_a_context_is_not_shared_with_the_caller() -> None:
    context = {"a": 1}
    found = event(context=context)

    context["a"] = 2

    assert found["context"] == {"a": 1}


@pytest.mark.parametrize("name", [*sorted(RESERVED), "", 3, None, "lr"])
def test_names_that_the_results_cannot_have_are_refused(name: Any) -> None:
    with pytest.raises(UserError, match="context value"):
        event(context={name: 1})


@pytest.mark.parametrize("context", ["loss", 3, ["loss"], {"a": object}, {"a": 1j}], ids=repr)
def test_other_contexts_are_refused(context: Any) -> None:
    with pytest.raises(UserError):
        event(context=context)


def test_ten_megabytes_of_context_are_refused_with_advice() -> None:
    with pytest.raises(UserError, match="write large results to a file"):
        event(context={"image": ["x" * MAX_EVENT_SIZE] * 10})
