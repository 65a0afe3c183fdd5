"""What happens while a study runs: news, stopping, a server that goes and comes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Study, optimize
from sherpa_core.memory import MemoryStorage
from sherpa_core.parameters import Continuous
from sherpa_core.sockets import Socket
from sherpa_flask.library import Place
from sherpa_flask.plugin import Serving
from sherpa_testkit.browser import eventually

ADAM = {"lr": 0.1, "optimizer": "adam"}

TRIAL = """
import os, pathlib, sys, time
from sherpa_core import Client
client = Client()
trial = client.get_trial()
print("started by", os.getpid(), flush=True)
client.send_metrics(trial, iteration=1, objective=0.5)
while True:
    time.sleep(0.05)
"""


def test_news_come_without_a_reload(
    look: Callable[..., Any], make: Callable[..., Study], show: Any, storage: MemoryStorage
) -> None:
    study = make([(ADAM, [2.0])], algorithm={"name": "random", "max_num_trials": 3})
    page = look(show(storage, study.name))
    page.page.evaluate("() => (window.kept = true)")
    page.expect(page.page.locator("#progress")).to_have_text("1 of 3 trials ended")
    trial = study.get_suggestion()
    page.expect(page.row(2)).to_contain_text("RUNNING")
    study.add_observation(trial, 1.25, 1)
    page.expect(page.row(2)).to_contain_text("1.25")
    page.row(2).click()
    study.add_observation(trial, 0.75, 2)
    page.expect(page.page.locator("#trial .facts")).to_contain_text("objective 0.75")
    study.finalize(trial)
    page.expect(page.page.locator("#trial .facts")).to_contain_text("COMPLETED")
    page.expect(page.page.locator("#best-value")).to_have_text("0.75")
    page.expect(page.page.locator("#progress")).to_have_text("2 of 3 trials ended")
    assert page.page.evaluate("() => window.kept")


def test_a_study_without_trials_waits_for_its_first(
    look: Callable[..., Any], make: Callable[..., Study], show: Any, storage: MemoryStorage
) -> None:
    study = make()
    page = look()
    page.page.goto(show(storage, study.name))
    page.expect(page.page.locator("#state")).to_have_text("waiting for its first trial")
    study.get_suggestion()
    page.expect(page.row(1)).to_contain_text("RUNNING")


def test_stop_trial_ends_its_process(look: Callable[..., Any], show: Any, tmp_path: Path) -> None:
    script = tmp_path / "trial.py"
    script.write_text(TRIAL, "utf-8")
    folder = tmp_path / "output"
    ended = []

    def run() -> None:
        best = optimize(
            [Continuous("lr", [0.0, 1.0])], "random", lower_is_better=True, scheduler="local",
            command=f"{sys.executable} {script}", output_dir=folder, max_num_trials=1, verbose=0,
            disable_dashboard=True,
        )  # fmt: skip
        ended.append(best)

    runner = threading.Thread(target=run)
    runner.start()
    assert eventually(lambda: (folder / "jobs" / "trial_1.out").exists(), 30)
    place = Place.of(str(folder))
    serving = Serving([place], "127.0.0.1", None)
    try:
        page = look(serving.url)
        page.expect(page.row(1)).to_contain_text("0.5")
        page.row(1).click()
        log = page.page.locator("#trial .log")
        page.expect(log).to_contain_text("started by")
        pid = int(log.text_content().split()[-1])
        os.kill(pid, 0)
        page.page.get_by_role("button", name="Stop trial").click()
        page.page.get_by_role("button", name="Keep running").click()
        page.page.locator("#trial").get_by_role("button", name="Stop trial").click()
        page.page.locator("#confirm-stop").get_by_role("button", name="Stop trial").click()
        page.expect(page.page.locator("#trial .facts")).to_contain_text("STOPPED")
        page.expect(page.page.locator("#trial .reason")).to_have_text("stopped in the dashboard")
        page.expect(page.row(1)).to_contain_text("STOPPED")
        assert eventually(lambda: not _lives(pid), 30)
    finally:
        serving.stop()
        runner.join(60)
    assert ended and ended[0]["Objective"] == 0.5


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_page_outlives_its_server(
    look: Callable[..., Any], make: Callable[..., Study], storage: MemoryStorage
) -> None:
    study = make([(ADAM, [2.0])])
    place = Place("", Socket("storage", storage), None, study.name)
    serving = Serving([place], "127.0.0.1", None)
    page = look(serving.url)
    connection = page.page.locator("#connection")
    page.expect(connection).to_have_text("live")
    serving.stop()
    page.expect(connection).to_have_text("reconnecting …")
    trial = study.get_suggestion()
    study.add_observation(trial, 1.5, 1)
    again = Serving([place], "127.0.0.1", serving.port)
    try:
        page.expect(page.row(2)).to_contain_text("1.5")
        page.expect(connection).to_have_text("live")
    finally:
        again.stop()
    # The browser itself notes every request that found no server.
    page.problems = [each for each in page.problems if "Failed to load resource" not in each]


def test_two_studies(
    look: Callable[..., Any], make: Callable[..., Study], storage: MemoryStorage
) -> None:
    make([(ADAM, [2.0])], name="first")
    make([(ADAM, [3.0])] * 2, name="second")
    serving = Serving([Place("here", Socket("storage", storage))], "127.0.0.1", None)
    try:
        page = look()
        page.page.goto(serving.url)
        cards = page.page.locator(".study")
        page.expect(cards).to_have_count(2)
        page.expect(cards.filter(has_text="first")).to_contain_text("best 2")
        page.page.get_by_role("link", name="second").click()
        page.shows(2, 1)
        page.expect(page.page.locator("h1")).to_have_text("second")
        page.page.get_by_role("link", name="All studies").click()
        page.expect(cards).to_have_count(2)
    finally:
        serving.stop()


@pytest.mark.parametrize(
    ("algorithm", "title", "words"),
    [
        ({"name": "pbt", "population_size": 4, "num_generations": 3}, "Schedules", "4 lineages"),
        ({"name": "asha", "R": 9, "eta": 3, "max_finished_configs": 1}, "Rungs", "rung 0"),
    ],
)
def test_structure_of_algorithms(
    look: Callable[..., Any],
    make: Callable[..., Study],
    show: Any,
    storage: MemoryStorage,
    algorithm: dict[str, Any],
    title: str,
    words: str,
) -> None:
    study = make(parameters=[Continuous("lr", [0.1, 1.0])], algorithm=algorithm)
    for trial in study:
        study.add_observation(trial, trial.parameters["lr"], 1)
        study.finalize(trial)
    page = look(show(storage, study.name))
    card = page.page.locator("#structure")
    page.expect(card.locator("h2")).to_contain_text(title)
    page.expect(card.locator(".note")).to_contain_text(words)


def test_no_structure_without_one(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    page.expect(page.page.locator("#structure")).to_be_hidden()
