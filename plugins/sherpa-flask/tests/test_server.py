"""The server beside a study: its life, its port, and what it costs nobody."""

from __future__ import annotations

import gc
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Continuous, Study, Trial
from sherpa_core.errors import PluginError, UserError
from sherpa_core.sockets import Socket
from sherpa_flask import FlaskDashboard
from sherpa_flask.feed import Feed
from sherpa_flask.server import Server, listen, tunnel
from sherpa_flask.watcher import Watcher
from sherpa_testkit.browser import Browser, eventually, nothing_listens
from sherpa_testkit.dashboard import ShownStudy
from sherpa_testkit.simulation import Step

SPACE = [Continuous("x", [0, 1])]


@pytest.fixture
def printed(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return a function that returns the address that the core has logged."""
    caplog.set_level(logging.INFO, "sherpa_core.dashboards")

    def url() -> str:
        (line,) = (each for each in caplog.messages if each.startswith("SHERPA Dashboard"))
        return line.removeprefix("SHERPA Dashboard running on ")

    return url


def test_a_study_says_where_its_dashboard_is(printed: Callable[[], str]) -> None:
    study = Study(SPACE, "random", name="shown", dashboard=FlaskDashboard())
    url = printed()
    page = Browser(url).get("")
    study.close()

    assert "shown" in page.text
    assert nothing_listens("127.0.0.1", Browser(url).port)


class Own:
    """An algorithm that is no installed plugin."""

    def get_suggestion(self, history: Any) -> dict[str, float]:
        return {"x": 0.5}


@pytest.mark.parametrize("algorithm", [Own(), "random"])
def test_load_dashboard_shows_a_study_whose_algorithm_is_not_here(
    algorithm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Callable[[], str]
) -> None:
    before = Study(SPACE, algorithm, name="old", output_dir=tmp_path, disable_dashboard=True)
    trial = before.get_suggestion()
    assert isinstance(trial, Trial)
    before.add_observation(trial, 0.25)
    before.finalize(trial)
    before.close()
    written = before.history.position
    if algorithm == "random":
        monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "random")
    study = Study.load_dashboard(tmp_path)
    data = Browser(printed()).get("data").json()

    assert data["trials"]["objective"] == [0.25]
    with pytest.raises(UserError, match=r"looked at, but not continued: .*(Own|random)"):
        study.get_suggestion()
    study.close()
    assert study.history.position == written


def test_a_script_without_logging_prints_it() -> None:
    script = """
from sherpa_core import Continuous, Study
from sherpa_flask import FlaskDashboard
Study([Continuous("x", [0, 1])], "random", dashboard=FlaskDashboard())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stderr.startswith("SHERPA Dashboard running on http://127.0.0.1:")
    assert done.stdout == ""


def test_stop_ends_a_trial_of_a_study_in_this_process(
    printed: Callable[[], str],
) -> None:
    study = Study(SPACE, {"name": "random", "max_num_trials": 1}, dashboard=FlaskDashboard())
    browser = Browser(printed())
    token = browser.get("").text.partition('name="sherpa-token" content="')[2].partition('"')[0]
    for trial in study:
        for iteration in range(1, 100):
            study.add_observation(trial, 1.0, iteration)
            if study.should_trial_stop(trial):
                break
            if iteration == 3:
                answer = browser._ask("POST", "trial/1/stop", {"X-Sherpa-Token": token}, "{}")
                assert answer.status == 200, answer
        study.finalize(trial)
    study.close()

    ended = study.history.trials[1]
    assert (ended.status, ended.failure) == ("STOPPED", "stopped in the dashboard")
    assert ended.num_observations == 4


def test_the_log_of_a_job_is_found_in_the_output_folder(
    tmp_path: Path, printed: Callable[[], str]
) -> None:
    study = Study(SPACE, "random", output_dir=tmp_path, dashboard=FlaskDashboard())
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "trial_1.out").write_text("epoch 1")
    study.get_suggestion()
    log = Browser(printed()).get("trial/1/log").json()
    study.close()

    assert log["text"] == "epoch 1"


def test_a_dashboard_that_cannot_start_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    study = Study(SPACE, "random", dashboard=FlaskDashboard(host="no.such.host.invalid"))
    study.close()

    assert "the dashboard cannot listen on no.such.host.invalid" in caplog.text


def test_a_port_that_is_taken_is_said() -> None:
    with listen("127.0.0.1", None) as taken:
        port = taken.getsockname()[1]
        assert 8880 <= port <= 9999
        with pytest.raises(PluginError, match=rf"port {port}: .*in use"):
            listen("127.0.0.1", port)


def test_another_host_gets_a_token() -> None:
    dashboard, study = FlaskDashboard(host="127.0.0.2"), ShownStudy()
    url = dashboard.start_dashboard(study.storage, study.name, "127.0.0.1", None)
    try:
        assert url.startswith("http://127.0.0.2:")
        assert len(url.partition("/?token=")[2]) >= 32
        assert Browser(url).get("/index").status == 403
    finally:
        dashboard.stop_dashboard()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, None),
        ({"SSH_CONNECTION": "10.0.0.1 5000 10.0.0.2 22"}, "-L 8880:127.0.0.1:8880 me@10.0.0.2"),
        ({"JOB_ID": "7", "SGE_O_HOST": "login"}, "-L 8880:127.0.0.1:8880 -J me@login me@"),
    ],
)
def test_how_to_reach_it_from_elsewhere(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str | None
) -> None:
    for name in ("SSH_CONNECTION", "JOB_ID", "SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "me")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    hint = tunnel(8880)

    assert (words in hint) if words and hint else hint is None


def test_a_forked_process_does_not_hold_the_port() -> None:
    dashboard, study = FlaskDashboard(), ShownStudy()
    url = dashboard.start_dashboard(study.storage, study.name, "127.0.0.1", None)
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:  # lives until it is told
        os.write(ready[1], b"x")
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    dashboard.stop_dashboard()
    freed = nothing_listens("127.0.0.1", Browser(url).port)
    os.write(done[1], b"x")
    os.waitpid(child, 0)
    for end in (*ready, *done):
        os.close(end)

    assert freed


@pytest.mark.parametrize("part", [b"x" * 10_000, b"x" * 20_000_000])
def test_stopping_during_a_large_answer_is_quiet(
    part: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    asked, stopping = threading.Event(), threading.Event()

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield part
        asked.set()
        assert stopping.wait(30)
        for _ in range(100):
            yield part

    listening = listen("127.0.0.1", None)
    server = Server(app, listening)
    server.start()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert asked.wait(30)
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        while client.recv(2**20):  # until the server has cut it off
            pass
        stopping.set()
        stopper.join(30)
        assert not stopper.is_alive()
    gc.collect()  # a file that was left open would be noticed here

    assert [record.getMessage() for record in caplog.records] == []


class Counted:
    """A storage that counts how often it is read."""

    def __init__(self, study: ShownStudy) -> None:
        self._storage = study.storage
        self.reads = 0

    def append(self, study: str, events: Any) -> int:
        return self._storage.append(study, events)

    def read(self, study: str, after: int, limit: int | None) -> Any:
        self.reads += 1
        return self._storage.read(study, after, limit)

    def list_studies(self) -> Any:
        return self._storage.list_studies()

    def delete_study(self, study: str) -> None:
        self._storage.delete_study(study)


def test_a_server_that_nobody_asks_reads_nothing() -> None:
    study = ShownStudy()
    storage = Counted(study)
    dashboard = FlaskDashboard()
    url = dashboard.start_dashboard(storage, study.name, "127.0.0.1", None)
    try:
        browser = Browser(url)
        cursor = browser.get("data").json()["cursor"]
        browser.get(f"data?after={cursor}&wait=0.1")
        watchers = [each for each in threading.enumerate() if "watcher" in each.name]
        assert eventually(lambda: not any(each.is_alive() for each in watchers), 10)
        before = storage.reads
        study.play([Step("run", value=1.0)] * 3)
        browser.get("/static/report.json")
        assert storage.reads == before
        assert browser.get(f"data?after={cursor}").json()["trials"]["id"] == [1, 2, 3]
    finally:
        dashboard.stop_dashboard()


def test_too_many_that_wait_are_sent_away(study: ShownStudy) -> None:
    feed = Feed(Socket("storage", study.storage), study.name)
    feed.refresh()
    watcher = Watcher(1)
    waiting = threading.Thread(target=watcher.wait, args=(feed, feed.cursor(), 20))
    waiting.start()
    assert eventually(lambda: watcher._waiting.total() == 1, 10)
    began = time.monotonic()

    assert watcher.wait(feed, feed.cursor(), 20) is False
    watcher.close()
    waiting.join(10)
    assert time.monotonic() - began < 10


def test_pages_are_served_while_a_study_trains_in_many_threads(
    printed: Callable[[], str],
) -> None:
    study = Study(SPACE, {"name": "random", "max_num_trials": 60}, dashboard=FlaskDashboard())
    browser = Browser(printed())

    def train() -> None:
        for trial in study:
            study.add_observation(trial, trial.parameters["x"])
            study.finalize(trial)

    threads = [threading.Thread(target=train) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert browser.get("data").status == 200
    data = browser.get("data").json()
    study.close()

    assert data["study"]["counts"]["COMPLETED"] == 60
    assert len(data["trials"]["id"]) == 60
