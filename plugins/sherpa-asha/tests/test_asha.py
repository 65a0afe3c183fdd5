"""ASHA and Hyperband: the contract, the manual's printed run, exact rungs, wrong options."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from sherpa_asha import Hyperband, SuccessiveHalving
from sherpa_asha.rungs import resources
from sherpa_core import Algorithm, AlgorithmState, Continuous, Study, Trial
from sherpa_testkit import AlgorithmContract
from sherpa_testkit.studies import ask


class TestASHAContract(AlgorithmContract):
    startup_trials = 9

    def make_algorithm(self) -> Algorithm:
        return SuccessiveHalving(R=27)


class TestHyperbandContract(AlgorithmContract):
    startup_trials = 9

    def make_algorithm(self) -> Algorithm:
        return Hyperband(R=27)


def study_of(algorithm: Algorithm, lower_is_better: bool = False) -> Study:
    return Study(
        [Continuous("x", [0, 1])],
        algorithm,
        lower_is_better,
        random_seed=3,
        disable_dashboard=True,
    )


# The validation accuracies that the manual prints (section 2.7), the best of each trial.
PRINTED = (0.9426, 0.9213, 0.9112, 0.9659, 0.9098, 0.9169, 0.9521, 0.9679, 0.9421, 0.9644, 0.9731)


def test_the_manuals_printed_run() -> None:
    study = study_of(SuccessiveHalving(r=1, R=9, eta=3, s=0, max_finished_configs=1))
    seen = []
    for trial, accuracy in zip(study, (*PRINTED, 0.9744), strict=True):
        parameters = trial.parameters
        seen.append((trial.id, parameters["rung"], parameters["load_from"], parameters["save_to"]))
        study.add_observation(trial, accuracy)
        study.finalize(trial)

    promoted = {4: (1, "1"), 8: (1, "7"), 11: (1, "10"), 12: (2, "11")}
    expected = [(id, *promoted.get(id, (0, "")), str(id)) for id in range(1, 13)]
    assert seen == expected
    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.get_best_result()["Trial-ID"] == 12


def test_a_promoted_trial_keeps_its_configuration_and_trains_the_rest() -> None:
    study = study_of(SuccessiveHalving())
    for _ in range(3):
        trial = ask(study)
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    promoted = ask(study)
    parent = study.history.trials[promoted.parent or 0]
    assert promoted.parameters["x"] == parent.parameters["x"]
    assert [promoted.parameters[key] for key in ("resource_start", "resource_total")] == [1, 4]
    assert promoted.parameters["resource"] == 3


@pytest.mark.parametrize(
    ("r", "R", "eta", "s", "expected"),
    [
        (1, 9, 3, 0, [1, 3, 9]),
        (1, 243, 3, 0, [1, 3, 9, 27, 81, 243]),
        (1, 1000, 10, 0, [1, 10, 100, 1000]),
        (1, 26, 3, 0, [1, 3, 9]),
        (2, 100, 4, 1, [8, 32]),
        (5, 5, 2, 0, [5]),
    ],
)
def test_rungs_are_exact(r: int, R: int, eta: int, s: int, expected: list[int]) -> None:
    assert resources(r, R, eta, s) == expected


@pytest.mark.parametrize("status", ["FAILED", "STOPPED"])
def test_failed_and_stopped_trials_are_never_promoted(status: str) -> None:
    study = study_of(SuccessiveHalving(eta=2))
    for _ in range(20):
        trial = ask(study)
        assert trial.parameters["rung"] == 0
        study.add_observation(trial, 1.0)
        study.finalize(trial, status)


def test_a_trial_whose_child_failed_is_not_promoted_again() -> None:
    study = study_of(SuccessiveHalving(eta=2))
    parents = []
    for _ in range(40):
        trial = ask(study)
        if trial.parent is not None:
            parents.append(trial.parent)
            study.finalize(trial, "FAILED")
            continue
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    assert parents
    assert len(parents) == len(set(parents))


def test_the_last_of_a_rung_is_promoted_when_lower_is_better() -> None:
    study = study_of(SuccessiveHalving(), lower_is_better=True)
    trials = []
    for _ in range(3):
        trials.append(ask(study))
        study.add_observation(trials[-1], trials[-1].parameters["x"])
        study.finalize(trials[-1])
    best = min(trials, key=lambda trial: trial.parameters["x"])
    assert ask(study).parent == best.id


def test_hyperband_gives_each_bracket_an_equal_share_of_the_resource() -> None:
    study = study_of(Hyperband(R=27, max_finished_configs=30))
    spent: dict[int, int] = {}
    for trial in study:
        bracket = trial.metadata["bracket"]
        spent[bracket] = spent.get(bracket, 0) + trial.parameters["resource"]
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    assert sorted(spent) == [0, 1, 2, 3]
    assert max(spent.values()) - min(spent.values()) <= 2 * 27
    trials = study.history.trials.values()
    first = [trial for trial in trials if trial.metadata["rung"] == 0]
    lowest = {trial.metadata["bracket"]: trial.parameters["resource"] for trial in first}
    assert lowest == {0: 1, 1: 3, 2: 9, 3: 27}


def test_checkpoints_that_may_still_be_promoted_are_kept() -> None:
    algorithm = SuccessiveHalving(max_finished_configs=2)
    study = study_of(algorithm)
    kept: Collection[int] = ()
    for trial in study:
        parent = trial.parent
        if parent is not None:
            assert parent in kept
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
        kept = algorithm.checkpoints_to_keep(study.history)
        assert len(kept) <= (2 + 1) + (2 + 1 + 1) * 3


@pytest.mark.parametrize("workers", [1, 4])
def test_what_is_promoted_was_always_kept(workers: int) -> None:
    algorithm = SuccessiveHalving(max_finished_configs=1)
    space = [Continuous("x", [0, 1])]
    study = Study(space, algorithm, random_seed=3, disable_dashboard=True)
    run = {"max_num_trials": None, "max_concurrent": workers, "timeout": None}
    study.engine.log.append({"type": "run_started", **run})
    removed: set[int] = set()
    running: list[Trial] = []
    answer = study.engine.ask()
    while running or isinstance(answer, Trial):
        while isinstance(answer, Trial) and len(running) < workers:
            assert answer.parent not in removed
            running.append(answer)
            answer = study.engine.ask()
        trial = running.pop(0)
        if trial.id == 7 or (trial.parameters["rung"] == 2 and len(study.history.ended) < 30):
            study.finalize(trial, "FAILED")
        else:
            study.add_observation(trial, trial.parameters["x"])
            study.finalize(trial)
        needed = {*algorithm.checkpoints_to_keep(study.history)}
        needed |= {each.parent or 0 for each in study.history.running.values()}
        removed |= {each.id for each in study.history.ended if each.id not in needed}


def test_other_rungs_on_the_same_history_are_left_alone(tmp_path: Path) -> None:
    space = [Continuous("x", [0, 1])]
    first = SuccessiveHalving(R=27, max_finished_configs=1)
    study = Study(space, first, output_dir=tmp_path, random_seed=3, disable_dashboard=True)
    for trial in study:
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    assert study.history.ended[-1].parameters["rung"] == 3
    second = SuccessiveHalving(R=4, eta=4, max_finished_configs=1)
    study = Study.load(tmp_path, algorithm=second, disable_dashboard=True)
    for trial in study:
        assert trial.parameters["resource"] in (1, 4)
        study.add_observation(trial, trial.parameters["x"])
        study.finalize(trial)
    assert study.history.ended[-1].parameters["resource"] == 4


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"r": 10, "R": 9}, "10"),
        ({"eta": 1}, "1"),
        ({"r": 0}, "0"),
        ({"s": 3, "R": 9}, "27"),
        ({"s": -1}, "-1"),
        ({"max_finished_configs": 0}, "0"),
        ({"R": 9.5}, "9.5"),
    ],
)
def test_wrong_options_are_refused_with_the_value(options: dict[str, int], value: str) -> None:
    with pytest.raises((ValueError, TypeError), match=value):
        SuccessiveHalving(**options)
