"""The examples run as they are and find what they look for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

from sherpa_core import Study, TrialStatus

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run an example and return the best result that it prints in its last line."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    label, _, text = done.stdout.splitlines()[-1].partition(": ")
    assert label == "best"
    best: dict[str, Any] = ast.literal_eval(text)
    return best


def test_simple() -> None:
    best = run("simple.py")

    assert best["Objective"] < 0.1
    assert best["optimizer"] == "sgd"
    assert 0.7 < best["momentum"] <= 0.99


def test_function_reports_is_stopped_and_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = str(tmp_path / "study")

    first = run("function.py", "--max-num-trials", "8", "--output-dir", folder)
    again = run("function.py", "--max-num-trials", "12", "--output-dir", folder)

    history = Study.load(folder, disable_dashboard=True).history
    assert list(history.trials) == list(range(1, 13))
    assert again["Objective"] <= first["Objective"] < 4
    stopped = [each for each in history.ended if each.status is TrialStatus.STOPPED]
    completed = [each for each in history.ended if each.status is TrialStatus.COMPLETED]
    assert stopped, "the median rule had work"
    assert all(trial.num_observations >= 2 for trial in stopped)
    assert all(trial.iterations == list(range(1, 11)) for trial in completed)
