"""The algorithm as a study sees it: its start, its batches, and that it finds what it looks for."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sherpa_core import Choice, Continuous, Discrete, Ordinal
from sherpa_core.parameters import Parameter
from sherpa_core.trial import Trial
from sherpa_gp import GaussianProcess
from sherpa_testkit.simulation import Drawn, Simulation, decide_afresh, text_of

LINE = [Continuous("x", [0, 1])]
PLANE = [Continuous("x", [0, 1]), Continuous("y", [0, 1])]

Objective = Callable[..., float]


def bowl(x: float, y: float) -> float:
    return (x - 0.3) ** 2 + (y - 0.6) ** 2


def ask(study: Simulation) -> Trial:
    trial = study.ask()
    assert isinstance(trial, Trial)
    return trial


def finish(study: Simulation, trial: Trial, value: float) -> None:
    study.observe(trial, value)
    study.finish(trial)


def go_on(study: Simulation, count: int, objective: Objective = bowl) -> list[Trial]:
    trials = [ask(study)]
    finish(study, trials[0], objective(**trials[0].parameters))
    return trials + (go_on(study, count - 1, objective) if count > 1 else [])


def best_of(study: Simulation) -> Trial:
    assert study.history.best is not None
    return study.history.best


# It finds what it looks for


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_finds_the_optimum_of_a_bowl(lower_is_better: bool) -> None:
    sign = 1 if lower_is_better else -1
    study = Simulation(GaussianProcess(), PLANE, lower_is_better=lower_is_better)
    go_on(study, 15, lambda x, y: sign * bowl(x, y))
    assert abs(best_of(study).objective) < 1e-3


def test_finds_the_bottom_of_a_valley_over_orders_of_magnitude() -> None:
    space = [Continuous(name, [-2, 2]) for name in "xy"]
    study = Simulation(GaussianProcess(), space)
    go_on(study, 35, lambda x, y: 1e6 * (y - x * x) ** 2 + (x - 1) ** 2)
    random = Simulation(Drawn(), space)
    go_on(random, 35, lambda x, y: 1e6 * (y - x * x) ** 2 + (x - 1) ** 2)
    assert best_of(study).objective < 0.1 * best_of(random).objective


def test_learns_the_best_of_mixed_parameters() -> None:
    space: list[Parameter] = [
        Discrete("units", [1, 1024], "log"),
        Discrete("layers", [1, 9]),
        Ordinal("size", [16, 32, 64, 128]),
        Choice("kind", ["a", "b", "c", "d"]),
    ]

    def objective(units: int, layers: int, size: int, kind: str) -> float:
        return (
            abs(math.log2(units / 32)) + abs(layers - 7) / 4 + abs(math.log2(size / 64))
        ) + 2 * (kind != "c")

    study = Simulation(GaussianProcess(), space)
    go_on(study, 40, objective)
    best = best_of(study).parameters
    assert (best["layers"], best["size"], best["kind"]) == (7, 64, "c")
    assert 28 <= best["units"] <= 37


def test_learns_under_conditions() -> None:
    space = [
        Choice("optimizer", ["sgd", "adam"]),
        Continuous("momentum", [0, 1], when={"optimizer": ["sgd"]}),
        Choice("schedule", ["flat", "steps"], when={"optimizer": ["sgd"]}),
        Discrete("drops", [1, 9], when={"schedule": ["steps"]}),
    ]

    def objective(
        optimizer: str, momentum: float = 0, schedule: str = "flat", drops: int = 0
    ) -> float:
        if optimizer == "adam":
            return 1.0
        return 4 * (momentum - 0.8) ** 2 + (abs(drops - 3) / 8 if schedule == "steps" else 0.5)

    study = Simulation(GaussianProcess(), space)
    go_on(study, 30, objective)
    best = best_of(study).parameters
    assert (best["schedule"], best["drops"]) == ("steps", 3)
    assert best["momentum"] == pytest.approx(0.8, abs=0.05)


def test_believes_the_model_and_not_the_luckiest_trial() -> None:
    study = Simulation(GaussianProcess(), LINE)
    for index in range(24):
        study.queue(index / 23)
    for index in range(24):
        lucky = -0.3 if index == 3 else 0.0
        go_on(study, 1, lambda x, lucky=lucky, index=index: x + lucky + 0.1 * (-1) ** index)
    assert ask(study).parameters["x"] < 0.1


def test_twenty_parameters_of_which_three_matter() -> None:
    study = Simulation(GaussianProcess(), [Continuous(f"x{i}", [0, 1]) for i in range(20)])
    go_on(study, 50, lambda x3, x8, x13, **_: bowl(x3, x8) + (x13 - 0.8) ** 2)
    assert best_of(study).objective < 0.05


# Configurations and their number


def test_a_configuration_comes_again_only_when_there_is_no_other() -> None:
    space = [Choice("kind", ["a", "b", "c", "d"]), Discrete("n", [1, 3])]
    study = Simulation(GaussianProcess(), space)
    trials = go_on(study, 12, lambda kind, n: "abcd".index(kind) + n)
    assert len({tuple(trial.parameters.values()) for trial in trials}) == 12
    ask(study)


def test_the_start_keeps_its_distance_also_from_trials_of_others() -> None:
    study = Simulation(GaussianProcess(), LINE)
    study.queue(0.5)
    found = sorted(ask(study).parameters["x"] for _ in range(4))
    assert min(after - before for before, after in pairwise(found)) > 0.1


def test_the_model_begins_after_ten_results_however_many_parameters_there_are() -> None:
    studies = []
    for place in (0.2, 0.7):
        study = Simulation(GaussianProcess(), [Continuous(f"x{i}", [0, 1]) for i in range(30)])
        trials = go_on(
            study, 11, lambda place=place, **xs: sum(abs(x - place) for x in xs.values())
        )
        studies.append([tuple(trial.parameters.values()) for trial in trials])
    same = [one == other for one, other in zip(*studies, strict=True)]
    assert same == [True] * 10 + [False]


def test_num_startup_results_of_anybody_begin_the_model_phase() -> None:
    suggested = []
    for num_startup in (3, 100):
        study = Simulation(Drawn(), PLANE)
        go_on(study, 5)
        study.change(GaussianProcess(num_startup=num_startup))
        go_on(study, 8)
        suggested.append(best_of(study).objective)
    assert suggested[0] < 1e-3 < suggested[1]


# Trials at a time


def test_twenty_workers_get_a_spread_batch() -> None:
    study = Simulation(GaussianProcess(), PLANE, max_concurrent=20)
    go_on(study, 10)
    batch = [tuple(ask(study).parameters.values()) for _ in range(20)]
    gaps = [math.dist(one, other) for one in batch for other in batch if one is not other]
    assert min(gaps) > 0.005
    assert sum(math.dist(one, (0.3, 0.6)) < 0.3 for one in batch) >= 3


def test_a_running_trial_that_has_reported_the_best_value_attracts() -> None:
    near = []
    for value in (None, -5.0):
        study = Simulation(GaussianProcess(), LINE)
        for place in (0.0, 0.2, 0.4, 0.6, 1.0):
            study.queue(place)
        go_on(study, 5, lambda x: math.sin(9 * x))
        study.queue(0.8)
        running = ask(study)
        if value is not None:
            study.observe(running, value)
        near.append(abs(ask(study).parameters["x"] - 0.8))
    assert near[1] < near[0]


# Results that are no good


def test_keeps_away_from_where_trials_fail() -> None:
    study = Simulation(GaussianProcess(), LINE)
    suggested = []
    for _ in range(20):
        trial = ask(study)
        x = trial.parameters["x"]
        suggested.append(x)
        if x > 0.6:
            study.finish(trial, "FAILED")
        else:
            finish(study, trial, -x)
    assert sum(x > 0.7 for x in suggested[8:]) <= 5
    assert best_of(study).parameters["x"] > 0.58


def test_a_study_in_which_all_fails_goes_on() -> None:
    study = Simulation(GaussianProcess(), LINE)
    found = []
    for _ in range(9):
        trial = ask(study)
        study.finish(trial, "FAILED")
        found.append(trial.parameters["x"])
    assert len(set(found)) == 9


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 1.0, 1.0, 1.0],
        [1e200, -1e200, 1e300, 5.0],
        [math.inf, -math.inf, 1.0, math.nan, 2.0, 3.0, 4.0],
        [1e-310, 2e-310, 0.0, 3e-310],
        [1e-310, 2e-310, 1e-300, 3e-310],
        [5e-324, 1e308, 1e308, 1e308],
        [-1e308, 1e308, 1e308, 0.0],
    ],
)
def test_any_objective_is_survived(values: list[float]) -> None:
    study = Simulation(GaussianProcess(), LINE)
    for value in values:
        finish(study, ask(study), value)
    for _ in range(3):
        finish(study, ask(study), 0.0)


# A pure function of the history


def test_long_studies_are_reproducible_and_bounded() -> None:
    study = Simulation(Drawn(), PLANE)
    go_on(study, 600)
    go_on(study, 500)
    study.change(GaussianProcess())
    study.decisions.clear()
    go_on(study, 2)
    position, decision = study.decisions[-1]
    again = decide_afresh(GaussianProcess(), study.events[:position], study.seed)
    assert text_of([again]) == text_of([decision])
    assert best_of(study).objective < 1e-3


def test_the_number_of_threads_makes_no_difference() -> None:
    script = (
        "from sherpa_testkit.simulation import Simulation, text_of\n"
        "from sherpa_gp import GaussianProcess\n"
        "from sherpa_core import Continuous\n"
        "study = Simulation('random', [Continuous(f'x{i}', [0, 1]) for i in range(6)])\n"
        "for index in range(150):\n"
        "    study.run(sum(study.history.trials[index].parameters.values()) if index else 0.0)\n"
        "study.change(GaussianProcess())\n"
        "study.ask()\n"
        "print(text_of([study.decisions[-1][1]]))\n"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"OPENBLAS_NUM_THREADS": threads, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "4")
    }
    assert len(answers) == 1


def test_importing_the_plugin_imports_nothing_heavy() -> None:
    script = (
        "import sys, sherpa_gp; sherpa_gp.GaussianProcess();"
        "print([name for name in ('scipy', 'threadpoolctl', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# Options


@pytest.mark.parametrize("options", [{"num_startup": 0}, {"max_num_trials": 0}])
def test_wrong_options_are_refused_with_their_value(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be >= 1: 0"):
        GaussianProcess(**options)
