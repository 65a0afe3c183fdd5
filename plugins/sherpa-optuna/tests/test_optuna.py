"""Optuna's samplers keep the contract of algorithms, and see what happened in a study."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Study, Trial, UserError
from sherpa_optuna import OptunaSampler
from sherpa_testkit import AlgorithmContract

SPACE = [
    Continuous("lr", [1e-4, 1e-1], scale="log"),
    Discrete("units", [16, 64], step=16),
    Ordinal("batch", [[8], [16], [32]]),
    Choice("optimizer", ["sgd", {"name": "adam"}, None]),
    Continuous("momentum", [0.0, 1.0], step=0.1, when={"optimizer": ["sgd"]}),
]


class TestTPE(AlgorithmContract):
    startup_trials = 10
    learns = True
    shrinks = False

    def make_algorithm(self) -> OptunaSampler:
        return OptunaSampler()


class TestGroupsOfConditions(TestTPE):
    max_examples = 10
    learns = False

    def make_algorithm(self) -> OptunaSampler:
        return OptunaSampler(options={"multivariate": True, "group": True, "constant_liar": False})


class TestGenerations(AlgorithmContract):
    """NSGA-II keeps the number of its generation in each trial."""

    startup_trials = 6
    max_examples = 10
    shrinks = False

    def make_algorithm(self) -> OptunaSampler:
        return OptunaSampler("NSGAIISampler", {"population_size": 4})


def run(study: Study, number: int) -> list[Trial]:
    """Complete trials whose objective is a function of their parameters."""
    for trial in study:
        momentum = trial.parameters.get("momentum", 0.5)
        study.add_observation(trial, objective=trial.parameters["lr"] + abs(momentum - 0.3))
        study.finalize(trial)
        if trial.id == number:
            break
    return list(study.history.trials.values())


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[optuna.trial.FrozenTrial]]:
    """What a sampler saw at each ask: all trials, the last one being what it is asked for."""
    found: list[list[optuna.trial.FrozenTrial]] = []

    class Spy(optuna.samplers.RandomSampler):
        def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
            found.append(study.get_trials())

    monkeypatch.setattr(optuna.samplers, "RandomSampler", Spy)
    return found


def test_the_sampler_sees_all_trials(seen: list[list[optuna.trial.FrozenTrial]]) -> None:
    study = Study(SPACE, OptunaSampler("RandomSampler"), False, random_seed=1)
    trials = [study.get_suggestion() for _ in range(4)]
    completed, failed, stopped, _ = trials
    for objective, iteration in ((1.0, 1), (3.0, 2), (2.0, 3)):
        study.add_observation(completed, objective, iteration)
    study.add_observation(stopped, 0.5)
    study.finalize(stopped, "STOPPED")
    study.finalize(failed, "FAILED")
    study.finalize(completed)
    study.get_suggestion()

    *mirrored, asked = seen[-1]
    states = [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE, TrialState.RUNNING]
    assert [each.state for each in mirrored] == states
    assert [each.value for each in mirrored] == [3.0, None, 0.5, None]
    assert asked.number == 4
    for each, trial in zip(mirrored, trials, strict=True):
        given = trial.parameters
        assert each.params["lr"] == given["lr"]
        assert each.params["units"] == given["units"] // 16 - 1
        assert [[8], [16], [32]][each.params["batch"]] == given["batch"]
        assert each.params.keys() == given.keys()


def test_a_sampler_that_learns_from_conditions_does() -> None:
    trials = run(Study(SPACE, OptunaSampler(), random_seed=2), 60)

    late = [trial.objective for trial in trials[40:]]
    assert sum(late) / len(late) < 0.6 * sum(t.objective for t in trials[:10]) / 10


def test_the_same_trials_come_of_a_study_that_is_continued(tmp_path: Any) -> None:
    algorithm = {"name": "optuna", "sampler": "NSGAIISampler", "options": {"population_size": 4}}
    whole = run(Study(SPACE, algorithm, random_seed=3), 20)
    run(Study(SPACE, algorithm, random_seed=3, output_dir=tmp_path), 10)

    continued = run(Study.load(tmp_path), 20)

    assert [t.parameters for t in continued] == [t.parameters for t in whole]
    assert max(t.metadata["trial"]["NSGAIISampler:generation"] for t in continued) > 1


def test_samplers_that_end_their_own_study_do_not_end_this_one() -> None:
    options = {"search_space": {"x": [1.0, 2.0]}}
    study = Study([Continuous("x", [0, 3])], OptunaSampler("GridSampler", options), random_seed=1)
    for _ in range(3):
        trial = study.get_suggestion()
        study.add_observation(trial, 1.0)
        study.finalize(trial)

    assert {t.parameters["x"] for t in list(study.history.trials.values())[:2]} == {1.0, 2.0}


def test_it_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    run(Study(SPACE, OptunaSampler(options={"multivariate": True}), random_seed=1), 3)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": "TPESamplr"}, "is not there, did you mean 'TPESampler'"),
        ({"sampler": 3}, "'sampler' must be str"),
        ({"sampler": "CmaEsSampler"}, "keeps its state as a pickle"),
        ({"sampler": "QMCSampler"}, "counts its points"),
        ({"options": {"seed": 1}}, "'seed' is given by the study"),
        ({"options": {"startup": 1}}, "'startup'"),
        ({"max_num_trials": 0}, "max_num_trials"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Study(SPACE, {"name": "optuna", **options})
