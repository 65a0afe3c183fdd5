"""The examples run as they are and find what they look for."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from sherpa_core import Study, TrialStatus

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.timeout(600)


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Run an example and return the best result that it prints in its last line."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stderr
    label, _, text = done.stdout.splitlines()[-1].partition(": ")
    assert label == "best"
    best: dict[str, Any] = ast.literal_eval(text)
    return best


def ended(folder: Path, status: TrialStatus) -> list[list[int]]:
    """The iterations of a study's trials that ended in this way."""
    history = Study.load(str(folder), disable_dashboard=True).history
    return [each.iterations for each in history.ended if each.status is status]


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


def test_scikit_learn() -> None:
    best = run("search_sklearn.py", "--max-num-trials", "12")

    assert best["Objective"] > 0.9
    assert best.keys() == {"svc__C", "svc__gamma", "Objective"}


def test_xgboost(tmp_path: Path) -> None:
    best = run("train_xgboost.py", "--max-num-trials", "8", "--output-dir", str(tmp_path))

    assert best["Objective"] < 0.2
    assert all(each == list(range(1, 61)) for each in ended(tmp_path, TrialStatus.COMPLETED))
    assert ended(tmp_path, TrialStatus.STOPPED), "the median rule had work"


@pytest.fixture
def compiler() -> None:
    if shutil.which("cc"):
        return
    reason = "A C compiler is not reachable: install one, such as Debian's gcc"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.mark.usefixtures("compiler")
def test_c_program(tmp_path: Path) -> None:
    best = run("c_program/tune.py", "--max-num-trials", "12", "--output-dir", str(tmp_path))

    assert best["omega"] == pytest.approx(1.908, abs=0.05)
    assert best["Objective"] < -1
    assert list(range(10, 101, 10)) in ended(tmp_path, TrialStatus.COMPLETED)
    assert ended(tmp_path, TrialStatus.STOPPED), "the median rule had work"


def test_the_c_program_says_that_there_is_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    command = [sys.executable, "-W", "error", str(EXAMPLES / "c_program" / "tune.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode == 1
    assert "no C compiler 'no-such-compiler'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_shell_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join([str(tools), os.environ["PATH"]]))
    command = ["sherpa", "run", str(EXAMPLES / "shell" / "study.toml"), "--quiet"]
    more = ["--max-num-trials", "3", "--output-dir", str(tmp_path / "output"), "--no-dashboard"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=580)

    assert done.returncode == 0, done.stderr
    history = Study.load(str(tmp_path / "output"), disable_dashboard=True).history
    assert len(history.ended) == 3
    assert not history.count(TrialStatus.FAILED)
    assert history.best is not None
    assert history.best.objective < 12
    assert list(range(1, 5)) in [each.iterations for each in history.ended]


def test_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIALS", "3")
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", nbformat.NO_CONVERT)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear it before you save it"

    NotebookClient(notebook, timeout=580, resources={"metadata": {"path": tmp_path}}).execute()

    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    assert [each.output_type for each in outputs if each.output_type in ("stream", "error")] == []
    progress, table, *pictures, best = [each["data"] for each in outputs]
    assert "3 trials done" in progress["text/html"]
    assert "n_estimators" in table["text/html"]
    assert ["image/png" in each for each in pictures] == [True, True]
    assert "'Objective'" in best["text/plain"]


def test_every_example_is_in_the_readme() -> None:
    names = {path.name for path in EXAMPLES.iterdir() if not path.name.startswith((".", "_", "ou"))}
    rows = re.findall(r"^\| \[([\w.]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)

    assert sorted(rows) == sorted(names - {"README.md"})
