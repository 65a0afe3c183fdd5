"""What the observer writes, read back with TensorBoard's own reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import (
    EventMultiplexer as PluginEventMultiplexer,
)
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, list_session_groups, metadata
from tensorboard.plugins.hparams.backend_context import Context

from sherpa_core import Choice, Continuous, Study
from sherpa_tensorboard import TensorBoardTracker
from sherpa_testkit import ObserverContract
from sherpa_testkit.browser import eventually

WAIT = 60.0  # seconds


class TestContract(ObserverContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path

    def make_observer(self) -> TensorBoardTracker:
        return TensorBoardTracker(log_dir=str(self.path))


def read(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return accumulator


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    return [(each.step, each.value) for each in read(folder).Scalars(tag)]


def session(folder: Path, tag: str) -> Any:
    content = read(folder).PluginTagToContent(metadata.PLUGIN_NAME)[tag]
    if tag == metadata.SESSION_START_INFO_TAG:
        return metadata.parse_session_start_info_plugin_data(content)
    return metadata.parse_session_end_info_plugin_data(content)


def new(tmp_path: Path, observer: TensorBoardTracker, **options: Any) -> Study:
    space = [Continuous("lr", [0.1, 0.2]), Choice("layers", [[32, 32], "none", True])]
    return Study(space, "random", observers=[observer], storage=str(tmp_path / "db"), **options)


def folders(tmp_path: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(tmp_path.glob("runs/*/*"))}


@pytest.fixture
def observer(tmp_path: Path) -> TensorBoardTracker:
    return TensorBoardTracker(log_dir=str(tmp_path / "runs"))


def test_each_trial_is_a_run_with_its_scalars(tmp_path: Path, observer: TensorBoardTracker) -> None:
    study = new(tmp_path, observer, name="../a/b")
    for number in (1, 2):
        trial = study.get_suggestion()
        for iteration in (1, 3):
            context = {"acc": 0.25 * iteration, "note": "text", "done": True}
            study.add_observation(trial, number / iteration, iteration, context)
        study.finalize(trial)
    assert observer.wait(WAIT)

    found = folders(tmp_path)
    assert list(found) == ["trial_1", "trial_2"]
    assert scalars(found["trial_1"], "Objective") == [(1, 1.0), (3, pytest.approx(1 / 3))]
    assert scalars(found["trial_2"], "Objective") == [(1, 2.0), (3, pytest.approx(2 / 3))]
    assert scalars(found["trial_2"], "acc") == [(1, 0.25), (3, 0.75)]
    assert read(found["trial_1"]).Tags()["scalars"] == ["Objective", "acc", "done"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("a")] == []


def test_the_hparams_tab_has_parameters_and_status(
    tmp_path: Path, observer: TensorBoardTracker
) -> None:
    study = new(tmp_path, observer)
    study.enqueue({"lr": 0.15, "layers": [32, 32]})
    study.enqueue({"lr": 0.1, "layers": True})
    for status in ("COMPLETED", "FAILED"):
        trial = study.get_suggestion()
        study.add_observation(trial, 1.0)
        study.finalize(trial, status)
    assert observer.wait(WAIT)

    first, second = folders(tmp_path).values()
    start = session(first, metadata.SESSION_START_INFO_TAG)
    assert start.hparams["lr"].number_value == 0.15
    assert start.hparams["layers"].string_value == "[32, 32]"
    assert start.group_name == "trial 1"
    assert session(first, metadata.SESSION_END_INFO_TAG).status == api_pb2.STATUS_SUCCESS
    assert session(second, metadata.SESSION_START_INFO_TAG).hparams["layers"].bool_value
    assert session(second, metadata.SESSION_END_INFO_TAG).status == api_pb2.STATUS_FAILURE


def test_a_second_attempt_is_a_run_of_its_own(tmp_path: Path, observer: TensorBoardTracker) -> None:
    study = new(tmp_path, observer)
    trial = study.get_suggestion()
    study.add_observation(trial, 5.0)
    trial = study.engine.restart(trial, "lost")
    assert trial is not None
    study.add_observation(trial, 3.0)
    study.finalize(trial)
    assert observer.wait(WAIT)

    found = folders(tmp_path)
    assert scalars(found["trial_1"], "Objective") == [(1, 5.0)]
    assert scalars(found["trial_1.2"], "Objective") == [(1, 3.0)]
    lost = session(found["trial_1"], metadata.SESSION_END_INFO_TAG)
    assert lost.status == api_pb2.STATUS_FAILURE


def test_what_is_told_again_is_there_once(tmp_path: Path, observer: TensorBoardTracker) -> None:
    study = new(tmp_path, observer)
    trial = study.get_suggestion()
    study.add_observation(trial, 5.0, 1)
    study.add_observation(trial, 4.0, 2)
    study.finalize(trial)
    another = TensorBoardTracker(log_dir=observer.log_dir)  # as after a restart
    for each in (observer, another):
        each.trial_finalized(trial, study.history)
        assert each.wait(WAIT)

    assert scalars(folders(tmp_path)["trial_1"], "Objective") == [(1, 5.0), (2, 4.0)]


RUN = """
import sys, time
from sherpa_core import Continuous, optimize

def objective(trial):
    for iteration in range(1, 4):
        trial.report(trial.id / iteration, iteration)
        if trial.id == 3 and trial.attempt == 1 and iteration == 2:
            print(flush=True)
            time.sleep(600)

optimize(
    [Continuous("lr", [0.1, 0.2])], "random", True, objective=objective, output_dir=sys.argv[1],
    observers=[{"name": "tensorboard", "log_dir": f"{sys.argv[1]}/runs"}],
    max_num_trials=4, load=True, verbose=0,
)
"""


def test_a_run_that_was_killed_and_its_resume_leave_what_the_study_has(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", RUN, str(tmp_path)]
    with subprocess.Popen(command) as process:
        printed = tmp_path / "jobs" / "trial_3.out"
        assert eventually(lambda: printed.is_file() and bool(printed.read_text()), WAIT)
        process.kill()
    subprocess.run(command, check=True, timeout=WAIT)

    history = Study.load(str(tmp_path)).history
    found = folders(tmp_path)
    assert list(found) == ["trial_1", "trial_2", "trial_3", "trial_3.2", "trial_4"]
    for trial in history.ended:
        name = "trial_3.2" if trial.id == 3 else f"trial_{trial.id}"
        expected = [(i, pytest.approx(o)) for i, o, *_ in trial.observations]
        assert scalars(found[name], "Objective") == expected
        assert session(found[name], metadata.SESSION_END_INFO_TAG).status == api_pb2.STATUS_SUCCESS
    lost = session(found["trial_3"], metadata.SESSION_END_INFO_TAG)
    assert lost.status == api_pb2.STATUS_FAILURE


def test_the_hparams_tab_has_a_row_for_each_trial(
    tmp_path: Path, observer: TensorBoardTracker
) -> None:
    study = new(tmp_path, observer)
    for lr in (0.1, 0.15):
        study.enqueue({"lr": lr, "layers": "none"})
        study.add_observation(trial := study.get_suggestion(), 2 * lr, 1, {"acc": lr})
        study.finalize(trial)
    assert observer.wait(WAIT)

    events = PluginEventMultiplexer().AddRunsFromDirectory(str(tmp_path / "runs"))
    events.Reload()
    context = TBContext(data_provider=MultiplexerDataProvider(events, str(tmp_path)))
    tab = Context(context)
    request = RequestContext()
    known = tab.experiment_from_metadata(request, "", True, tab.hparams_metadata(request, ""), [])
    wanted = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=10,
        allowed_statuses=[api_pb2.STATUS_SUCCESS],
        col_params=[
            api_pb2.ColParams(hparam="lr", include_in_result=True),
            *(api_pb2.ColParams(metric=each.name) for each in known.metric_infos),
        ],
    )
    rows = list_session_groups.Handler(request, tab, "", wanted).run().session_groups

    assert {each.name.tag for each in known.metric_infos} == {"Objective", "acc"}
    assert sorted(row.hparams["lr"].number_value for row in rows) == [0.1, 0.15]
    values = {each.name.tag: each.value for row in rows for each in row.metric_values}
    assert values.keys() == {"Objective", "acc"}


def test_studies_of_one_name_are_kept_apart(tmp_path: Path, observer: TensorBoardTracker) -> None:
    for day in (1, 2):
        study = Study(
            [Continuous("lr", [0.1, 0.2])], "random", observers=[observer], name="digits",
            clock=lambda day=day: 86400.0 * day,
        )  # fmt: skip
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
    assert observer.wait(WAIT)

    assert len(list(tmp_path.glob("runs/digits-*/trial_1"))) == 2


def test_tensorflow_is_not_imported() -> None:
    code = "import sherpa_tensorboard, sys; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
