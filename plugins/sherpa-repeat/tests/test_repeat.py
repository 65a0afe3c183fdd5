"""Repeat: the contract, groups, means, models that are passed on, and failures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Algorithm, AlgorithmState, Continuous, History, Study, Trial
from sherpa_core.asking import TrialRandom, decide
from sherpa_core.sockets import bind
from sherpa_repeat import Repeat
from sherpa_testkit import AlgorithmContract


class TestRepeatContract(AlgorithmContract):
    startup_trials = 3

    def make_algorithm(self) -> Algorithm:
        return Repeat("random", num_times=3)


class TestRepeatWithMeansContract(AlgorithmContract):
    startup_trials = 20
    may_wait = True

    def make_algorithm(self) -> Algorithm:
        return Repeat("genetic", num_times=2, agg=True, wait_for_completion=True)


def study_of(algorithm: Any, lower_is_better: bool = True) -> Study:
    return Study(
        [Continuous("x", [0, 1])],
        algorithm,
        lower_is_better,
        random_seed=1,
        disable_dashboard=True,
    )


def run(study: Study, noise: float = 0.0, failing: tuple[int, ...] = ()) -> list[Trial]:
    for trial in study:
        if trial.id in failing:
            study.finalize(trial, "FAILED")
            continue
        study.add_observation(trial, trial.parameters["x"] + noise * (-1) ** trial.id)
        study.finalize(trial)
    return list(study.history.trials.values())


def test_each_configuration_gets_its_trials() -> None:
    trials = run(study_of(Repeat({"name": "random", "max_num_trials": 4}, num_times=3)))
    values = [trial.parameters["x"] for trial in trials]
    assert len(values) == 12
    assert values[0::3] == values[1::3] == values[2::3]
    assert len(set(values)) == 4


def test_the_best_result_is_the_best_mean() -> None:
    study = study_of(Repeat({"name": "random", "max_num_trials": 5}, num_times=2))
    trials = run(study, noise=0.3)
    best = study.get_best_result()
    assert best["x"] == min(trial.parameters["x"] for trial in trials)
    assert best["Objective"] == pytest.approx(best["x"])
    assert best["ObjectiveCount"] == 2
    assert best["ObjectiveStdErr"] == pytest.approx(0.3)
    assert best["ObjectiveVar"] == pytest.approx(0.18)


class Watcher(Algorithm):
    """Suggests 0.0, 0.1, ... and notes what it saw."""

    def __init__(self) -> None:
        self.seen: list[list[tuple[float, int]]] = []

    def get_suggestion(self, history: History) -> dict[str, float] | None:
        self.seen.append(
            [
                (
                    trial.objective,
                    (trial.best.context if trial.best else {}).get("ObjectiveCount", 0),
                )
                for trial in history.ended
            ]
        )
        return {"x": history.num_own / 10} if history.num_own < 3 else None


def test_with_agg_the_algorithm_sees_means() -> None:
    watcher = Watcher()
    run(study_of(Repeat(watcher, num_times=2, agg=True)), noise=0.3)
    assert [len(each) for each in watcher.seen] == [0, 1, 2, 3]
    assert watcher.seen[-1] == [(pytest.approx(n / 10), 2) for n in range(3)]


def test_without_agg_the_algorithm_sees_all_trials() -> None:
    watcher = Watcher()
    run(study_of(Repeat(watcher, num_times=2)), noise=0.3)
    assert [len(each) for each in watcher.seen] == [0, 2, 4, 6]


def test_a_failed_repetition_does_not_hold_up_the_others() -> None:
    watcher = Watcher()
    run(study_of(Repeat(watcher, num_times=3, agg=True)), failing=(2, 4, 5, 6))
    assert watcher.seen[1] == [(pytest.approx(0.0), 2)]
    assert watcher.seen[2][1][0] != watcher.seen[2][1][0]  # all of them failed: no objective


def test_waiting_for_completion() -> None:
    study = study_of(Repeat("random", num_times=2, wait_for_completion=True))
    trials = [study.get_suggestion(), study.get_suggestion()]
    assert study.get_suggestion() is AlgorithmState.WAIT
    for trial in trials:
        assert isinstance(trial, Trial)
        study.add_observation(trial, 1.0)
        study.finalize(trial)
    assert isinstance(study.get_suggestion(), Trial)


@pytest.mark.parametrize("agg", [True, False])
def test_around_asha_each_repetition_continues_its_own_model(agg: bool) -> None:
    inner = {"name": "asha", "max_finished_configs": 2}
    study = study_of(Repeat(inner, num_times=2, agg=agg))
    trials = run(study)
    saved = [trial.parameters["save_to"] for trial in trials]
    assert saved == [str(trial.id) for trial in trials]
    promoted = [trial for trial in trials if trial.parameters["rung"] > 0]
    assert promoted
    for trial in promoted:
        parent = study.history.trials[trial.parent or 0]
        assert trial.parameters["load_from"] == parent.parameters["save_to"]
        assert parent.metadata["repetition"] == trial.metadata["repetition"]
        assert parent.parameters["x"] == trial.parameters["x"]


def test_where_the_parents_repetition_failed_its_best_one_is_loaded() -> None:
    inner = {"name": "asha", "max_finished_configs": 1}
    study = study_of(Repeat(inner, num_times=2, agg=True))
    trials = run(study, failing=tuple(range(2, 19, 2)))
    children = [trial for trial in trials if trial.parameters["rung"] == 1]
    assert children
    for child in children:
        parent = study.history.trials[child.parent or 0]
        assert parent.status == "COMPLETED"


def test_a_repetition_waits_for_its_parents_same_repetition() -> None:
    inner = {"name": "asha", "R": 3, "max_finished_configs": 1}
    study = study_of(Repeat(inner, num_times=2))
    late = None
    for trial in study:
        if trial.id == 2:
            late = trial
            continue
        study.add_observation(trial, trial.parameters["x"] + trial.id)
        study.finalize(trial)
        if len(study.history.ended) == 5:
            break
    assert late is not None
    first = study.get_suggestion()
    assert isinstance(first, Trial)
    assert (first.parent, first.parameters["rung"]) == (1, 1)
    assert study.get_suggestion() is AlgorithmState.WAIT
    study.add_observation(late, 1.0)
    study.finalize(late)
    second = study.get_suggestion()
    assert isinstance(second, Trial)
    assert second.parent == 2


@pytest.mark.parametrize("agg", [True, False])
@pytest.mark.parametrize(
    "inner",
    [
        {"name": "asha", "max_finished_configs": 1},
        {"name": "pbt", "num_generations": 4, "population_size": 3},
        {"name": "repeat", "num_times": 2, "agg": True, "algorithm": {"name": "asha", "R": 3}},
    ],
    ids=lambda inner: inner["name"],
)
def test_what_is_loaded_was_always_kept(inner: dict[str, Any], agg: bool) -> None:
    algorithm = Repeat(inner, num_times=3, agg=agg)
    study = study_of(algorithm)
    removed: set[int] = set()
    for trial in study:
        assert trial.parent not in removed
        study.add_observation(trial, trial.parameters["x"] + (trial.id % 3) / 100)
        study.finalize(trial)
        removed |= study.history.trials.keys() - set(algorithm.checkpoints_to_keep(study.history))
        if trial.id == 120:
            break
    assert removed


def test_foreign_trials_are_foreign_to_the_algorithm_within(tmp_path: Path) -> None:
    inner = {"name": "random", "max_num_trials": 2}
    space = [Continuous("x", [0, 1])]
    study = Study(space, inner, output_dir=tmp_path, random_seed=1, disable_dashboard=True)
    run(study)
    repeat = Repeat(inner, num_times=2)
    study = Study.load(tmp_path, algorithm=repeat, disable_dashboard=True)
    assert [trial.origin for trial in run(study)] == ["random"] * 2 + ["repeat/random"] * 4


def test_the_same_comes_out_with_an_interruption_within_a_chain() -> None:
    inner = [{"name": "random", "max_num_trials": 3}, {"name": "asha", "max_finished_configs": 1}]
    config = {
        "name": "repeat",
        "num_times": 2,
        "agg": True,
        "algorithm": {"name": "chain", "algorithms": inner},
    }
    study = study_of(config)
    trials = run(study)
    assert trials[-1].parameters["rung"] == 2
    events = list(study.engine.log.read(0))
    for position, event in enumerate(events):
        if event["type"] == "trial_added":
            history = History.of(events[:position])
            algorithm = bind("algorithm", config)
            decision = decide(algorithm, history, TrialRandom(study.random_seed))
            assert not isinstance(decision, AlgorithmState)
            assert decision["parameters"] == event["parameters"]


def test_a_failed_repetition_is_not_the_best_result() -> None:
    study = study_of(Repeat({"name": "random", "max_num_trials": 1}, num_times=2))
    for trial in study:
        study.add_observation(trial, float(trial.id))
        study.finalize(trial, "FAILED" if trial.id == 1 else "COMPLETED")
    assert study.get_best_result()["Trial-ID"] == 2
    assert study.get_best_result()["Objective"] == 2.0


def test_a_single_lucky_repetition_does_not_win() -> None:
    study = study_of(Repeat("random", num_times=3))
    for trial in study:
        study.add_observation(trial, 0.0 if trial.id == 4 else 1.0)
        study.finalize(trial)
        if trial.id == 4:
            break
    assert study.get_best_result()["Objective"] == 1.0


def test_infinite_objectives_have_a_mean() -> None:
    study = study_of(Repeat({"name": "random", "max_num_trials": 1}, num_times=2, agg=True))
    for trial in study:
        study.add_observation(trial, math.inf)
        study.finalize(trial)
    assert study.get_best_result()["Objective"] == math.inf


def test_around_pbt() -> None:
    inner = {"name": "pbt", "num_generations": 3, "population_size": 4}
    study = study_of(Repeat(inner, num_times=2, agg=True))
    trials = run(study)
    assert len(trials) == 24
    assert {trial.origin for trial in trials} == {"repeat/pbt"}


def test_zero_repetitions_are_refused() -> None:
    with pytest.raises(ValueError, match="0"):
        Repeat("random", num_times=0)
