"""The live view: what it says of a study, and when."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from sherpa_core import Choice, Continuous, Study
from sherpa_progress import ProgressObserver
from sherpa_testkit import ObserverContract


def observer(terminal: bool = True, **options: Any) -> ProgressObserver:
    made = ProgressObserver(**options)
    made.console = Console(
        file=io.StringIO(), force_terminal=terminal, width=100, force_jupyter=False
    )
    ticks = iter(range(1_000_000))
    made.clock = lambda: float(next(ticks))
    return made


def said(made: ProgressObserver) -> str:
    assert isinstance(made.console.file, io.StringIO)
    return made.console.file.getvalue()


def picture(made: ProgressObserver, study: Study) -> str:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as capture:
        console.print(made.picture(study.history))
    return capture.get()


class TestContract(ObserverContract):
    def make_observer(self) -> ProgressObserver:
        made = ProgressObserver()
        made.console = Console(file=io.StringIO(), force_terminal=True)
        return made


@pytest.fixture
def made() -> Iterator[ProgressObserver]:
    made = observer()
    yield made
    made.study_finished(Study([Continuous("x", [0, 1])], "random").history)


def new(made: ProgressObserver) -> Study:
    space = [Continuous("lr", [0.1, 0.2]), Choice("opt", ["[bold]adam"])]
    return Study(space, "random", observers=[made])


def test_it_says_what_is_done_running_and_best(made: ProgressObserver) -> None:
    study = new(made)
    for objective, status in ((2.0, "COMPLETED"), (1.5, "STOPPED"), (0.5, "FAILED")):
        study.add_observation(trial := study.get_suggestion(), objective, 7)
        study.finalize(trial, status)
    study.add_observation(study.get_suggestion(), 3.25, 2)
    text = picture(made, study)

    assert "3 trials done · 1 running · 1 stopped · 1 failed" in text
    best, running = (line for line in text.splitlines() if "opt=" in line)
    assert best.split()[:4] == ["best", "2", "7", "1.5"]
    assert running.split()[:3] == ["4", "2", "3.25"]
    assert "opt=[bold]adam" in running, "names and values are no markup"


def test_it_shows_as_many_running_trials_as_it_is_told() -> None:
    made = observer(rows=2)
    study = new(made)
    for _ in range(5):
        study.get_suggestion()

    assert picture(made, study).count("lr=") == 2
    made.study_finished(study.history)


def test_a_terminal_sees_each_step(made: ProgressObserver) -> None:
    study = new(made)
    trial = study.get_suggestion()
    study.add_observation(trial, 0.125, 1)
    assert "0.125" in said(made)
    study.finalize(trial)
    assert "1 trials done" in said(made)


def test_a_file_gets_the_last_state_once() -> None:
    made = observer(terminal=False)
    study = new(made)
    for _ in range(3):
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
    assert said(made) == ""
    study.engine.tell("study_finished", history=study.history)

    assert said(made).count("trials done") == 1
    assert "3 trials done" in said(made)


def test_a_loop_of_ones_own_leaves_the_last_state() -> None:
    made = observer(terminal=False)
    study = Study(
        [Continuous("lr", [0.1, 0.2])], {"name": "random", "max_num_trials": 2}, observers=[made]
    )
    for trial in study:
        study.add_observation(trial, 1.0)
        study.finalize(trial)

    assert "2 trials done" in said(made)


def test_many_events_at_once_are_shown_now_and_then(made: ProgressObserver) -> None:
    made.clock = lambda: 0.05
    study = new(made)
    study.get_suggestion()
    first = said(made)
    for iteration in range(100):
        study.add_observation(study.history.trials[1], 1.0, iteration)

    assert said(made) == first
