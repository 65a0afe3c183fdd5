"""The client: what a trial process reads, and what it reports."""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core import client as client_module
from sherpa_core import registry
from sherpa_core.errors import StorageError, UserError
from sherpa_core.execution import MAX_ENVIRONMENT, JobExecution
from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import Socket, bind
from sherpa_core.trial import Trial
from sherpa_testkit import FakeClock, FakeScheduler

pytestmark = pytest.mark.timeout(60)


class Outside:
    """A storage on a server, which can be out of reach; `memory://` leads to it."""

    shared = True

    def __init__(self) -> None:
        self.memory = MemoryStorage()
        self.url = "memory://"
        self.failures = 0
        self.loses_answers = False
        self.calls = 0

    def append(self, study: str, events: Any) -> int:
        self.calls += 1
        if self.failures and not self.loses_answers:
            self._fail()
        last = self.memory.append(study, events)
        if self.failures:
            self._fail()
        return last

    def read(self, study: str, after: int, limit: int | None) -> Any:
        if self.failures:
            self._fail()
        return self.memory.read(study, after, limit)

    def list_studies(self) -> Any:
        return self.memory.list_studies()

    def delete_study(self, study: str) -> None:
        self.memory.delete_study(study)

    def _fail(self) -> None:
        self.failures -= 1
        raise StorageError("the server is out of reach")


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Outside:
    outside = Outside()
    monkeypatch.setattr(registry, "open_storage", lambda url: outside)
    slept = monkeypatch.setattr(client_module.time, "sleep", lambda seconds: None)
    assert slept is None
    return outside


@pytest.fixture
def study(storage: Outside) -> sherpa.Study:
    space = [sherpa.Continuous("x", [0, 1]), sherpa.Choice("c", ["a", None, [1, 2]])]
    return sherpa.Study(
        space, "random", storage=storage, name="night", random_seed=3, disable_dashboard=True
    )


@pytest.fixture
def run(study: sherpa.Study, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A trial whose process this one is."""
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    text = json.dumps({"id": trial.id, "parameters": trial.parameters})
    for name, value in {
        "SHERPA_TRIAL_ID": str(trial.id),
        "SHERPA_ATTEMPT": "1",
        "SHERPA_STUDY": "night",
        "SHERPA_STORAGE": "memory://",
        "SHERPA_TRIAL": text,
    }.items():
        monkeypatch.setenv(name, value)
    return trial


def test_it_reads_its_trial_and_reports(run: Trial, study: sherpa.Study) -> None:
    client = sherpa.Client()

    trial = client.get_trial()
    client.send_metrics(trial, 1, 0.5, {"loss": 2})
    client.send_metrics(trial, iteration=2, objective=math.nan)

    assert trial.id == run.id
    assert trial.parameters == run.parameters
    study.refresh()
    assert run.iterations == [1, 2]
    assert run.observation(0).context == {"loss": 2}
    assert math.isnan(run.objectives[1])


def test_its_reports_belong_to_its_attempt(
    run: Trial, study: sherpa.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sherpa.Client()
    study.engine.restart(run, "lost")
    monkeypatch.setenv("SHERPA_ATTEMPT", "2")
    new = sherpa.Client()

    old.send_metrics(old.get_trial(), 1, 10.0)
    new.send_metrics(new.get_trial(), 1, 20.0)
    study.refresh()

    assert new.get_trial().attempt == 2
    assert run.objectives == [20.0]


def test_without_a_runner_it_says_how_scripts_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SHERPA_")]:
        monkeypatch.delenv(name)

    with pytest.raises(UserError, match=r"SHERPA_STORAGE is not set\. .*sherpa run.*test_mode"):
        sherpa.Client()


@pytest.mark.parametrize("name", ["SHERPA_STORAGE", "SHERPA_TRIAL_ID"])
def test_half_an_environment_is_no_run(
    run: Trial, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(UserError, match=rf"{name} is not set\. A trial script is started by"):
        sherpa.Client().get_trial()


def test_an_unknown_trial_is_named(run: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHERPA_TRIAL")
    monkeypatch.setenv("SHERPA_TRIAL_ID", "99")

    with pytest.raises(UserError, match="the study 'night' has no trial 99"):
        sherpa.Client().get_trial()


def test_test_mode_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SHERPA_")]:
        monkeypatch.delenv(name)
    client = sherpa.Client(test_mode=True)

    trial = client.get_trial()
    client.send_metrics(trial, 1, 0.5)

    assert trial.parameters == {}


@pytest.mark.parametrize("test_mode", [False, True])
@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ((1, "low"), "objective must be a number, but is 'low'"),
        ((1, None), "objective must be a number, but is None"),
        ((1, 1j), "objective must be a number"),
        (("one", 0.5), "iteration must be a whole number"),
        ((1, 0.5, {"Status": 1}), "'Status'"),
        ((1, 0.5, {"image": "x" * 10_000_000}), "too"),
        ((1, 0.5, {"model": object()}), "is not JSON"),
    ],
)
def test_a_wrong_report_is_refused_and_nothing_is_written(
    run: Trial, study: sherpa.Study, metrics: Any, message: str, test_mode: bool
) -> None:
    client = sherpa.Client(test_mode=test_mode)
    before = study.history.position

    with pytest.raises(UserError, match=message):
        client.send_metrics(client.get_trial(), *metrics)

    study.refresh()
    assert study.history.position == before


def test_what_is_sent_again_counts_once(run: Trial, study: sherpa.Study) -> None:
    client = sherpa.Client()
    trial = client.get_trial()

    client.send_metrics(trial, 1, 0.5)
    client.send_metrics(trial, 1, 0.5)
    client.send_metrics(trial, 1, 0.7)
    sherpa.Client().send_metrics(trial, 1, 0.9)

    study.refresh()
    assert run.objectives == [0.5]


@pytest.mark.parametrize("loses_answers", [False, True])
def test_a_short_outage_is_waited_for(
    run: Trial, study: sherpa.Study, storage: Outside, loses_answers: bool
) -> None:
    client = sherpa.Client()
    trial = client.get_trial()
    storage.loses_answers = loses_answers

    for iteration in (1, 2, 3):
        storage.failures = 2
        client.send_metrics(trial, iteration, float(iteration))

    storage.failures = 0
    study.refresh()
    assert run.objectives == [1.0, 2.0, 3.0]
    assert storage.calls > 3


def test_a_long_outage_is_an_error(
    run: Trial, storage: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(client_module.time, "sleep", clock.sleep)
    monkeypatch.setattr(client_module.time, "monotonic", clock.time)
    client = sherpa.Client()
    begin = clock.time()
    storage.failures = 10**6

    with pytest.raises(StorageError, match="the server is out of reach"):
        client.send_metrics(client.get_trial(), 1, 0.5)

    assert 100 < clock.time() - begin < 200


def test_a_large_configuration_is_read_from_the_storage(
    run: Trial, storage: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHERPA_TRIAL")
    storage.failures = 2

    assert sherpa.Client().get_trial().parameters == run.parameters


# What the runner hands over


def environment(tmp_path: Path, parameters: dict[str, Any], url: str) -> dict[str, str]:
    """The environment of a job that trains these parameters."""
    scheduler = FakeScheduler(FakeClock(), lambda job: 0)
    socket: Socket = bind("scheduler", scheduler)
    execution = JobExecution(socket, ["train"], tmp_path, tmp_path, "night", url)
    execution.start(Trial(7, parameters), "", str(tmp_path / "7"))
    (job,) = scheduler.jobs.values()
    return job.env


def test_a_job_gets_its_trial(tmp_path: Path) -> None:
    env = environment(tmp_path, {"x": 1, "c": None}, "sqlite:///srv/study.db")

    assert json.loads(env["SHERPA_TRIAL"]) == {"id": 7, "parameters": {"x": 1, "c": None}}
    assert (env["SHERPA_TRIAL_ID"], env["SHERPA_ATTEMPT"]) == ("7", "1")
    assert (env["SHERPA_STUDY"], env["SHERPA_STORAGE"]) == ("night", "sqlite:///srv/study.db")
    assert env["SHERPA_OUTPUT_DIR"] == str(tmp_path)
    assert (env["SHERPA_LOAD_DIR"], env["SHERPA_SAVE_DIR"]) == ("", str(tmp_path / "7"))


def test_a_large_configuration_is_left_out(tmp_path: Path) -> None:
    env = environment(tmp_path, {"text": "x" * MAX_ENVIRONMENT}, "sqlite:///srv/study.db")

    assert "SHERPA_TRIAL" not in env
    assert max(map(len, env.values())) < 1000


def test_a_password_travels_in_a_file_of_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: Outside
) -> None:
    url = "mongodb://ann:hunter2@db.example.org/night"
    (tmp_path / ".storage").write_text("an old password")
    (tmp_path / ".storage").chmod(0o644)

    env = environment(tmp_path, {"x": 1}, url)

    assert "hunter2" not in json.dumps(env)
    path = Path(env["SHERPA_STORAGE_FILE"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == url
    opened: list[str] = []
    monkeypatch.setattr(registry, "open_storage", lambda url: opened.append(url) or storage)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    client = sherpa.Client()
    client.send_metrics(client.get_trial(), 1, 0.5)
    assert opened == [url]


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({"host": "db"}, "mongodb://db:27010"),
        ({"port": 5000}, "mongodb://localhost:5000"),
        ({"host": "db", "port": 1, "tls": "true"}, "mongodb://db:1/?tls=true"),
    ],
)
def test_host_or_port_mean_mongodb(
    run: Trial, storage: Outside, monkeypatch: pytest.MonkeyPatch, arguments: Any, url: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(registry, "open_storage", lambda url: opened.append(url) or storage)

    client = sherpa.Client(**arguments)
    client.send_metrics(client.get_trial(), 1, 0.5)

    assert opened == [url]
