"""The callbacks of XGBoost, LightGBM and CatBoost, in trainings with the real libraries.

They train in this process and in forked ones, with one thread: OpenMP does not outlive a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pytest
import xgboost

from sherpa_contrib.catboost import SherpaCallback as CatBoostCallback
from sherpa_contrib.lightgbm import SherpaCallback as LightGBMCallback
from sherpa_contrib.xgboost import SherpaCallback as XGBoostCallback
from sherpa_core import Continuous, Study, Trial, UserError

ROUNDS = 6
_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(200, 3))
Y = X @ np.array([1.0, -2.0, 0.5])
FIRST, REST = slice(0, 150), slice(150, None)

#: Trains with a callback and a learning rate; returns the number of rounds and the metric's values.
Train = Callable[[Any, float], tuple[int, list[float]]]


def with_xgboost(callback: Any, rate: float) -> tuple[int, list[float]]:
    log: dict[str, dict[str, list[float]]] = {}
    options = {"eta": rate, "nthread": 1, "eval_metric": ["mae", "rmse"]}
    train, held_out = (xgboost.DMatrix(X[part], Y[part], nthread=1) for part in (FIRST, REST))
    model = xgboost.train(
        options,
        train,
        ROUNDS,
        evals=[(train, "training"), (held_out, "validation")],
        evals_result=log,
        verbose_eval=False,
        callbacks=[callback],
    )
    return model.num_boosted_rounds(), log["validation"]["rmse"]


def with_lightgbm(callback: Any, rate: float) -> tuple[int, list[float]]:
    log: dict[str, dict[str, list[float]]] = {}
    options = {"learning_rate": rate, "num_threads": 1, "metric": ["mae", "rmse"], "verbosity": -1}
    train = lightgbm.Dataset(X[FIRST], Y[FIRST])
    held_out = lightgbm.Dataset(X[REST], Y[REST], reference=train)
    model = lightgbm.train(
        options,
        train,
        ROUNDS,
        valid_sets=[train, held_out],
        valid_names=["training", "validation"],
        callbacks=[callback, lightgbm.record_evaluation(log)],
    )
    return model.current_iteration(), log["validation"]["rmse"]


def with_catboost(callback: Any, rate: float) -> tuple[int, list[float]]:
    model = catboost.CatBoostRegressor(
        iterations=ROUNDS,
        learning_rate=rate,
        thread_count=1,
        custom_metric=["MAE"],
        allow_writing_files=False,
        use_best_model=False,
        verbose=False,
    )
    model.fit(X[FIRST], Y[FIRST], eval_set=(X[REST], Y[REST]), callbacks=[callback])
    return model.tree_count_, model.evals_result_["validation"]["RMSE"]


LIBRARIES = [
    pytest.param(XGBoostCallback, with_xgboost, ("rmse", "mae"), id="xgboost"),
    pytest.param(LightGBMCallback, with_lightgbm, ("rmse", "l1"), id="lightgbm"),
    pytest.param(CatBoostCallback, with_catboost, ("RMSE", "MAE"), id="catboost"),
]
each_library = pytest.mark.parametrize(("callback", "train", "names"), LIBRARIES)


class StopAfter:
    """A stopping rule: enough is enough."""

    def should_trial_stop(self, trial: Trial) -> bool:
        return trial.num_observations >= 3


@each_library
def test_each_round_is_an_observation(
    callback: Any, train: Train, names: tuple[str, str], study: Study, next_trial: Any
) -> None:
    trial = next_trial()
    rmse, mae = (f"validation-{name}" for name in names)
    rounds, values = train(callback(trial, study, rmse, [mae]), 0.3)

    assert rounds == ROUNDS
    assert trial.iterations == list(range(1, ROUNDS + 1))
    assert trial.objectives == pytest.approx(values)
    assert trial.objectives[-1] < trial.objectives[0]
    assert all(0 < each.context[mae] < each.objective for each in trial.observations)


@each_library
def test_the_last_metric_is_the_objective_unless_one_is_named(
    callback: Any, train: Train, names: tuple[str, str], study: Study, next_trial: Any
) -> None:
    seen: dict[str, list[float]] = {}
    for name in (None, *(f"validation-{name}" for name in names)):
        trial = next_trial()
        train(callback(trial, study, name), 0.3)
        seen[str(name)] = trial.objectives

    assert seen["None"] in [values for name, values in seen.items() if name != "None"]


@each_library
def test_a_rule_of_the_study_ends_the_training(
    callback: Any, train: Train, names: tuple[str, str]
) -> None:
    study = Study([Continuous("x", [0, 1])], "random", stopping_rule=StopAfter())
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    rounds, _ = train(callback(trial, study), 0.3)
    study.finalize(trial)

    assert rounds == 3
    assert trial.iterations == [1, 2, 3]
    assert trial.status == "STOPPED"


@each_library
def test_in_an_objective_function_the_trial_reports_and_the_training_ends_cleanly(
    callback: Any, train: Train, names: tuple[str, str], tmp_path: Path
) -> None:
    def objective(trial: Any) -> None:
        rounds, _ = train(callback(trial), trial.parameters["rate"])
        (tmp_path / f"{trial.id}").write_text(f"{rounds}")  # the function goes on after a stop

    study = Study([Continuous("rate", [0.1, 0.5])], "random", stopping_rule=StopAfter())
    study.optimize(objective, max_num_trials=2)

    for trial in study.history.ended:
        assert trial.status == "STOPPED", trial.failure
        assert trial.iterations == [1, 2, 3]
        assert 3 <= int((tmp_path / f"{trial.id}").read_text()) <= ROUNDS


@each_library
def test_a_metric_that_is_not_there_is_named_with_those_that_are(
    callback: Any, train: Train, names: tuple[str, str], study: Study, next_trial: Any
) -> None:
    said = rf"no metric val-acc: there are .*validation-{names[0]}"
    with pytest.raises((UserError, catboost.CatBoostError), match=said):
        train(callback(next_trial(), study, "val-acc"), 0.3)


@each_library
def test_a_trial_that_cannot_report_by_itself_needs_its_study(
    callback: Any, train: Train, names: tuple[str, str], next_trial: Any
) -> None:
    with pytest.raises(UserError, match="the study or the client"):
        callback(next_trial())
