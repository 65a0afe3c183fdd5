"""Iterate tries the configurations that it was given, in their order."""

from __future__ import annotations

import numpy as np
import pytest

from sherpa_core import Choice, Continuous, Study, UserError
from sherpa_core.algorithms import Iterate
from sherpa_testkit import suite_for

GIVEN = [
    {"units": [16, 32], "lr": 0.1, "extra": {"a": 1, "b": None}},
    {"units": [64], "lr": 0.01, "extra": None},
    {"units": [16, 32], "lr": 0.01, "extra": {"b": None, "a": 1}},
]


class TestContract(suite_for("algorithm", "iterate")):
    pass


def configurations(space, algorithm):
    study = Study(space, algorithm, disable_dashboard=True)
    found = []
    for trial in study:
        study.finalize(trial, "FAILED")
        found.append(trial.parameters)
    return found


def test_configurations_come_in_their_order():
    algorithm = Iterate(GIVEN)
    assert configurations(algorithm.get_parameters(), algorithm) == GIVEN


def test_the_space_holds_each_value_once():
    assert Iterate(hp_iter=GIVEN).get_parameters() == [
        Choice("units", [[16, 32], [64]]),
        Choice("lr", [0.1, 0.01]),
        Choice("extra", [{"a": 1, "b": None}, None]),
    ]


def test_a_space_with_ranges_fits_too():
    space = [Continuous("lr", [0, 1]), Choice("units", [16, 32])]
    given = [{"units": 16, "lr": 1}, {"lr": 0.5, "units": 32}]
    assert configurations(space, Iterate(given)) == [
        {"lr": 1.0, "units": 16},
        {"lr": 0.5, "units": 32},
    ]


def test_the_same_configuration_may_come_twice():
    assert len(configurations([Choice("a", [1])], Iterate([{"a": 1}, {"a": 1}]))) == 2


def test_numpy_values_and_tuples_become_plain():
    algorithm = Iterate({"n": n, "shape": (n, 2)} for n in np.arange(2))
    assert algorithm.hp_iter == [{"n": 0, "shape": [0, 2]}, {"n": 1, "shape": [1, 2]}]
    assert configurations(algorithm.get_parameters(), algorithm) == algorithm.hp_iter


def test_changing_the_list_afterwards_changes_nothing():
    given = [{"a": [1]}]
    algorithm = Iterate(given)
    given[0]["a"].append(2)
    given.append({"a": [3]})
    assert algorithm.hp_iter == [{"a": [1]}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "at least one configuration"),
        ([1], "must hold dicts, but holds 1"),
        ({"a": 1}, "must hold dicts, but holds 'a'"),
        ([{"a": object()}], "is not JSON"),
    ],
)
def test_wrong_lists_are_refused(given, problem):
    with pytest.raises(ValueError, match=problem):
        Iterate(given)


def test_options_are_needed():
    with pytest.raises(UserError, match=r"iterate: .*hp_iter"):
        Study([Choice("a", [1])], "iterate", disable_dashboard=True)


def test_what_is_not_in_the_space_is_named_before_anything_is_written(tmp_path):
    given = Iterate([{"a": 1}, {"a": 3}])
    with pytest.raises(UserError, match=r"hp_iter\[1\]: a must be one of \[1, 2\], but is 3"):
        Study([Choice("a", [1, 2])], given, output_dir=tmp_path / "out", disable_dashboard=True)
    assert not list(tmp_path.iterdir())
