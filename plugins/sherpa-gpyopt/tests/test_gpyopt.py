"""GPyOpt: its options, its start, its batches, and that it finds what it looks for."""

from __future__ import annotations

import json
import logging
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Study, registry
from sherpa_core.errors import UserError
from sherpa_core.parameters import Parameter
from sherpa_core.trial import Trial
from sherpa_gpyopt import GPyOpt
from sherpa_testkit.simulation import Drawn, Simulation

PLANE = [Continuous("x", [0, 1]), Continuous("y", [0, 1])]
LINE = [Continuous("x", [0, 1])]
COMBINATIONS = [
    (model, acquisition)
    for model in ("GP", "sparseGP", "warpedGP", "InputWarpedGP", "RF")
    for acquisition in ("EI", "MPI", "LCB")
] + [("GP_MCMC", acquisition) for acquisition in ("EI_MCMC", "MPI_MCMC", "LCB_MCMC")]

Objective = Callable[..., float]


def bowl(x: float, y: float) -> float:
    return (x - 0.3) ** 2 + (y - 0.6) ** 2


def branin(x: float, y: float) -> float:
    inner = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return inner**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def finish(study: Simulation, trial: Any, value: float) -> None:
    study.observe(trial, value)
    study.finish(trial)


def go_on(study: Simulation, count: int, objective: Objective = bowl) -> list[Trial]:
    trials = []
    for _ in range(count):
        trial = study.ask()
        assert isinstance(trial, Trial)
        finish(study, trial, objective(**trial.parameters))
        trials.append(trial)
    return trials


def ask(study: Simulation) -> dict[str, Any]:
    trial = study.ask()
    assert isinstance(trial, Trial)
    return trial.parameters


# Options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model_type": "gp"}, "model_type must be one of .* but is 'gp'"),
        ({"acquisition_type": "UCB"}, "acquisition_type must be one of .* but is 'UCB'"),
        ({"acquisition_type": "EI_MCMC"}, "'EI_MCMC' needs model_type 'GP_MCMC', .* 'GP'"),
        ({"model_type": "RF", "acquisition_type": "LCB_MCMC"}, "'LCB_MCMC' needs .* 'RF'"),
        ({"model_type": "GP_MCMC"}, "must be 'EI_MCMC', but is 'EI'"),
        ({"num_initial_data_points": 0}, "num_initial_data_points .* but is 0"),
        ({"num_initial_data_points": "few"}, "num_initial_data_points .* but is 'few'"),
        ({"initial_data_points": {"x": 1}}, "must be a list of dicts .* but is {'x': 1}"),
        ({"initial_data_points": [0.5]}, "must hold dicts, but holds 0.5"),
        ({"max_concurrent": 0}, "'max_concurrent' must be >= 1: 0"),
        ({"max_num_trials": 0}, "'max_num_trials' must be >= 1: 0"),
    ],
)
def test_wrong_options_are_refused_with_their_value(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GPyOpt(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"initial_data_points": [{"x": 0, "y": 0}, {"x": 0.5, "y": 7}]},
            r"initial_data_points\[1\]: y must lie in \[0.0, 1.0\], but is 7",
        ),
        ({"initial_data_points": [{"x": 0.5}]}, r"\[0\]: the parameter 'y' has no value"),
        ({"num_initial_data_points": 1}, "at least the number of parameters, 2, but is 1"),
    ],
)
def test_what_does_not_fit_the_space_is_refused_with_the_study(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        Study(PLANE, GPyOpt(**options), disable_dashboard=True)


def test_options_with_a_data_frame_come_back_from_json() -> None:
    frame = pd.DataFrame({"x": [0.25, 0.5], "n": [1, 2], "kind": ["a", None]})
    given = GPyOpt("RF", 7, frame, "MPI", 3, max_num_trials=9)
    config = json.loads(json.dumps(registry.describe("algorithm", given)))
    again = registry.create("algorithm", config)
    assert again.initial_data_points == [{"x": 0.25, "n": 1, "kind": "a"}, {"x": 0.5, "n": 2}]
    assert registry.describe("algorithm", again) == config


# The start


def first_model(capsys: pytest.CaptureFixture[str], study: Simulation, limit: int) -> int:
    """Return how many trials had ended when the first model was fitted."""
    for count in range(limit):
        study.consider()
        if f"{count} trials" in capsys.readouterr().err:
            return count
        go_on(study, 1)
    raise AssertionError("no model was fitted")


@pytest.mark.parametrize(("option", "expected"), [("infer", 3), (2, 2), (5, 5)])
def test_a_model_is_fitted_when_there_are_enough_results(
    option: Any, expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    study = Simulation(GPyOpt(num_initial_data_points=option, verbosity=True), PLANE)
    assert first_model(capsys, study, 8) == expected


def test_results_of_another_algorithm_replace_the_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = Simulation(Drawn(), PLANE)
    go_on(study, 2)
    study.change(GPyOpt(verbosity=True))
    study.ask()
    assert "2 trials" in capsys.readouterr().err


def test_trials_without_a_result_do_not_count_for_the_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = Simulation(GPyOpt(verbosity=True), PLANE)
    for _ in range(3):
        trial = study.ask()
        assert isinstance(trial, Trial)
        study.finish(trial, "FAILED")
    go_on(study, 3)
    assert capsys.readouterr().err == ""
    study.consider()
    assert "6 trials" in capsys.readouterr().err


@pytest.mark.parametrize("frame", [False, True])
def test_given_points_come_first_and_in_order(frame: bool) -> None:
    points = [{"x": 0.9, "y": 0.1}, {"x": 0.1, "y": 0.9}, {"x": 0.5, "y": 0.5}]
    given = pd.DataFrame(points) if frame else points
    study = Simulation(GPyOpt(initial_data_points=given), PLANE)
    study.queue(0.25)
    assert ask(study) == {"x": 0.25, "y": 0.25}  # a user's trial takes no point's turn
    assert [ask(study) for _ in points] == points
    assert ask(study) not in points


# Models and acquisitions


@pytest.mark.parametrize(("model", "acquisition"), COMBINATIONS)
def test_suggests_in_sequence_and_in_batches(model: str, acquisition: str) -> None:
    space = [*PLANE, Choice("kind", ["a", "b", None])]

    def objective(x: float, y: float, kind: str | None) -> float:
        return bowl(x, y) + (kind != "b")

    study = Simulation(GPyOpt(model, acquisition_type=acquisition), space)
    go_on(study, 5, objective)
    batch = [ask(study) for _ in range(3)]
    for index, one in enumerate(batch):
        for other in batch[:index]:
            assert (
                one["kind"] != other["kind"]
                or math.dist((one["x"], one["y"]), (other["x"], other["y"])) > 1e-3
            )
    before = [trial.parameters for trial in study.history.ended]
    assert not any(one in before for one in batch)


def test_finds_the_region_of_branins_minimum_where_random_search_does_not() -> None:
    space = [Continuous("x", [-5, 10]), Continuous("y", [0, 15])]
    found = []
    for algorithm in (GPyOpt(), Drawn()):
        study = Simulation(algorithm, space)
        go_on(study, 30, branin)
        assert study.history.best is not None
        found.append(study.history.best.objective)
    assert found[0] < 0.6 < found[1]  # the minimum is 0.398


def test_learns_the_best_of_mixed_parameters() -> None:
    space: list[Parameter] = [
        Discrete("units", [1, 1024], "log"),
        Ordinal("size", [16, 32, 64, 128]),
        Choice("kind", ["a", "b", "c", "d"]),
    ]

    def objective(units: int, size: int, kind: str) -> float:
        return abs(math.log2(units / 32)) + abs(math.log2(size / 64)) + 2 * (kind != "c")

    study = Simulation(GPyOpt(), space)
    go_on(study, 25, objective)
    assert study.history.best is not None
    best = study.history.best.parameters
    assert (best["size"], best["kind"]) == (64, "c")
    assert 24 <= best["units"] <= 43


def test_learns_under_a_condition() -> None:
    space = [
        Choice("optimizer", ["sgd", "adam"]),
        Continuous("momentum", [0, 1], when={"optimizer": ["sgd"]}),
    ]

    def objective(optimizer: str, momentum: float = math.nan) -> float:
        return 1.0 if optimizer == "adam" else 4 * (momentum - 0.8) ** 2

    study = Simulation(GPyOpt(), space)
    go_on(study, 15, objective)
    assert study.history.best is not None
    assert study.history.best.parameters["momentum"] == pytest.approx(0.8, abs=0.05)


def test_a_configuration_comes_again_only_when_there_is_no_other() -> None:
    study = Simulation(GPyOpt(), [Choice("kind", ["a", "b", "c", "d"]), Discrete("n", [1, 2])])
    trials = go_on(study, 12, lambda kind, n: "abcd".index(kind) + n)
    modelled = [trial.parameters for trial in trials[3:]]
    tried = [trial.parameters for trial in trials[:3]]
    for parameters in modelled:
        others = [each for each in tried if each == parameters]
        assert not others or len({tuple(each.values()) for each in tried}) == 8
        tried.append(parameters)


# Trials at a time


def test_a_batch_is_spread_by_local_penalization() -> None:
    spread = []
    for max_concurrent in (1, 4):
        study = Simulation(GPyOpt(max_concurrent=max_concurrent), LINE)
        for x in (0.0, 0.35, 0.7, 1.0):
            study.queue(x)
        go_on(study, 4, lambda x: (x - 0.5) ** 2)
        batch = sorted(ask(study)["x"] for _ in range(3))
        spread.append(min(after - before for before, after in pairwise(batch)))
    assert spread[0] < 0.02 < 0.04 < spread[1]


def test_a_batch_needs_no_results() -> None:
    study = Simulation(GPyOpt(), PLANE)
    assert len({tuple(ask(study).values()) for _ in range(8)}) == 8


# Results that are no good


def test_keeps_away_from_where_trials_fail() -> None:
    study = Simulation(GPyOpt(), LINE)
    suggested = []
    for _ in range(16):
        trial = study.ask()
        assert isinstance(trial, Trial)
        x = trial.parameters["x"]
        suggested.append(x)
        if x > 0.6:
            study.finish(trial, "FAILED")
        else:
            finish(study, trial, -x)
    assert sum(x > 0.6 for x in suggested[8:]) <= 5
    assert study.history.best is not None
    assert study.history.best.parameters["x"] > 0.5


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0, 1.0, 1.0],
        [1e200, -1e200, 1e300, 5.0],
        [math.inf, -math.inf, 1.0, math.nan, 2.0],
        [1e-310, 2e-310, 0.0, 3e-310],
    ],
)
def test_any_objective_is_survived(values: list[float]) -> None:
    study = Simulation(GPyOpt(), LINE)
    for value in values:
        finish(study, study.ask(), value)
    assert 0 <= ask(study)["x"] <= 1


def test_without_a_model_a_trial_is_random(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    study = Simulation(GPyOpt(), LINE)
    go_on(study, 3, lambda x: x)
    from sherpa_gpyopt import models

    def fail(*arguments: Any) -> None:
        raise np.linalg.LinAlgError("not positive definite, even with jitter.")

    monkeypatch.setattr(models.GaussianProcess, "updateModel", fail)
    go_on(study, 1, lambda x: x)
    with caplog.at_level(logging.WARNING):
        assert 0 <= ask(study)["x"] <= 1
    assert "no GP fits the results, so a trial is random: not positive definite" in caplog.text


# The best prediction


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_best_prediction(lower_is_better: bool) -> None:
    sign = 1 if lower_is_better else -1
    algorithm = GPyOpt()
    study = Simulation(algorithm, PLANE, lower_is_better=lower_is_better)
    assert algorithm.get_best_pred() == {}
    assert algorithm.get_best_pred(study.history) == {}
    go_on(study, 14, lambda x, y: sign * bowl(x, y))
    study.consider()
    predicted = algorithm.get_best_pred()
    assert predicted == GPyOpt().get_best_pred(study.history)
    assert predicted["x"] == pytest.approx(0.3, abs=0.05)
    assert predicted["y"] == pytest.approx(0.6, abs=0.05)
    assert predicted["Objective"] == pytest.approx(0, abs=0.02)


# The process that it runs in


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    script = (
        "import sys, sherpa_gpyopt; sherpa_gpyopt.GPyOpt(initial_data_points=[{'x': 1}]);"
        "print([name for name in ('GPy', 'GPyOpt', 'scipy', 'sklearn', 'matplotlib', 'pandas')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_gpyopt_is_imported_without_pkg_resources_and_leaves_no_stand_in() -> None:
    script = (
        "import sys\n"
        "from importlib.abc import MetaPathFinder\n"
        "class Gone(MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pkg_resources':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from sherpa_gpyopt.containment import contained\n"
        "with contained(1):\n"
        "    import GPyOpt\n"
        "print(GPyOpt.__version__, 'pkg_resources' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-2:] == ["1.2.6", "False"]
