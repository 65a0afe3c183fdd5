"""Grid search tries each combination of exact grid points once, and is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Study, UserError
from sherpa_core.algorithms import GridSearch
from sherpa_testkit import suite_for
from sherpa_testkit.strategies import parameters


class TestContract(suite_for("algorithm", "grid")):
    pass


class TestContractWithEndpoints(
    suite_for("algorithm", {"name": "grid", "num_grid_points": 3, "include_endpoints": True})
):
    pass


def configurations(space, **options):
    study = Study(space, GridSearch(**options), disable_dashboard=True)
    found = []
    for trial in study:
        study.finalize(trial, "FAILED")
        found.append(trial.parameters)
    return found


def points(parameter, **options):
    return [each["x"] for each in configurations([parameter], **options)]


@pytest.mark.parametrize(
    ("parameter", "count", "ends", "expected"),
    [
        (Continuous("x", [1, 2]), 1, False, [1.5]),
        (Continuous("x", [1, 2]), 2, False, [4 / 3, 5 / 3]),
        (Continuous("x", [1, 2]), 3, False, [1.25, 1.5, 1.75]),
        (Continuous("x", [2, 1]), 3, False, [1.25, 1.5, 1.75]),
        (Continuous("x", [1, 2]), 2, True, [1.0, 2.0]),
        (Continuous("x", [1, 2]), 3, True, [1.0, 1.5, 2.0]),
        (Continuous("x", [1e-4, 1], "log"), 3, False, [1e-3, 1e-2, 1e-1]),
        (Continuous("x", [1e-4, 1], "log"), 3, True, [1e-4, 1e-2, 1.0]),
        (Continuous("x", [0, 1], step=0.25), 2, True, [0.0, 1.0]),
        (Discrete("x", [0, 9]), 2, False, [3, 6]),
        (Discrete("x", [0, 10]), 3, True, [0, 5, 10]),
        (Discrete("x", [1, 10_000], "log"), 3, False, [10, 100, 1000]),
        (Discrete("x", [8, 64], step=8), 3, True, [8, 40, 64]),
    ],
)
def test_points_are_exact(parameter, count, ends, expected):
    found = points(parameter, num_grid_points=count, include_endpoints=ends)
    assert found == pytest.approx(expected, rel=1e-12)
    assert all(type(each) is type(wanted) for each, wanted in zip(found, expected, strict=True))


def test_the_default_is_two_points_inside():
    assert points(Continuous("x", [0, 3])) == pytest.approx([1, 2])


def test_equal_points_of_a_discrete_parameter_are_tried_once():
    assert points(Discrete("x", [1, 3]), num_grid_points=10) == [1, 2, 3]
    assert points(Discrete("x", [1, 2]), num_grid_points=5, include_endpoints=True) == [1, 2]
    assert points(Discrete("x", [1, 4], "log"), num_grid_points=20) == [1, 2, 3, 4]


def test_listed_values_are_all_tried():
    values = [[16, 32], None, "1", 1, {"depth": 2}]
    assert points(Choice("x", values), num_grid_points=2) == values
    assert points(Ordinal("x", [16, 32, 64]), num_grid_points=1) == [16, 32, 64]


def test_all_combinations_the_last_parameter_varying_fastest():
    space = [Choice("a", ["p", "q"]), Discrete("b", [0, 9]), Ordinal("c", [1, 2])]
    found = [tuple(each.values()) for each in configurations(space)]
    assert found == [(a, b, c) for a in "pq" for b in (3, 6) for c in (1, 2)]


def test_inactive_parameters_are_not_varied():
    space = [
        Continuous("momentum", [0, 3], when={"optimizer": ["sgd"]}),
        Choice("optimizer", ["sgd", "adam"]),
        Ordinal("nesterov", [False, True], when={"momentum": [1.0]}),
    ]
    assert configurations(space) == [
        {"optimizer": "sgd", "momentum": 1.0, "nesterov": False},
        {"optimizer": "sgd", "momentum": 1.0, "nesterov": True},
        {"optimizer": "sgd", "momentum": 2.0},
        {"optimizer": "adam"},
    ]


def test_many_inactive_parameters_cost_no_time():
    space = [Choice("model", ["simple", "deep"])]
    space += [Continuous(f"x{i}", [0, 1], when={"model": ["deep"]}) for i in range(25)]
    study = Study(space, GridSearch(num_grid_points=9), disable_dashboard=True)
    first = [study.get_suggestion().parameters for _ in range(3)]
    assert first[0] == {"model": "simple"}
    assert [each["model"] for each in first[1:]] == ["deep", "deep"]


def test_queued_trials_take_no_place_in_the_grid():
    study = Study([Ordinal("x", [1, 2, 3])], GridSearch(), disable_dashboard=True)
    study.enqueue({"x": 3})
    found = []
    for trial in study:
        found.append(trial.parameters["x"])
        study.finalize(trial, "FAILED")
    assert found == [3, 1, 2, 3]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"num_grid_points": 0}, "num_grid_points"),
        ({"num_grid_points": 2.5}, "num_grid_points"),
        ({"num_grid_points": 1, "include_endpoints": True}, "at least 2 with endpoints, but is 1"),
        ({"include_endpoints": "yes"}, "include_endpoints"),
    ],
)
def test_wrong_options_are_named(options, problem):
    with pytest.raises(UserError, match=f"grid: .*{problem}"):
        Study([Continuous("x", [0, 1])], {"name": "grid", **options}, disable_dashboard=True)


@given(parameter=parameters(), count=st.integers(2, 12), ends=st.booleans())
def test_points_rise_lie_in_the_range_and_hold_its_ends(parameter, count, ends):
    found = GridSearch(num_grid_points=count, include_endpoints=ends).points(parameter)
    assert [parameter.restore(value) for value in found] == found
    if isinstance(parameter, Choice | Ordinal):
        assert found == parameter.range
        return
    assert found == sorted(set(found))
    assert len(found) <= count
    if isinstance(parameter, Continuous) and parameter.step is None:
        assert len(found) == count
        assert ends == (found[0] == pytest.approx(parameter.low, rel=1e-9))
    if ends and parameter.step is None and not parameter.distribution:
        assert [found[0], found[-1]] == pytest.approx([parameter.low, parameter.high])
