from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter, SearchSpace, UserError
from sherpa_testkit.strategies import configurations, spaces

NESTED = SearchSpace(
    [
        Continuous("momentum", [0.1, 0.9], when={"optimizer": "sgd"}),
        Choice("nesterov", [True, False], when={"optimizer": ["sgd"], "momentum": [0.5]}),
        Choice("optimizer", ["sgd", "adam", "none"]),
        Discrete("beta", [1, 9], when={"optimizer": ["adam", "sgd"]}),
    ]
)

SPACE_AND_CONFIGURATION = spaces(max_size=6).flatmap(
    lambda space: st.tuples(st.just(space), configurations(space))
)


@given(SPACE_AND_CONFIGURATION)
def test_a_configuration_of_the_space_is_valid(drawn: tuple[SearchSpace, dict[str, Any]]) -> None:
    space, configuration = drawn

    assert json.dumps(space.validate(configuration)) == json.dumps(configuration)


@given(SPACE_AND_CONFIGURATION)
def test_encode_and_decode_undo_each_other(drawn: tuple[SearchSpace, dict[str, Any]]) -> None:
    space, configuration = drawn

    point = space.encode(configuration)

    assert point.shape == (len(space),)
    active = ~np.isnan(point)
    assert [each.name for each, on in zip(space, active, strict=True) if on] == [
        each.name for each in space if each.name in configuration
    ]
    assert ((point[active] >= 0) & (point[active] <= 1)).all()
    again = space.decode(np.nan_to_num(point).tolist())
    assert again.keys() == configuration.keys()
    for name, value in configuration.items():
        if isinstance(value, float) and isinstance(space.parameter(name), Continuous):
            assert again[name] == pytest.approx(value, rel=1e-6, abs=1e-9)
        else:
            assert again[name] == value


@given(SPACE_AND_CONFIGURATION)
def test_just_the_active_parameters_have_values(drawn: tuple[SearchSpace, dict[str, Any]]) -> None:
    space, configuration = drawn

    for parameter in space:
        holds = all(
            other in configuration
            and any(configuration[other] == value for value in values)
            and not any(isinstance(configuration[other], bool) for _ in values)
            for other, values in parameter.when.items()
        )
        booleans = any(isinstance(configuration.get(other), bool) for other in parameter.when)
        if not booleans:  # True equals 1 for Python, not for a space
            assert (parameter.name in configuration) == holds
        assert space.is_active(parameter.name, configuration) == (parameter.name in configuration)


@given(spaces(max_size=6))
def test_json_gives_back_the_same_space(space: SearchSpace) -> None:
    again = SearchSpace.from_list(json.loads(json.dumps(space.to_list())))

    assert again == space
    point = [0.3] * len(space)
    assert json.dumps(again.decode(point)) == json.dumps(space.decode(point))


@given(spaces(max_size=6), st.integers(0, 2**32))
def test_the_same_generator_samples_the_same(space: SearchSpace, seed: int) -> None:
    one, two = (space.sample(np.random.default_rng(seed)) for _ in range(2))

    assert json.dumps(one) == json.dumps(two)
    space.validate(one)


def test_sampling_takes_one_double_per_parameter() -> None:
    rng = np.random.default_rng(3)
    NESTED.sample(rng)
    other = np.random.default_rng(3)
    other.random(len(NESTED))

    assert rng.random() == other.random(), "also for those that are inactive"


# Conditions


def test_conditions_hold_to_any_depth() -> None:
    assert NESTED.decode([0.5, 0.1, 0.1, 0.1]) == {
        "optimizer": "sgd",
        "momentum": 0.5,
        "nesterov": True,
        "beta": 1,
    }
    assert NESTED.decode([0.5, 0.1, 0.5, 0.1]) == {"optimizer": "adam", "beta": 1}
    assert NESTED.decode([0.5, 0.1, 0.9, 0.1]) == {"optimizer": "none"}


def test_a_condition_tells_true_from_one() -> None:
    space = SearchSpace([Choice("flag", [True, 1, 0]), Choice("x", [5], when={"flag": [1]})])

    assert space.decode([0.1, 0.0]) == {"flag": True}
    assert space.decode([0.5, 0.0]) == {"flag": 1, "x": 5}


def test_ordered_puts_parents_first() -> None:
    assert [each.name for each in NESTED.ordered] == ["optimizer", "momentum", "beta", "nesterov"]
    assert NESTED.names == ["momentum", "nesterov", "optimizer", "beta"]


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        (
            {"optimizer": "none", "beta": 3},
            "'beta' is inactive unless optimizer is 'adam' or 'sgd'",
        ),
        ({"optimizer": "adam"}, "the parameter 'beta' has no value"),
        ({}, "the parameter 'optimizer' has no value"),
        ({"optimizer": "none", "betta": 3}, "'betta' is not a parameter, did you mean 'beta'"),
        ({"optimizer": "adam", "beta": 99}, "beta must lie in"),
        ({"optimizer": "lbfgs"}, "optimizer must be one of"),
        ({3: 4}, "3 is not a parameter"),
        (None, "a configuration must be a dict"),
        ([("optimizer", "none")], "a configuration must be a dict"),
        (5, "a configuration must be a dict"),
    ],
)
def test_wrong_configurations_are_refused(configuration: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        NESTED.validate(configuration)


def test_restore_takes_what_an_algorithm_left_over() -> None:
    given = {"optimizer": "adam", "beta": np.int64(3), "momentum": 0.5, "save_to": "1"}

    found = NESTED.restore(given)

    assert found == {"optimizer": "adam", "beta": 3}
    assert type(found["beta"]) is int


def test_numbers_may_leave_their_ranges_where_that_is_asked_for() -> None:
    assert NESTED.restore({"optimizer": "adam", "beta": 12.0}, strict=False)["beta"] == 12
    with pytest.raises(UserError):
        NESTED.restore({"optimizer": "adam", "beta": 12.5}, strict=False)
    with pytest.raises(UserError):
        NESTED.restore({"optimizer": "lbfgs"}, strict=False)


def test_values_that_left_their_ranges_lie_at_the_ends() -> None:
    space = SearchSpace([Continuous("x", [1, 2], "log"), Discrete("n", [1, 9])])

    assert space.encode({"x": -5.0, "n": 99}).tolist() == [0.0, 1.0]


def test_num_configurations() -> None:
    finite = SearchSpace([Choice("a", [1, 2, 3]), Discrete("b", [1, 4]), Ordinal("c", [1, 2])])

    assert finite.num_configurations == 24
    assert SearchSpace([*finite, Continuous("x", [0, 1])]).num_configurations == math.inf
    assert SearchSpace([*finite, Continuous("x", [0, 1], step=0.5)]).num_configurations == 72


def test_a_space_is_a_list_of_parameters() -> None:
    """Old-style plugins loop over it."""
    assert [each.name for each in NESTED][:2] == ["momentum", "nesterov"]
    assert NESTED[2].name == "optimizer"
    assert [each.name for each in NESTED[1:3]] == ["nesterov", "optimizer"]
    assert len(NESTED) == 4
    assert NESTED[0] in NESTED


A = Choice("a", [1, 2])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (list, "at least one parameter"),
        (lambda: [A, Continuous("a", [0, 1])], "'a' stands twice"),
        (lambda: ["a"], "list of Parameter objects"),
        (lambda: {"a": [1, 2]}, "list of Parameter objects"),
        (lambda: [Parameter("a", [1, 2])], "one of 'continuous', 'discrete', 'ordinal'"),
        (lambda: [A, Choice("b", [1], when={"c": 1})], "'c', which is not a parameter"),
        (lambda: [A, Choice("b", [1], when={"aa": 1})], "did you mean 'a'"),
        (lambda: [A, Choice("b", [1], when={3: 1})], "3, which is not a parameter"),
        (lambda: [A, Choice("b", [1], when={"a": 3})], "b: in its condition a must be one of"),
        (lambda: [Choice("a", [1], when={"a": 1})], "conditions of 'a' form a circle"),
        (
            lambda: [Choice("a", [1], when={"b": 1}), Choice("b", [1], when={"a": 1})],
            "conditions of 'a' and 'b' form a circle",
        ),
    ],
)
def test_bad_spaces_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        SearchSpace(make())


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UserError, match="did you mean 'beta'"):
        NESTED.parameter("bet")
    with pytest.raises(UserError, match="'momentum', 'nesterov', 'optimizer' and 'beta'"):
        NESTED.parameter("xyz")
