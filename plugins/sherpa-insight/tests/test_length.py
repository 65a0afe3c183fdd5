"""Trials that were trained for less time say as much about the parameters as the others."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sherpa_core import Continuous, Study, Trial
from sherpa_insight import Table, effects, importance

SPACE = [
    Continuous("lr", [1e-4, 1.0], "log"),
    Continuous("decay", [0, 1]),
    Continuous("no", [0, 1]),
]
Loss = Callable[[float, int], float]


def level(values: dict[str, Any]) -> float:
    """What training converges to: depends on `lr` most, on `decay` less, on `no` not at all."""
    return 0.2 + 0.3 * (math.log10(values["lr"]) + 2) ** 2 + 0.4 * values["decay"]


def slowly(level: float, epoch: int) -> float:
    return level + 20 * math.exp(-epoch / 4)


def train(study: Study, loss: Loss = slowly, epochs: int = 20) -> Table:
    """Let a study train all of its trials and return its table."""
    noise = random.Random(1)
    sign = 1 if study.history.lower_is_better else -1
    for trial in study:
        for epoch in range(1, epochs + 1):
            value = loss(level(trial.parameters), epoch) + noise.gauss(0, 0.02)
            study.add_observation(trial, sign * value, epoch)
            if study.should_trial_stop(trial):
                break
        study.finalize(trial)
    return Table.of(study.history)


def study(algorithm: Any = None, **options: Any) -> Study:
    algorithm = algorithm or {"name": "random", "max_num_trials": 120}
    return Study(SPACE, algorithm, random_seed=3, disable_dashboard=True, **options)


def shares(table: Table) -> dict[str, float]:
    found = importance(table, effects(table))
    return {each["name"]: each["importance"] for each in found["parameters"]}


MEDIAN = {"name": "median", "min_iterations": 3, "min_trials": 5}


@pytest.mark.parametrize("lower", [True, False])
def test_importance_is_that_of_the_same_study_without_stopping(lower: bool) -> None:
    whole = shares(train(study(lower_is_better=lower)))
    stopped = train(study(lower_is_better=lower, stopping_rules=[MEDIAN]))
    found = importance(stopped, effects(stopped))

    assert (stopped.full != stopped.objective).sum() > 40
    assert whole["lr"] > 0.6
    assert shares(stopped) == pytest.approx(whole, abs=0.12)
    assert "trained for less time than others" in found["words"]


def test_estimates_are_what_would_have_been_reached() -> None:
    table = train(study(stopping_rules=[MEDIAN]))
    trials = {each: row for row, each in enumerate(table.ids.tolist())}
    for id, row in trials.items():
        values = {
            parameter.name: parameter.from_unit(float(place))
            for parameter, place in zip(table.space, table.places[row], strict=True)
        }
        assert table.full[row] == pytest.approx(slowly(level(values), 20), abs=0.25), id


def test_where_nobody_went_on_nothing_is_estimated() -> None:
    made = study({"name": "random", "max_num_trials": 30})
    for trial in made:
        made.add_observation(trial, level(trial.parameters), 1)
        made.finalize(trial, "STOPPED")
    table = Table.of(made.history)

    np.testing.assert_array_equal(table.full, table.objective)
    assert "estimated" not in importance(table, effects(table))["words"]


def test_the_largest_numbers_break_nothing() -> None:
    made = study({"name": "random", "max_num_trials": 40})
    for trial in made:
        for epoch in range(1, 4):
            made.add_observation(trial, [1.7e308, -1.7e308, math.inf, 0.0][trial.id % 4], epoch)
        made.finalize(trial, "STOPPED" if trial.id % 2 else "COMPLETED")
    table = Table.of(made.history)

    assert len(table.full) == 40
    assert not np.isnan(table.full[np.isfinite(table.objective)]).any()


def test_trials_that_completed_sooner_count_as_they_are() -> None:
    made = study({"name": "random", "max_num_trials": 60})
    for trial in made:
        for epoch in range(1, 4 if trial.id % 2 else 20):
            made.add_observation(trial, slowly(level(trial.parameters), epoch), epoch)
        made.finalize(trial)
    table = Table.of(made.history)

    np.testing.assert_array_equal(table.full, table.objective)


@pytest.mark.parametrize(
    "algorithm",
    [
        {"name": "asha", "r": 1, "R": 27, "eta": 3, "max_finished_configs": 6},
        {"name": "pbt", "population_size": 20, "num_generations": 6},
    ],
)
def test_rungs_and_generations_compare_at_equal_length(algorithm: dict[str, Any]) -> None:
    made, noise = study(algorithm), random.Random(1)
    trained: dict[str, int] = {}
    for trial in made:
        assert isinstance(trial, Trial)
        values = trial.parameters
        epochs = trained.get(values["load_from"], 0) + int(values.get("resource", 3))
        trained[values["save_to"]] = epochs
        made.add_observation(trial, slowly(level(values), epochs) + noise.gauss(0, 0.02), 1)
        made.finalize(trial)
    table = Table.of(made.history)
    found = effects(table)
    assert found is not None
    main = dict(zip(table.space.names, found.main.mean(axis=1), strict=True))

    assert main["lr"] > 0.4
    assert main["no"] < 0.1
    last = max(trained.values())
    errors = [
        abs(table.full[row] - slowly(level(made.history.trials[table.ids[row]].parameters), last))
        for row in table.comparable
    ]
    assert np.median(errors) < 0.3
    if algorithm["name"] == "asha":
        promoted = {trial.parent for trial in made.history.ended}
        assert {table.ids[row] for row in table.comparable}.isdisjoint(promoted)
