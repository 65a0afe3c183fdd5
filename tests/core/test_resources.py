"""What a trial may ask for, and how it may be said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core.errors import UserError
from sherpa_core.resources import resources_of


@pytest.mark.parametrize(
    ("name", "value", "amount"),
    [
        ("cpus", 4, 4),
        ("cpus", 2.0, 2),
        ("gpus", 0, 0),
        ("memory", 1000, 1000),
        ("memory", "4 GB", 4 * 10**9),
        ("memory", "1.5g", 1_500_000_000),
        ("memory", "512MiB", 512 * 1024**2),
        ("memory", "100 b", 100),
        ("time", 90.5, 91),
        ("time", "90 min", 5400),
        ("time", "2h", 7200),
        ("time", "1 d", 86400),
        ("time", "01:30:00", 5400),
        ("time", "1-12:00:00", 36 * 3600),
    ],
)
def test_amounts_are_read_as_people_write_them(name: str, value: Any, amount: int) -> None:
    assert resources_of({name: value}) == {name: amount}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"gpu": 1}, "has no 'gpu', did you mean 'gpus'"),
        ({"cpus": 1.5}, "cpus = 1.5, which must be a positive number"),
        ({"cpus": 0}, "cpus = 0, which must be positive"),
        ({"cpus": True}, "cpus = True, which must be a positive number"),
        ({"gpus": -1}, "gpus = -1, which must be positive"),
        ({"memory": "4 GHz"}, 'which must be a positive number or a text such as "4 GB"'),
        ({"memory": -5}, "memory = -5, which must be positive"),
        ({"memory": math.inf}, "memory = inf, which must be a positive number"),
        ({"time": "soon"}, 'which must be a positive number or a text such as "2 h"'),
        ({"time": None}, "time = None, which must be a positive number"),
        (["cpus"], "resources_per_trial must be a table of names"),
    ],
)
def test_what_cannot_be_read_is_refused(resources: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        resources_of(resources)


def test_nothing_is_asked_for_by_default() -> None:
    assert resources_of(None) == resources_of({}) == {}


@given(st.integers(1, 2**50))
def test_an_amount_is_the_same_as_a_number_and_as_a_text(amount: int) -> None:
    assert resources_of({"memory": amount}) == resources_of({"memory": f"{amount} B"})
    assert resources_of({"time": amount}) == resources_of({"time": f"{amount} s"})
