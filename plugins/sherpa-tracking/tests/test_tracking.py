"""What trackers share: order, once, in the background, and what happens when delivery fails."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from sherpa_core import Continuous, Study
from sherpa_core.session import orphans
from sherpa_core.trial import Observation
from sherpa_testkit import ObserverContract
from sherpa_tracking import Attempt, Tracker, numbers

WAIT = 60.0  # seconds


@attrs.define(eq=False)
class Notes(Tracker):
    """Writes down what it is given; fails, or stands still, when it is told to."""

    said: list[tuple[Any, ...]] = attrs.field(factory=list, init=False)
    known: set[str] = attrs.field(factory=set, init=False)
    fails: bool = attrs.field(default=False, init=False)
    open: threading.Event = attrs.field(factory=threading.Event, init=False)

    def __attrs_post_init__(self) -> None:
        self.open.set()

    def note(self, *what: Any) -> None:
        assert self.open.wait(WAIT)
        if self.fails:
            raise OSError("no answer")
        self.said.append(what)

    def begin(self, attempt: Attempt) -> None:
        self.note("begin", attempt.name)

    def observe(self, attempt: Attempt, observation: Observation) -> None:
        self.note(attempt.name, observation.iteration, observation.objective)

    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        self.note("end", attempt.name, status)

    def delivered(self, study: str, created: float) -> set[str]:
        return self.known

    def finish(self, study: str, created: float, best: Mapping[str, Any]) -> None:
        self.note("finish", study, best.get("Objective"))


class TestContract(ObserverContract):
    def make_observer(self) -> Notes:
        return Notes()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def study(notes: Notes) -> Study:
    return Study([Continuous("x", [0, 1])], "random", observers=[notes], name="mine")


def test_all_is_delivered_once_and_in_order(notes: Notes, study: Study) -> None:
    trial = study.get_suggestion()
    study.add_observation(trial, 3.0, 1)
    study.add_observation(trial, 2.0, 2)
    notes.observation_added(trial, study.history)  # told again
    study.finalize(trial)
    study.engine.tell("study_finished", history=study.history)
    assert notes.wait(WAIT)

    assert notes.said == [
        ("begin", "trial_1"), ("trial_1", 1, 3.0), ("trial_1", 2, 2.0),
        ("end", "trial_1", "COMPLETED"), ("finish", "mine", 2.0),
    ]  # fmt: skip


def test_a_new_attempt_ends_the_lost_one(notes: Notes, study: Study) -> None:
    trial = study.get_suggestion()
    study.add_observation(trial, 3.0)
    study.engine.restart(trial, "lost")
    assert notes.wait(WAIT)

    assert notes.said[-2:] == [("end", "trial_1", "LOST"), ("begin", "trial_1.2")]


def test_a_tracker_that_comes_late_catches_up_with_the_trial(notes: Notes) -> None:
    study = Study([Continuous("x", [0, 1])], "random")
    trial = study.get_suggestion()
    study.add_observation(trial, 3.0, 1)
    study.add_observation(trial, 2.0, 2)
    notes.observation_added(trial, study.history)
    assert notes.wait(WAIT)

    assert notes.said == [("begin", "trial_1"), ("trial_1", 1, 3.0), ("trial_1", 2, 2.0)]


def test_a_server_that_does_not_answer_delays_no_trial(notes: Notes, study: Study) -> None:
    notes.open.clear()
    for _ in range(20):
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
    assert notes.said == []
    assert not notes.wait(0.0)
    notes.open.set()
    assert notes.wait(WAIT)

    assert len(notes.said) == 60


def test_after_a_failure_it_is_silent_until_the_next_run(
    notes: Notes, study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    notes.fails = True
    trial = study.get_suggestion()
    study.add_observation(trial, 1.0)
    assert notes.wait(WAIT)
    notes.fails = False
    study.add_observation(trial, 0.5, 2)
    assert notes.wait(WAIT)
    assert notes.said == []
    assert caplog.text.count("Notes failed, and is silent until the next run") == 1

    study.engine.tell("study_finished", history=study.history)
    study.finalize(trial)
    assert notes.wait(WAIT)
    assert notes.said == [
        ("begin", "trial_1"), ("trial_1", 1, 1.0), ("trial_1", 2, 0.5),
        ("end", "trial_1", "COMPLETED"),
    ]  # fmt: skip


def test_the_next_run_delivers_what_a_failure_kept_back(notes: Notes) -> None:
    space = [Continuous("x", [0, 1])]
    study = Study(space, "random", observers=[notes], name="mine")

    def run() -> None:
        study.add_observation(trial := study.get_suggestion(), 1.0)
        study.finalize(trial)
        study.engine.tell("study_finished", history=study.history)
        assert notes.wait(WAIT)

    run()
    notes.fails = True
    run()
    notes.fails = False
    run()

    assert [what[1] for what in notes.said if what[0] == "end"] == ["trial_1", "trial_2", "trial_3"]
    assert [what[0] for what in notes.said if len(what) == 3 and what[2] == 1.0] == [
        *("trial_1", "finish", "trial_2", "trial_3", "finish")
    ]


OBSERVED = """
import sys
from sherpa_core import Continuous, Study
study = Study([Continuous("x", [0, 1])], "random", storage=sys.argv[1], name="mine")
for _ in range(3):
    study.add_observation(trial := study.get_suggestion(), 1.0)
    study.finalize(trial)
study.add_observation(study.get_suggestion(), 2.0)
print(flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_did_not_deliver_the_next_one_does(
    notes: Notes, tmp_path: Path
) -> None:
    storage = str(tmp_path / "study.db")
    process = subprocess.Popen(
        [sys.executable, "-c", OBSERVED, storage], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        other = Study.load(storage, observers=[watching := Notes()])
        watching.study_finished(other.history)
        process.kill()
    notes.known = {"trial_2"}
    study = Study.load(storage, observers=[notes])
    (lost,) = orphans(study.history, "", 0.0)
    study.engine.restart(lost, "lost with its runner")
    study.engine.tell("study_finished", history=study.history)
    assert watching.wait(WAIT)
    assert notes.wait(WAIT)

    assert watching.said == [("finish", "mine", 1.0)], "the trials of a process that lives are its"
    assert notes.said == [
        ("begin", "trial_1"), ("trial_1", 1, 1.0), ("end", "trial_1", "COMPLETED"),
        ("begin", "trial_3"), ("trial_3", 1, 1.0), ("end", "trial_3", "COMPLETED"),
        ("end", "trial_4", "LOST"), ("begin", "trial_4.2"), ("finish", "mine", 1.0),
    ]  # fmt: skip


def test_metrics_are_the_numbers_of_a_context() -> None:
    context = {"a": 1, "b": 0.5, "c": True, "d": "text", "e": [1], "f": None}

    assert numbers(context) == {"a": 1.0, "b": 0.5, "c": 1.0}
