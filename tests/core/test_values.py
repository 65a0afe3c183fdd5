from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sherpa_core import UserError
from sherpa_core.values import RESERVED, check_name, finite_float, plain_dict, whole_number


@pytest.mark.parametrize("name", ["lr", "größe", "a b", "<script>", "1", "trial-id"])
def test_any_text_can_be_a_name(name: str) -> None:
    assert check_name(name, "parameter") == name


@pytest.mark.parametrize("name", ["", None, 3, 1.5, b"lr", ("a",)])
def test_other_values_cannot(name: Any) -> None:
    with pytest.raises(UserError, match="parameter's name must be a non-empty string"):
        check_name(name, "parameter")


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_names_of_columns_are_reserved(name: str) -> None:
    with pytest.raises(UserError, match=f"context value cannot be named '{name}'"):
        check_name(name, "context value")


@pytest.mark.parametrize("value", [1, 1.5, np.float32(2), np.int64(3), np.array(4.0)])
def test_numbers_are_finite_floats(value: Any) -> None:
    found = finite_float(value, "x")

    assert type(found) is float
    assert found == value


@pytest.mark.parametrize("value", [True, "1", None, 1j, [1], np.array([1.0]), np.bool_(True)])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"^x must be a number"):
        finite_float(value, "x")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, np.float32("inf")])
def test_what_is_not_finite_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"^x must be finite"):
        finite_float(value, "x")


@pytest.mark.parametrize(("value", "number"), [(3, 3), (3.0, 3), (np.int8(3), 3), (10**30, 10**30)])
def test_whole_numbers(value: Any, number: int) -> None:
    found = whole_number(value, "x")

    assert type(found) is int
    assert found == number


@pytest.mark.parametrize("value", [True, 1.5, "3", None, math.inf, math.nan, 3j])
def test_what_is_not_whole_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match=r"^x must be a whole number"):
        whole_number(value, "x")


def test_a_plain_dict_is_what_a_storage_gives_back() -> None:
    found = plain_dict({"a": np.float32(0.5), "b": (1, 2), "c": {"d": None}, 3: "e"})  # type: ignore[dict-item]

    assert repr(found) == repr({"a": 0.5, "b": [1, 2], "c": {"d": None}, "3": "e"})


def test_a_plain_dict_is_ones_own() -> None:
    given: dict[str, Any] = {"a": [1]}
    found = plain_dict(given)

    found["a"].append(2)
    found["b"] = 3

    assert given == {"a": [1]}
