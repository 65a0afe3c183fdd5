from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sherpa_core import Choice, Continuous, Study
from sherpa_core.cli import main

SHERPA = [sys.executable, "-c", "from sherpa_core.cli import main; main()"]


@pytest.fixture
def sherpa(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command line in this process."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    return lambda *words, **options: CliRunner().invoke(main, [str(w) for w in words], **options)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the command line as a process, in the test's folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHERPA_")}
    return lambda *words: subprocess.Popen(
        [*SHERPA, *map(str, words)],
        cwd=tmp_path,
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def call(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line as a process: exit code, standard output and error."""

    def run(*words: object) -> tuple[int, str, str]:
        with start(*words) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return run


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of three trials in the folder `output`: two completed, one failed."""
    study = Study(
        [Continuous("lr", [1e-4, 1.0], scale="log"), Choice("kernel", ["rbf", "linear"])],
        {"name": "random", "max_num_trials": 10},
        output_dir=tmp_path / "output",
        name="digits",
        random_seed=1,
        disable_dashboard=True,
    )
    for objective in (0.5, 0.25, None):
        trial = study.get_suggestion()
        if objective is None:
            study.finalize(trial, "FAILED")
        else:
            study.add_observation(trial, 1.0, iteration=1)
            study.add_observation(trial, objective, iteration=2, context={"loss": 0.1})
            study.finalize(trial)
    return study
