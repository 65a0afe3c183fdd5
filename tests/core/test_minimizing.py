"""minimize and maximize: the short way to a study."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sherpa_core as sherpa
from sherpa_core import UserError
from sherpa_core.minimizing import parameters_of

SPACE = {"x": (0.0, 1.0), "units": [32, 64, 128], "kind": ["a", "b"]}


def loss(trial: Any) -> float:
    value: float = trial.parameters["x"] + trial.parameters["units"]
    return value


@pytest.mark.parametrize(
    ("meant", "parameter"),
    [
        ((0.0, 1.0), sherpa.Continuous("p", [0.0, 1.0])),
        ((1e-4, 0.1, "log"), sherpa.Continuous("p", [1e-4, 0.1], "log")),
        ((1, 9), sherpa.Discrete("p", [1, 9])),
        ((1, 1000, "log"), sherpa.Discrete("p", [1, 1000], "log")),
        ((1, 2.5), sherpa.Continuous("p", [1, 2.5])),
        ([32, 64, 128], sherpa.Ordinal("p", [32, 64, 128])),
        ([64, 32], sherpa.Choice("p", [64, 32])),
        (["a", "b"], sherpa.Choice("p", ["a", "b"])),
        ([True, False], sherpa.Choice("p", [True, False])),
        ([None], sherpa.Choice("p", [None])),
        (sherpa.Choice("p", [1]), sherpa.Choice("p", [1])),
        ((np.float32(0.5), np.int64(2)), sherpa.Continuous("p", [0.5, 2.0])),
        ((np.int64(1), 9), sherpa.Discrete("p", [1, 9])),
        (np.array([1, 2, 4]), sherpa.Ordinal("p", [1, 2, 4])),
        ([np.int64(1), np.int64(2)], sherpa.Ordinal("p", [1, 2])),
    ],
)
def test_a_space_is_written_in_few_letters(meant: Any, parameter: sherpa.Parameter) -> None:
    assert parameters_of({"p": meant}) == [parameter]


@pytest.mark.parametrize("meant", ["relu", 3, [], (1,), (1, 2, "cubic"), sherpa.Choice("q", [1])])
def test_what_is_no_parameter_is_refused(meant: Any) -> None:
    with pytest.raises(UserError, match="p"):
        parameters_of({"p": meant})


@pytest.mark.parametrize("space", [None, 3, "lr"])
def test_what_is_no_space_is_refused(space: Any) -> None:
    with pytest.raises(UserError, match="the space must be a dict or a list of parameters"):
        parameters_of(space)


def test_the_smallest_is_found() -> None:
    found = sherpa.minimize(loss, SPACE, 12, workers=2, random_seed=1, algorithm="random")

    trials = found.study.history.ended
    assert len(trials) == 12
    assert found.objective == min(trial.objective for trial in trials) == loss_of(found)
    assert "Found(parameters=" in repr(found)


def test_the_largest_is_found_and_kept(tmp_path: Path) -> None:
    found = sherpa.maximize(
        loss, SPACE, 5, random_seed=1, algorithm="random", output_dir=tmp_path / "kept"
    )

    again = sherpa.Study.load(tmp_path / "kept", disable_dashboard=True)
    assert found.objective == max(trial.objective for trial in again.history.ended)
    assert found.parameters == again.history.ended[again.history.best.id - 1].parameters


def loss_of(found: Any) -> float:
    value: float = found.parameters["x"] + found.parameters["units"]
    return value


def test_a_report_ends_a_trial_that_is_to_stop() -> None:
    def train(trial: Any) -> None:
        for epoch in range(1, 100):
            trial.report(float(trial.id), epoch)

    found = sherpa.minimize(
        train, SPACE, 3, algorithm="random", stopping_rule={"name": "threshold", "upper": 1.5}
    )

    assert [str(trial.status) for trial in found.study.history.ended] == [
        "COMPLETED",
        "STOPPED",
        "STOPPED",
    ]


def test_numbers_of_numpy_are_numbers_of_a_run() -> None:
    found = sherpa.minimize(
        loss, SPACE, np.int64(2), workers=np.int64(1), timeout=np.float32(600), algorithm="random"
    )

    assert len(found.study.history.ended) == 2


def test_an_interrupt_is_answered_and_keeps_what_was_found(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def interrupted(trial: Any) -> None:
        os.kill(os.getppid(), signal.SIGINT)
        trial.report(1.0)

    found = sherpa.minimize(interrupted, SPACE, 5, algorithm="random")

    assert len(found.study.history.trials) == 1
    assert capfd.readouterr().err == "interrupted: waiting for 1 running; again kills them\n"


def test_that_nothing_worked_is_an_error_with_its_reason() -> None:
    def fail(trial: Any) -> float:
        raise ValueError("no data")

    with pytest.raises(UserError, match=r"none of 2 trials gave an objective.*ValueError: no data"):
        sherpa.minimize(fail, SPACE, 2, algorithm="random")


def test_a_study_goes_on_with_a_function() -> None:
    study = sherpa.Study(parameters_of(SPACE), "random", disable_dashboard=True, random_seed=1)
    first = study.get_suggestion()
    study.add_observation(first, 500.0)
    study.finalize(first)

    best = study.optimize(loss, max_num_trials=4, workers=2)

    assert len(study.history.ended) == 4
    assert best["Objective"] < 500
