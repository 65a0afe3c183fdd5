"""The follow-up of a study that was run runs as it is: nothing is to be filled in."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

from sherpa_core import Continuous, Study, optimize
from sherpa_core.plugin import Run
from sherpa_insight import Table, subject_of
from sherpa_insight.follow_up import follow_up

SHERPA = "from sherpa_core.cli import main; main(prog_name='sherpa')"
TRAIN = """
import sys
from sherpa_core import Client
client = Client()
trial = client.get_trial()
client.send_metrics(trial, iteration=1, objective=float(sys.argv[1]))
"""
FUNCTION = """
def train(trial):
    return trial.parameters["x"]
"""
SCRIPT = (
    """
from sherpa_core import Continuous, Study
"""
    + FUNCTION
    + """
study = Study([Continuous("x", [0.0, 1.0])], {"name": "random"}, name="first", output_dir="first")
study.optimize(train, max_num_trials=3)
"""
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "train.py").write_text(TRAIN, "utf-8")
    (tmp_path / "own_trainings.py").write_text(FUNCTION, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(**given: Any) -> dict[str, str | None]:
    """Run a study and return what may follow it."""
    optimize(
        [Continuous("x", [0.0, 1.0])], {"name": "random", "max_num_trials": 40}, True,
        output_dir="first", name="first", max_num_trials=3, max_concurrent=2, verbose=0,
        disable_dashboard=True, **given,
    )  # fmt: skip
    return after("first")


def after(folder: str) -> dict[str, str | None]:
    history = Study.load(folder, disable_dashboard=True).history
    table = Table.of(history)
    changes = {"x": Continuous("x", [0.0, 0.5])}
    return follow_up(subject_of(history), table.space, changes)


def python(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def ran(limit: float = 0.5) -> None:
    trials = Study.load("output_first_2", disable_dashboard=True).history.ended
    assert len(trials) == 10
    assert all(trial.objective == trial.parameters["x"] <= limit for trial in trials)


@pytest.mark.parametrize(
    "task",
    [
        {"command": f"{sys.executable} train.py {{x}}"},
        {"objective": "own_trainings:train"},
        {"objective": "own_trainings:train", "scheduler": "local"},
    ],
    ids=["command", "function", "function as jobs"],
)
def test_both_run_as_they_are(task: dict[str, Any], folder: Path) -> None:
    step = run(**task)
    assert step["toml"] and step["python"]
    assert str(folder) in step["toml"].splitlines()[0]
    (folder / "next.toml").write_text(step["toml"], "utf-8")
    python("-c", SHERPA, "run", "next.toml", "--no-dashboard", "-q")
    ran()
    (folder / "output_first_2").rename(folder / "by_file")
    (folder / "next.py").write_text(step["python"], "utf-8")
    python("next.py")
    ran()
    assert tomllib.loads(step["toml"])["run"]["max_concurrent"] == 2


def test_a_function_of_a_script_stays_in_its_script(folder: Path) -> None:
    (folder / "script.py").write_text(SCRIPT, "utf-8")
    python("script.py")
    step = after("first")
    assert step["toml"] is None
    (folder / "script.py").write_text(f"{FUNCTION}\n{step['python']}", "utf-8")
    python("script.py")
    ran()


def test_resources_and_the_scheduler_stay_and_secrets_are_to_be_filled_in(table: Any) -> None:
    known = table([Continuous("x", [0, 1])], 20, lambda values, places: values["x"])
    subject = subject_of(Study(known.space, "random", disable_dashboard=True).history)
    task = {
        "command": ["train", "--token", "***"],
        "scheduler": {"name": "slurm", "submit_options": "--partition=long"},
        "resources": {"cpus": 2, "memory": 4_000_000_000},
        "work_dir": "/project",
    }
    step = follow_up(attrs.evolve(subject, run=Run(task=task)), known.space, {})
    found = tomllib.loads(str(step["toml"]))

    assert found["scheduler"] == task["scheduler"]
    assert found["run"]["resources_per_trial"] == task["resources"]
    for text in (step["toml"], step["python"]):
        assert "# Secrets are not recorded" in str(text)


@pytest.mark.parametrize(
    ("name", "following"), [("digits", "digits 2"), ("digits 2", "digits 3"), ("2", "2 2")]
)
def test_names_count_on(name: str, following: str) -> None:
    study = Study([Continuous("x", [0.0, 1.0])], "random", name=name, disable_dashboard=True)
    step = follow_up(subject_of(study.history), study.history.space, {})

    assert f"name={following!r}" in str(step["python"])


def test_a_loop_of_ones_own_gets_no_study_file() -> None:
    study = Study([Continuous("x", [0.0, 1.0])], "random", disable_dashboard=True)
    step = follow_up(subject_of(study.history), study.history.space, {})

    assert step["toml"] is None
    assert str(step["python"]).endswith("# Your loop over the trials follows, as before.\n")
