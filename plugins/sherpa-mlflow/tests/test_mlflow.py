"""What the observer hands on, read back from a real store of MLflow."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from sherpa_core import Choice, Continuous, Study
from sherpa_mlflow import MLflowTracker
from sherpa_testkit import ObserverContract

# MLflow uses what SQLAlchemy will remove; each has its own pace.
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")

WAIT = 120.0  # seconds: making a new store takes several of them


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


class TestContract(ObserverContract):
    def make_observer(self) -> MLflowTracker:
        # A store that cannot be: what goes wrong behind the scenes must not be seen by the study.
        return MLflowTracker(tracking_uri="nowhere://here")


def new(observer: MLflowTracker, **options: Any) -> Study:
    space = [Continuous("lr", [0.1, 0.2]), Choice("layers (n)", [[32, 32], "none", True])]
    return Study(space, "random", observers=[observer], **options)


def runs(uri: str, experiment: str) -> tuple[Any, dict[str, Any]]:
    """The study's run and those of its trials by name."""
    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    every = client.search_runs([found.experiment_id], order_by=["attributes.start_time"])
    (parent,) = [run for run in every if "mlflow.parentRunId" not in run.data.tags]
    named = {run.info.run_name: run for run in every if run is not parent}
    trials = dict(sorted(named.items()))
    assert {run.data.tags["mlflow.parentRunId"] for run in trials.values()} <= {parent.info.run_id}
    return parent, trials


def test_a_study_is_a_run_with_nested_runs(uri: str) -> None:
    observer = MLflowTracker(tracking_uri=uri, experiment="my experiment")
    study = new(observer, name="it's mine")
    study.enqueue({"lr": 0.125, "layers (n)": [32, 32]})
    for status, objective in (("COMPLETED", 2.0), ("STOPPED", 1.0), ("FAILED", math.nan)):
        trial = study.get_suggestion()
        for iteration in (1, 3):
            context = {"acc %": 0.25 * iteration, "note": "text"}
            study.add_observation(trial, objective / iteration, iteration, context)
        study.finalize(trial, status)
    study.engine.tell("study_finished", history=study.history)
    assert observer.wait(WAIT)

    parent, trials = runs(uri, "my experiment")
    assert parent.info.run_name == "it's mine"
    assert parent.data.tags["sherpa.best_trial"] == "2"
    assert parent.data.metrics["Objective"] == pytest.approx(1 / 3)
    assert parent.info.status == "FINISHED"
    assert list(trials) == ["trial_1", "trial_2", "trial_3"]
    assert [run.info.status for run in trials.values()] == ["FINISHED", "KILLED", "FAILED"]
    first = trials["trial_1"]
    assert first.data.params == {"lr": "0.125", "layers _n_": "[32, 32]"}
    assert first.data.tags["sherpa.origin"] == "user"
    history = MlflowClient(uri).get_metric_history(first.info.run_id, "Objective")
    assert [(each.step, each.value) for each in history] == [(1, 2.0), (3, pytest.approx(2 / 3))]
    assert first.data.metrics["acc _"] == 0.75
    assert math.isnan(trials["trial_3"].data.metrics["Objective"])


def test_what_is_told_again_is_there_once(uri: str) -> None:
    observer = MLflowTracker(tracking_uri=uri)
    study = new(observer, name="again")
    trial = study.get_suggestion()
    study.add_observation(trial, 5.0, 1)
    assert observer.wait(WAIT)
    again = MLflowTracker(tracking_uri=uri)  # as after a restart
    again.trial_started(trial, study.history)
    study.add_observation(trial, 4.0, 2)
    study.finalize(trial)
    again.trial_finalized(trial, study.history)
    assert observer.wait(WAIT)
    assert again.wait(WAIT)

    _, trials = runs(uri, "again")
    (run,) = trials.values()
    history = MlflowClient(uri).get_metric_history(run.info.run_id, "Objective")
    assert [(each.step, each.value) for each in history] == [(1, 5.0), (2, 4.0)]
    assert run.info.status == "FINISHED"


def test_a_second_attempt_is_a_run_of_its_own(uri: str) -> None:
    observer = MLflowTracker(tracking_uri=uri)
    study = new(observer, name="attempts")
    trial = study.get_suggestion()
    study.add_observation(trial, 5.0)
    trial = study.engine.restart(trial, "lost")
    assert trial is not None
    study.add_observation(trial, 3.0)
    study.finalize(trial)
    assert observer.wait(WAIT)

    _, trials = runs(uri, "attempts")
    assert {name: run.data.metrics["Objective"] for name, run in trials.items()} == {
        "trial_1": 5.0,
        "trial_1.2": 3.0,
    }
    assert trials["trial_1"].info.status == "KILLED"


def test_a_resumed_study_goes_on_in_its_run(uri: str, tmp_path: Path) -> None:
    storage, name = str(tmp_path / "study.db"), """it's "mine" """
    study = Study([Continuous("lr", [0.1, 0.2])], "random", storage=storage, name=name)
    study.add_observation(trial := study.get_suggestion(), 3.0)
    study.finalize(trial)
    for objective in (2.0, 1.0):  # two processes, of which only the first ends its trial's run
        observer = MLflowTracker(tracking_uri=uri, experiment="resumed")
        study = Study.load(storage, observers=[observer])
        trial = study.engine.restart(study.history.running[2], "lost") if objective == 1.0 else None
        study.add_observation(trial := trial or study.get_suggestion(), objective)
        if objective == 1.0:
            study.finalize(trial)
            study.engine.tell("study_finished", history=study.history)
        assert observer.wait(WAIT)

    parent, trials = runs(uri, "resumed")
    assert parent.info.status == "FINISHED"
    assert list(trials) == ["trial_2", "trial_2.2"], "trial_1 is another session's, which lives"
    assert [run.info.status for run in trials.values()] == ["KILLED", "FINISHED"]
    again = MLflowTracker(tracking_uri=uri, experiment="resumed")
    assert again.delivered(name, study.history.created) == set(trials)


def test_names_that_mlflow_does_not_take_are_changed(uri: str) -> None:
    names = ["../up", "/root", "a//b", "opt/lr", "größe", "x" * 300, "50%"]
    observer = MLflowTracker(tracking_uri=uri, experiment="names")
    space = [Continuous(name, [0.0, 1.0]) for name in names]
    study = Study(space, "random", observers=[observer])
    study.add_observation(
        trial := study.get_suggestion(), 1.0, 1, {f"{each}2": 0.5 for each in names[:3]}
    )
    study.finalize(trial)
    assert observer.wait(WAIT)

    (run,) = runs(uri, "names")[1].values()
    changed = {"___up", "_root", "a__b", "opt/lr", "größe", "x" * 250, "50_"}
    assert set(run.data.params) == changed
    assert set(run.data.metrics) == {"Objective", "___up2", "_root2", "a__b2"}


def test_studies_of_one_name_are_runs_of_one_experiment(uri: str) -> None:
    for _ in range(2):
        observer = MLflowTracker(tracking_uri=uri, experiment="twins")
        study = new(observer, name="twin")
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
        assert observer.wait(WAIT)

    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("twins")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    assert len(found) == 4


def test_a_store_that_cannot_be_used_harms_no_study(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    observer = MLflowTracker(tracking_uri="nowhere://here")
    study = new(observer)
    for _ in range(3):
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
    assert observer.wait(WAIT)

    assert study.get_best_result()["Objective"] == 1.0
    assert caplog.text.count("silent until the next run") == 1
