from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter, UserError

# Bad input: one sentence that names the parameter

BAD: list[tuple[Any, str]] = [
    (lambda: Continuous("", [0, 1]), "non-empty string"),
    (lambda: Continuous(3, [0, 1]), "non-empty string"),  # type: ignore[arg-type]
    (lambda: Choice("Objective", [0, 1]), "results have such a column"),
    (lambda: Choice("Trial-ID", [0, 1]), "results have such a column"),
    (lambda: Continuous("lr", [0, math.inf]), "lr.*finite"),
    (lambda: Continuous("lr", [math.nan, 1]), "lr.*finite"),
    (lambda: Continuous("lr", [1, 1]), "lr: range must not be empty"),
    (lambda: Continuous("lr", [-1.7e308, 1.7e308]), "lr: range is too wide"),
    (lambda: Continuous("lr", [0, 1, 2]), r"lr: range must be \[low, high\]"),
    (lambda: Continuous("lr", []), r"lr: range must be \[low, high\]"),
    (lambda: Continuous("lr", ["a", "b"]), "lr.*must be a number"),  # type: ignore[list-item]
    (lambda: Continuous("lr", [True, 2]), "lr.*must be a number"),
    (lambda: Continuous("lr", [None, 1]), "lr.*must be a number"),  # type: ignore[list-item]
    (lambda: Continuous("lr", 5), "lr: range must be a list"),  # type: ignore[arg-type]
    (lambda: Continuous("lr", np.array(5)), "lr: range must be a list"),
    (lambda: Continuous("lr", "01"), "lr: range must be a list"),  # type: ignore[arg-type]
    (lambda: Choice("lr", {"a": 1}), "lr: range must be a list"),  # type: ignore[arg-type]
    (lambda: Continuous("lr", [0, 1], "log"), "lr: a log scale needs a positive range"),
    (lambda: Discrete("lr", [0, 9], "log"), "lr: a log scale needs a positive range"),
    (lambda: Continuous("lr", [0, 1], "cubic"), "lr: scale must be 'linear' or 'log'"),
    (lambda: Continuous("lr", [0, 1], step=2), "lr: step must be positive and fit"),
    (lambda: Continuous("lr", [0, 1], step=0), "lr: step must be positive"),
    (lambda: Continuous("lr", [0, 1], step=math.nan), "lr.*finite"),
    (lambda: Continuous("lr", [0, 1e300], step=1e-300), "lr: step is too small"),
    (lambda: Continuous("lr", [1, 2], "log", step=1), "lr: a step and a log scale"),
    (lambda: Discrete("n", [1.5, 3]), "n.*whole number"),  # type: ignore[list-item]
    (lambda: Discrete("n", [1, 10**400]), "n: range must lie within 64 bits"),
    (lambda: Discrete("n", [1, math.inf]), "n.*whole number"),  # type: ignore[list-item]
    (lambda: Discrete("n", [1, 9], step=0.5), "n.*whole number"),  # type: ignore[arg-type]
    (lambda: Choice("c", []), "c: range must hold at least one value"),
    (lambda: Choice("c", ["a", "b", "a"]), "c: the value 'a' stands twice"),
    (lambda: Choice("c", [object()]), "c: .*not JSON"),
    (lambda: Choice("c", [1j]), "c: .*not JSON"),
    (lambda: Choice("c", ["\ud800"]), "c: .*not JSON"),
    (lambda: Continuous("x", [0, 1], distribution="normal"), "x: a distribution must be a table"),  # type: ignore[arg-type]
    (lambda: Continuous("x", [0, 1], distribution={"type": "cauchy"}), "x: distribution type"),
    (lambda: Continuous("x", [0, 1], distribution={"type": "normal"}), "'mean' and 'std'"),
    (
        lambda: Continuous("x", [0, 1], distribution={"type": "normal", "mean": 0, "std": 0}),
        "std must be positive",
    ),
    (
        lambda: Continuous("x", [0, 1], distribution={"type": "normal", "mean": 99, "std": 1}),
        "no mass inside",
    ),
    (
        lambda: Continuous("x", [0, 1], distribution={"type": "lognormal", "mean": 0, "std": 1}),
        "positive range",
    ),
    (lambda: Choice("c", [1], when=["a"]), "c: when must be"),  # type: ignore[arg-type]
    (lambda: Choice("c", [1], when={"a": []}), "c: when needs at least one value of 'a'"),
    (lambda: Parameter.from_dict({"name": "a", "type": "float", "range": [0, 1]}), "type must be"),
    (lambda: Parameter.from_dict({"name": "a", "type": "choise", "range": [0]}), "mean 'choice'"),
    (lambda: Parameter.from_dict({"name": "a", "type": ["choice"], "range": [0]}), "type must be"),
    (lambda: Parameter.from_dict({"type": "choice", "range": [0]}), "needs a 'name'"),
    (lambda: Parameter.from_dict({"type": "choice", "name": "a"}), "needs a 'range'"),
    (
        lambda: Parameter.from_dict(
            {"name": "a", "type": "continuous", "range": [1, 2], "scael": "log"}
        ),
        "'scael' is not an option.*'scale'",
    ),
    (
        lambda: Parameter.from_dict({"name": "a", "type": "choice", "range": [1], "scale": "log"}),
        "'scale' is not an option of a choice",
    ),
    (lambda: Parameter.from_dict("a"), "must be a table"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_bad_parameters_are_refused(make: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence) as caught:
        make()

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Continuous("x", [0, 1]), 1.0000001),
        (Continuous("x", [0, 1]), math.nan),
        (Continuous("x", [0, 1]), "0.5"),
        (Continuous("x", [0, 1]), True),
        (Continuous("x", [0, 1]), None),
        (Continuous("x", [0, 1]), 1j),
        (Continuous("x", [0, 1], step=0.1), 0.15),
        (Continuous("x", [0, 1], step=0.4), 1.0),
        (Discrete("n", [0, 5]), 6),
        (Discrete("n", [0, 5]), 2.5),
        (Discrete("n", [0, 5]), False),
        (Discrete("n", [0, 10], step=5), 3),
        (Choice("c", ["a"]), "b"),
        (Choice("c", ["a"]), ["a"]),
        (Choice("c", ["a"]), object()),
        (Ordinal("o", [1, 2]), 3),
    ],
)
def test_values_outside_are_refused(parameter: Parameter, value: Any) -> None:
    with pytest.raises(UserError):
        parameter.restore(value)
