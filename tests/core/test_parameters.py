from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter, UserError
from sherpa_testkit.strategies import parameters

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
UNITS = st.floats(0, 1)


@st.composite
def wide_continuous(draw: st.DrawFn) -> Continuous:
    """Any range that a float can hold."""
    low, high = sorted(draw(st.tuples(NUMBERS, NUMBERS).filter(lambda ends: ends[0] != ends[1])))
    scale = "log" if low > 0 and draw(st.booleans()) else "linear"
    if not math.isfinite(high - low):
        high = low / 2 or 1.0
    return Continuous("x", [low, high], scale)


@st.composite
def wide_discrete(draw: st.DrawFn) -> Discrete:
    whole = st.integers(-(2**63), 2**63 - 1)
    low, high = sorted(draw(st.lists(whole, min_size=2, max_size=2, unique=True)))
    scale = "log" if low > 0 and draw(st.booleans()) else "linear"
    return Discrete("x", [low, high], scale)


ANY = st.one_of(parameters(), wide_continuous(), wide_discrete())


# What the manual shows


def test_the_manuals_parameters() -> None:
    made = [
        Continuous(name="lr", range=[0.005, 0.1], scale="log"),
        Continuous(name="dropout", range=[0.0, 0.4]),
        Ordinal(name="batch_size", range=[16, 32, 64]),
        Discrete(name="num_hidden_units", range=[100, 300]),
        Choice(name="activation", range=["relu", "elu", "prelu"]),
    ]

    for _ in range(50):
        lr, dropout, batch_size, units, activation = (each.sample() for each in made)
        assert type(lr) is float and 0.005 <= lr <= 0.1
        assert type(dropout) is float and 0 <= dropout <= 0.4
        assert batch_size in (16, 32, 64)
        assert type(units) is int and 100 <= units <= 300
        assert activation in ("relu", "elu", "prelu")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"type": "continuous", "range": [1, 2]}, Continuous("a", [1.0, 2.0])),
        ({"type": "continuous", "range": [1, 2], "scale": "log"}, Continuous("a", [1, 2], "log")),
        ({"type": "discrete", "range": [1, 9], "scale": "log"}, Discrete("a", [1, 9], "log")),
        ({"type": "ordinal", "range": [8, 16]}, Ordinal("a", [8, 16])),
        ({"type": "choice", "range": ["x", None]}, Choice("a", ["x", None])),
    ],
)
def test_from_dict(config: dict[str, Any], expected: Parameter) -> None:
    made = Parameter.from_dict({"name": "a", **config})

    assert type(made) is type(expected)
    assert made == expected


def test_grid_gives_choices_in_order() -> None:
    made = Parameter.grid({"act": ["tanh", "relu"], "lrinit": [0.1, 0.01]})

    assert made == [Choice("act", ["tanh", "relu"]), Choice("lrinit", [0.1, 0.01])]


def test_reversed_ranges_are_put_in_order() -> None:
    assert Continuous("a", [0.1, 0.01]).range == [0.01, 0.1]
    assert Discrete("a", [9, 1]) == Discrete("a", [1, 9])


# The way to the unit interval and back


@given(ANY, UNITS)
def test_every_place_has_a_value_that_finds_its_place_again(
    parameter: Parameter, unit: float
) -> None:
    value = parameter.from_unit(unit)

    assert same(parameter.restore(value), value), "a value it gives is one of its own"
    place = parameter.to_unit(value)
    assert 0 <= place <= 1
    again = parameter.from_unit(place)
    if isinstance(parameter, Continuous) and not parameter.step:
        # Where a unit is worth more than the value, the digits of the difference are lost.
        size = max(abs(parameter.low), abs(parameter.high)) if parameter.scale == "linear" else 0
        assert again == pytest.approx(value, rel=1e-9, abs=max(1e-12 * size, 1e-300))
    elif parameter.num_values < 2**40:
        assert same(again, value)


@given(ANY)
def test_zero_and_one_are_exactly_the_two_ends(parameter: Parameter) -> None:
    first, last = parameter.from_unit(0.0), parameter.from_unit(1.0)

    if isinstance(parameter, Choice | Ordinal):
        assert same(first, parameter.range[0])
        assert same(last, parameter.range[-1])
    else:
        assert first == parameter.range[0]
        step = parameter.to_dict().get("step", 0)
        assert parameter.range[1] - step < last <= parameter.range[1] or last == parameter.range[1]
        assert step or last == parameter.range[1]


@given(ANY, UNITS, UNITS)
def test_a_higher_place_is_no_lower_value(parameter: Parameter, one: float, two: float) -> None:
    low, high = sorted((one, two))
    if isinstance(parameter, Choice | Ordinal):
        assert parameter.to_unit(parameter.from_unit(low)) <= parameter.to_unit(
            parameter.from_unit(high)
        )
    else:
        assert parameter.from_unit(low) <= parameter.from_unit(high)


@given(ANY)
def test_json_gives_back_the_same_parameter(parameter: Parameter) -> None:
    again = Parameter.from_dict(json.loads(json.dumps(parameter.to_dict())))

    assert again == parameter
    assert same(again.from_unit(0.37), parameter.from_unit(0.37))


def same(one: Any, two: Any) -> bool:
    return type(one) is type(two) and json.dumps(one) == json.dumps(two)


# How often which value is drawn


def draws(parameter: Parameter, number: int = 20_000) -> list[Any]:
    return [parameter.from_unit((each + 0.5) / number) for each in range(number)]


def test_each_value_of_a_discrete_range_is_equally_likely() -> None:
    counts = Counter(draws(Discrete("n", [3, 7])))

    assert counts == dict.fromkeys(range(3, 8), 4_000)


def test_each_value_of_a_list_is_equally_likely() -> None:
    assert Counter(draws(Choice("c", ["a", "b", None, 4]))) == dict.fromkeys(
        ["a", "b", None, 4], 5000
    )


def test_a_log_scale_gives_each_decade_the_same_share() -> None:
    values = draws(Continuous("lr", [1e-4, 1.0], "log"))

    decades = Counter(math.floor(math.log10(value)) for value in values)
    assert decades == dict.fromkeys(range(-4, 0), 5_000)


def test_a_discrete_log_scale_reaches_both_ends_and_favours_small_values() -> None:
    counts = Counter(draws(Discrete("n", [1, 100], "log")))

    assert set(counts) == set(range(1, 101))
    assert counts[1] > counts[2] > counts[10] > counts[99]


def test_steps_are_exact_decimals_and_equally_likely() -> None:
    counts = Counter(draws(Continuous("x", [0.1, 0.5], step=0.1)))

    assert counts == dict.fromkeys([0.1, 0.2, 0.3, 0.4, 0.5], 4_000)


def test_a_step_that_does_not_divide_the_range_ends_below_it() -> None:
    assert sorted(set(draws(Continuous("x", [0, 1], step=0.4), 1000))) == [0.0, 0.4, 0.8]
    assert sorted(set(draws(Discrete("n", [1, 10], step=4), 1000))) == [1, 5, 9]
    assert Discrete("n", [1, 10], step=4).num_values == 3


@given(
    st.floats(-1e3, 1e3),
    st.floats(0.01, 1e6),
    st.integers(1, 1000),
    UNITS,
)
def test_steps_from_an_odd_beginning_stay_in_the_range(
    low: float, width: float, steps: int, unit: float
) -> None:
    parameter = Continuous("x", [low, low + width], step=width / steps)

    value = parameter.from_unit(unit)

    assert low <= value <= low + width
    index = (value - low) / (width / steps)
    assert index == pytest.approx(round(index), abs=1e-3)


def test_small_steps_of_large_numbers_stay_apart() -> None:
    parameter = Continuous("x", [1e13, 1e13 + 4], step=1.0)

    assert sorted(set(draws(parameter, 100))) == [1e13 + step for step in range(5)]


def test_a_normal_prior_is_centred_and_truncated() -> None:
    values = draws(Continuous("x", [0, 10], distribution={"type": "normal", "mean": 3, "std": 1}))

    assert np.median(values) == pytest.approx(3, abs=0.01)
    assert np.std(values) == pytest.approx(1, abs=0.05)
    assert min(values) >= 0 and max(values) <= 10


def test_a_lognormal_prior_is_normal_in_the_logarithm() -> None:
    prior = {"type": "lognormal", "mean": 0.0, "std": 0.5}
    values = np.log(draws(Continuous("x", [0.01, 100], distribution=prior)))

    assert np.mean(values) == pytest.approx(0, abs=0.01)
    assert np.std(values) == pytest.approx(0.5, abs=0.01)


# Native values


@pytest.mark.parametrize("number", [3, 3.0, np.int64(3), np.float32(3.0), np.uint8(3)])
def test_numbers_become_native(number: Any) -> None:
    assert type(Discrete("n", [1, 5]).restore(number)) is int
    assert type(Continuous("x", [1, 5]).restore(number)) is float


def test_numpy_ranges_become_native() -> None:
    assert [type(each) for each in Choice("c", np.array([1, 2])).range] == [int, int]
    assert type(Discrete("n", np.array([1, 9])).from_unit(0.5)) is int
    assert type(Continuous("x", (np.float32(1), np.float32(2))).from_unit(0.5)) is float


def test_choices_are_the_very_values() -> None:
    values = [None, True, 1, "1", 1.5, [1, [2]], {"a": [1]}, "None", ""]
    parameter = Choice("c", values)

    for value in values:
        assert same(parameter.restore(value), value)


def test_equal_numbers_and_truths_are_told_apart() -> None:
    assert Choice("c", [True, 1]).restore(1) is not True
    assert Choice("c", [1, True]).restore(True) is True
    assert Choice("c", [1, 2]).restore(1.0) == 1
    with pytest.raises(UserError):
        Choice("c", [1, 2]).restore(True)
    with pytest.raises(UserError):
        Choice("c", [True, False]).restore(1)


def test_changing_a_value_does_not_change_the_range() -> None:
    parameter = Choice("layers", [[16], [32, 32]])

    parameter.from_unit(0.0).append(99)
    parameter.restore([32, 32]).append(99)

    assert parameter.range == [[16], [32, 32]]


def test_a_set_has_the_same_order_in_every_process() -> None:
    script = (
        "from sherpa_core import Choice\n"
        "c = Choice('c', {'sgd', 'adam', 'rmsprop'}, when={'o': {'x', 'y', 'z'}})\n"
        "print(c)"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }

    assert len(shown) == 1


def test_a_step_takes_its_values_as_people_write_them() -> None:
    parameter = Continuous("x", [0, 1], step=0.1)

    assert parameter.restore(0.1 + 0.2) == 0.3
    assert parameter.restore(1) == 1.0


def test_values_that_left_the_range_have_a_place_at_its_ends() -> None:
    for parameter in (Continuous("x", [1, 2], "log"), Discrete("n", [1, 20], "log")):
        assert 0 <= parameter.to_unit(0) <= parameter.to_unit(1)
        assert parameter.to_unit(30) >= parameter.to_unit(2)
        assert parameter.to_unit(-3) == parameter.to_unit(0)


def test_parameters_can_be_shown_and_compared() -> None:
    shown = repr(Continuous("lr", [0.1, 1], "log", when={"o": "sgd"}))

    assert eval(shown) == Continuous("lr", [0.1, 1], "log", when={"o": ["sgd"]})  # noqa: S307
    assert Choice("a", [1]) != Ordinal("a", [1])
    assert Choice("a", [1]) != Choice("a", [1.0])
    assert len({Choice("a", [1]), Choice("a", [1])}) == 1


def test_values_are_all_there_are_in_their_order() -> None:
    assert Discrete("n", [1, 10], step=4).values == [1, 5, 9]
    assert Continuous("x", [0.1, 0.4], step=0.1).values == [0.1, 0.2, 0.3, 0.4]
    assert Continuous("x", [0, 1]).values == []
    assert Choice("c", ["b", "a", [1]]).values == ["b", "a", [1]]
