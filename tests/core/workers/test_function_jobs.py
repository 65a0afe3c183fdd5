"""Functions as jobs of a scheduler, which starts programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa

MODULE = """
from sherpa_core import TrialStopped

def report(trial):
    for epoch in (1, 2, 3):
        trial.report(trial.parameters["x"] + epoch, context={"epochs": epoch})

def give_back(trial):
    assert trial.load_dir == "" and trial.save_dir and trial.output_dir
    return trial.parameters["x"]

def fail(trial):
    print("before")
    raise ValueError("no such model")
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "job_module.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(function: str) -> sherpa.Study:
        sherpa.optimize(
            [sherpa.Continuous("x", [0, 1])],
            "random",
            True,
            "local",
            objective=f"job_module:{function}",
            output_dir="out",
            max_num_trials=2,
            verbose=0,
            disable_dashboard=True,
        )
        return sherpa.Study.load("out", disable_dashboard=True)

    return run


def test_reports_reach_the_study(run: Any) -> None:
    first, second = run("report").history.ended

    assert first.status == second.status == "COMPLETED"
    assert first.iterations == [1, 2, 3]
    assert first.objective == first.parameters["x"] + 1


def test_what_is_returned_is_the_objective(run: Any) -> None:
    for trial in run("give_back").history.ended:
        assert trial.objective == trial.parameters["x"]


def test_a_failure_is_the_jobs_and_its_output_says_why(run: Any, tmp_path: Path) -> None:
    first, _ = run("fail").history.ended

    assert (first.status, first.failure) == ("FAILED", "exit code 1")
    printed = (tmp_path / "out" / "jobs" / "trial_1.out").read_text()
    assert "before" in printed
    assert "ValueError: no such model" in printed
