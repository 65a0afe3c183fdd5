"""Confirmation: the best configurations run again, and what may be said of them then."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from sherpa_core import Continuous, Study, Trial, UserError
from sherpa_core.confirmation import Candidate, Confirmation


def study_of(objective: Callable[[Trial], float], trials: int = 20) -> Study:
    algorithm = {"name": "random", "max_num_trials": trials}
    study = Study([Continuous("x", [0, 1])], algorithm, random_seed=1, disable_dashboard=True)
    go_on(study, objective)
    return study


def go_on(study: Study, objective: Callable[[Trial], float]) -> None:
    for trial in study:
        study.add_observation(trial, objective(trial))
        study.finalize(trial)


def noisy(size: float) -> Callable[[Trial], float]:
    noise = random.Random(1)
    return lambda trial: float(trial.parameters["x"]) + noise.gauss(0, size)


def test_the_best_run_again_at_once() -> None:
    objective = noisy(0.01)
    study = study_of(objective)
    found = study.best(confirm=3, repeats=4, objective=objective)
    assert len(study.history.trials) == 20 + 3 * 4
    assert [len(each.values) for each in found.candidates] == [4, 4, 4]
    means = [each.mean for each in found.candidates]
    assert means == sorted(means)
    assert found.best is not None
    assert found.best.mean == pytest.approx(found.best.parameters["x"], abs=0.03)
    assert found.pending == 0


def test_the_lucky_one_is_found_out() -> None:
    study = study_of(lambda trial: 0.0 if trial.id == 2 else trial.parameters["x"], trials=10)
    assert study.get_best_result()["Trial-ID"] == 2
    found = study.best(confirm=2, repeats=3, objective=lambda trial: trial.parameters["x"])
    assert found.best is not None
    assert found.best.trial != 2
    assert found.distinguishable


def test_without_an_objective_the_runs_are_queued_before_the_algorithms() -> None:
    study = study_of(noisy(0.01), trials=5)
    assert study.best(confirm=2, repeats=3).pending == 6
    assert study.best(confirm=2, repeats=3).pending == 6  # nothing is queued twice
    go_on(study, noisy(0.01))
    found = study.best()
    assert found.pending == 0
    assert [len(each.values) for each in found.candidates] == [3, 3]


def test_configurations_are_different_and_runs_are_not_confirmed_themselves() -> None:
    study = Study(
        [Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 6, "repeat": 3},
        random_seed=1,
        disable_dashboard=True,
    )
    go_on(study, lambda trial: trial.parameters["x"])
    found = study.best(confirm=5, repeats=2, objective=lambda trial: trial.parameters["x"])
    assert len({each.parameters["x"] for each in found.candidates}) == len(found.candidates) == 2
    again = study.best(confirm=5, repeats=2, objective=lambda trial: 0.0)
    assert again == found


def test_a_failing_objective_is_not_hidden() -> None:
    study = study_of(noisy(0.01), trials=3)

    def fail(trial: Trial) -> float:
        raise RuntimeError("no luck")

    with pytest.raises(RuntimeError, match="no luck"):
        study.best(confirm=1, repeats=1, objective=fail)
    assert study.history.ended[-1].status == "FAILED"
    assert study.best().candidates == ()


def test_the_interval_is_welchs() -> None:
    first = Candidate(1, {}, 0.0, (1.0, 2.0, 3.0, 4.0, 5.0))
    second = Candidate(2, {}, 0.0, (4.0, 5.0, 6.0, 7.0))
    low, high = Confirmation((first, second)).interval
    # scipy.stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert low == pytest.approx(0.2350, abs=0.02)
    assert high == pytest.approx(4.7650, abs=0.02)
    assert Confirmation((first, second)).distinguishable


@pytest.mark.parametrize("values", [(), (1.0,), (1.0, math.inf), (-math.inf, math.inf)])
def test_too_few_runs_say_nothing(values: tuple[float, ...]) -> None:
    found = Confirmation((Candidate(1, {}, 0.0, (0.0, 0.1)), Candidate(2, {}, 0.0, values)))
    assert all(math.isnan(end) for end in found.interval)
    assert not found.distinguishable


def test_it_is_told_in_words() -> None:
    study = study_of(noisy(0.01))
    assert str(study.best()) == "no trial to confirm"
    text = str(study.best(confirm=2, repeats=3, objective=noisy(0.5)))
    assert "in 3 runs (was " in text
    assert text.endswith("told apart from the second")


def test_a_promoted_configuration_is_trained_anew_and_in_full() -> None:
    study = Study(
        [Continuous("x", [0, 1])],
        {"name": "asha", "R": 9, "max_finished_configs": 2},
        random_seed=1,
        disable_dashboard=True,
    )
    go_on(study, lambda trial: trial.parameters["x"] - trial.parameters["rung"])
    assert study.history.best is not None
    seen = []

    def objective(trial: Trial) -> float:
        seen.append(trial.parameters)
        return float(trial.parameters["x"])

    found = study.best(confirm=2, repeats=2, objective=objective)
    assert len({each.parameters["x"] for each in found.candidates}) == 2
    assert {(each["resource"], each["resource_start"], each["load_from"]) for each in seen} == {
        (13, 0, "")
    }
    saved = [trial.parameters["save_to"] for trial in study.history.trials.values()]
    assert len(set(saved)) == len(saved)


def test_a_model_that_was_passed_on_cannot_be_confirmed() -> None:
    study = Study(
        [Continuous("x", [0, 1])],
        {"name": "pbt", "num_generations": 3, "population_size": 3},
        random_seed=1,
        disable_dashboard=True,
    )
    go_on(study, lambda trial: trial.parameters["x"] - trial.parameters["generation"])
    before = study.history.position
    with pytest.raises(UserError, match="continued the model of trial"):
        study.best(confirm=1, objective=lambda trial: 0.0)
    assert study.history.position == before
