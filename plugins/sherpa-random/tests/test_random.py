"""Random search draws from the ranges, ends and priors included, and counts its trials."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Study, UserError
from sherpa_core.algorithms import RandomSearch
from sherpa_testkit import suite_for


class TestContract(suite_for("algorithm", "random")):
    pass


class TestContractWithOptions(
    suite_for("algorithm", {"name": "random", "max_num_trials": 20, "repeat": 2})
):
    finite = True


def trials(parameters, algorithm, seed=1, count=None):
    """The trials of a study in which each completes at once."""
    study = Study(parameters, algorithm, random_seed=seed, disable_dashboard=True)
    found = []
    for trial in study:
        study.add_observation(trial, objective=0.0)
        study.finalize(trial)
        found.append(trial)
        if len(found) == count:
            break
    return found


def drawn(parameter, count=2000):
    return [
        trial.parameters[parameter.name]
        for trial in trials([parameter], RandomSearch(max_num_trials=count))
    ]


def test_it_is_done_after_max_num_trials():
    assert len(trials([Continuous("x", [0, 1])], RandomSearch(max_num_trials=7))) == 7


def test_without_a_number_there_is_no_end():
    assert len(trials([Continuous("x", [0, 1])], RandomSearch(), count=300)) == 300


def test_trials_of_the_user_are_not_counted():
    study = Study([Discrete("n", [1, 9])], RandomSearch(max_num_trials=2), disable_dashboard=True)
    study.enqueue({"n": 5})
    for trial in study:
        study.finalize(trial, "FAILED")
    assert [trial.origin for trial in study.history.trials.values()] == ["user", "random", "random"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"max_num_trials": 0}, "max_num_trials"),
        ({"max_num_trials": -1}, "max_num_trials"),
        ({"max_num_trials": "ten"}, "max_num_trials"),
        ({"repeat": 0}, "repeat"),
        ({"repeat": 1.5}, "repeat"),
        ({"max_trials": 3}, "did you mean 'max_num_trials'"),
    ],
)
def test_wrong_options_are_named(options, problem):
    with pytest.raises(UserError, match=f"random: .*{problem}"):
        Study([Continuous("x", [0, 1])], {"name": "random", **options}, disable_dashboard=True)


def test_each_configuration_is_repeated():
    found = [trial.parameters for trial in trials([Continuous("x", [0, 1])], RandomSearch(9, 3))]
    assert found[0:1] * 3 + found[3:4] * 3 + found[6:7] * 3 == found
    assert len({each["x"] for each in found}) == 3


def test_the_number_counts_repetitions():
    assert len(trials([Continuous("x", [0, 1])], RandomSearch(max_num_trials=5, repeat=3))) == 5


def test_repetitions_go_on_in_a_continued_study(tmp_path):
    options = {"name": "s", "output_dir": tmp_path, "disable_dashboard": True}
    study = Study([Continuous("x", [0, 1])], RandomSearch(repeat=2), **options)
    first = study.get_suggestion()
    study.enqueue({"x": 0.5})
    study.get_suggestion()
    again = Study.load(tmp_path, disable_dashboard=True)
    assert again.get_suggestion().parameters == first.parameters


def test_a_seed_makes_it_reproducible():
    space = [Continuous("x", [0, 1]), Choice("c", ["a", "b", "c"])]
    runs = [
        [trial.parameters for trial in trials(space, RandomSearch(20), seed)] for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.parametrize("parameter", [Discrete("n", [3, 7]), Ordinal("n", [3, 4, 5, 6, 7])])
def test_all_values_are_equally_likely(parameter):
    counts = Counter(drawn(parameter))
    assert set(counts) == {3, 4, 5, 6, 7}
    assert min(counts.values()) > 320  # 400 expected, standard deviation 18


def test_a_log_scale_is_uniform_in_the_logarithm():
    values = drawn(Continuous("lr", [1e-5, 1e-1], "log"))
    assert min(values) >= 1e-5
    assert max(values) <= 1e-1
    for exponent in (-5, -4, -3, -2):
        share = sum(10**exponent <= value < 10 ** (exponent + 1) for value in values) / len(values)
        assert share == pytest.approx(0.25, abs=0.05)


def test_a_prior_is_followed():
    prior = {"type": "normal", "mean": 2.0, "std": 0.5}
    values = drawn(Continuous("x", [-10, 10], distribution=prior))
    mean = math.fsum(values) / len(values)
    assert mean == pytest.approx(2.0, abs=0.05)
    assert math.fsum((value - mean) ** 2 for value in values) / len(values) == pytest.approx(
        0.25, abs=0.05
    )


def test_inactive_parameters_are_absent():
    space = [
        Choice("optimizer", ["sgd", "adam"]),
        Continuous("momentum", [0, 1], when={"optimizer": ["sgd"]}),
    ]
    for trial in trials(space, RandomSearch(max_num_trials=50)):
        assert ("momentum" in trial.parameters) == (trial.parameters["optimizer"] == "sgd")


def test_choices_are_the_very_values():
    values = [[16, 32], {"depth": 2}, None, "1", 1, True]
    found = drawn(Choice("layers", values), 200)
    assert all(any(each == known and type(each) is type(known) for known in values)
               for each in found)  # fmt: skip
    assert {repr(each) for each in found} == {repr(known) for known in values}
