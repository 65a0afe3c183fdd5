from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sherpa_core.locate import open_log

Call = Callable[..., tuple[int, str, str]]
Start = Callable[..., subprocess.Popen[str]]

STUDY = """
random_seed = 1
output_dir = "output"
parameters = [{ name = "x", type = "continuous", range = [0, 1] }]
algorithm = { name = "random", max_num_trials = 3 }
dashboard = false
[run]
objective = "goal:objective"
"""
GOAL = """
def objective(trial):
    x = trial.parameters["x"]
    for iteration in (1, 2):
        trial.report((x - 0.3) ** 2 / iteration)
"""
# The trial waits for a file, so that a test decides when it ends.
WAITING = """
import os, time
def objective(trial):
    print("started", flush=True)
    while not os.path.exists("go"):
        time.sleep(0.01)
    return trial.parameters["x"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "goal.py").write_text(GOAL)
    return tmp_path


def trials(folder: Path) -> dict[int, tuple[str, int]]:
    history = open_log(folder / "output").history
    return {id: (str(trial.status), trial.attempt) for id, trial in history.trials.items()}


def wait_for(process: subprocess.Popen[str], path: Path) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"{path} did not appear"
        os.sched_yield()


def test_a_study_file_is_run(folder: Path, call: Call) -> None:
    code, out, err = call("run", "study.toml")

    history = open_log(folder / "output").history
    assert code == 0, err
    assert history.best is not None
    assert out.startswith(f"best: {history.best.objective:.6g} (trial {history.best.id}, ")
    assert "trials   3 completed\n" in out
    assert "next: " in out
    assert f"results  {Path('output', 'results.csv')}\n" in out
    assert (folder / "output" / "results.csv").is_file()
    assert "Traceback" not in err


def test_the_result_for_programs(folder: Path, call: Call) -> None:
    code, out, err = call("run", "study.toml", "--json", "--quiet")

    assert code == 0, err
    assert err == ""
    result = json.loads(out)
    assert result["study"] == "study"
    assert result["state"] == "finished"
    assert result["trials"]["completed"] == 3
    assert (
        result["best"]["Objective"]
        == open_log(folder / "output").history.best_result()["Objective"]
    )
    assert result["output_dir"] == str(folder / "output")


def test_what_is_given_replaces_what_the_file_says(folder: Path, call: Call) -> None:
    code, out, err = call(
        "run", "study.toml", "--max-num-trials", 2, "--output-dir", "here", "--name", "other",
        "--json",
    )  # fmt: skip

    assert code == 0, err
    assert json.loads(out)["study"] == "other"
    assert len(open_log(folder / "here").history.trials) == 2
    assert not (folder / "output").exists()


def test_a_study_that_is_there_needs_resume(folder: Path, call: Call) -> None:
    call("run", "study.toml", "--max-num-trials", 2)
    before = open_log(folder / "output").history.position

    code, out, err = call("run", "study.toml")

    assert code == 2
    assert out == ""
    assert err.startswith("sherpa: the study 'study' exists already")
    assert open_log(folder / "output").history.position == before
    assert call("run", "study.toml", "--resume")[0] == 0
    assert len(trials(folder)) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("range = [0, 1]", "range = [0, 2]", "the study 'study' has another search space: "),
        ("random_seed", "lower_is_better = false\nrandom_seed", "the study 'study' has lower_is"),
        ("random_seed = 1", "random_seed = 2", "the study 'study' has random_seed 1, but 2"),
    ],
)
def test_another_study_is_not_resumed(
    old: str, new: str, message: str, folder: Path, call: Call
) -> None:
    call("run", "study.toml")
    before = open_log(folder / "output").history.position
    (folder / "study.toml").write_text(STUDY.replace(old, new))

    code, out, err = call("run", "study.toml", "--resume")

    assert (code, out) == (2, "")
    assert err.startswith(f"sherpa: {message}")
    assert open_log(folder / "output").history.position == before


def test_no_success_is_an_exit_code(folder: Path, call: Call) -> None:
    (folder / "goal.py").write_text("def objective(trial):\n    raise KeyError('missing')\n")

    code, out, err = call("run", "study.toml", "--quiet")

    assert code == 1
    assert "3 failed" in out
    assert err.startswith("sherpa: no trial succeeded: trial 3 had ")
    assert "KeyError: 'missing'" in err
    assert f"what they print is in {Path('output', 'jobs')}\n" in err


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (STUDY, ["none.toml"], "the study file 'none.toml' does not exist"),
        (STUDY + "max_trials = 3", ["study.toml"], "study.toml: run.max_trials: there is no such"),
        (STUDY, ["study.toml", "--max-concurrent", "0"], "study.toml: run.max_concurrent: max_con"),
        (STUDY, ["study.toml", "--max-concurrent", "x"], "Invalid value for '--max-concurrent'"),
        (STUDY, ["study.toml", "--resum"], "No such option '--resum'"),
        (STUDY, [], "Missing argument 'STUDY.toml'"),
        (STUDY.replace("random", "rndom"), ["study.toml"], "study.toml: "),
        (STUDY.replace("goal:", "gaol:"), ["study.toml"], "study.toml: run.objective: "),
        ('storage = "/proc/none/a.db"' + STUDY, ["study.toml"], ""),
        ('storage = "study.toml"' + STUDY, ["study.toml"], ""),
    ],
)
def test_wrong_input_is_one_sentence(
    text: str, words: list[str], message: str, folder: Path, call: Call
) -> None:
    (folder / "study.toml").write_text(text)

    code, out, err = call("run", *words)

    assert (code, out) == (2, "")
    assert err.startswith(f"sherpa: {message}")
    assert err.count("\n") == 1
    assert not (folder / "output").exists()
    assert (folder / "study.toml").read_text() == text


def test_an_algorithm_that_fails_in_the_run(
    folder: Path, sherpa: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sherpa_random import RandomSearch

    def fail(self: Any, history: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(RandomSearch, "get_suggestion", fail)

    result = sherpa("run", folder / "study.toml", "--quiet")

    assert result.exit_code == 1
    assert result.stderr.startswith("sherpa: the run failed: the algorithm 'random' (sherpa-random")
    assert "ZeroDivisionError: oh" in result.stderr


def test_the_first_interrupt_waits_for_running_trials(folder: Path, start: Start) -> None:
    (folder / "goal.py").write_text(WAITING)
    with start("run", "study.toml") as process:
        wait_for(process, folder / "output" / "jobs" / "trial_1.out")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "interrupted: " not in process.stderr.readline():
            assert process.poll() is None
        (folder / "go").touch()
        _, err = process.communicate(timeout=60)

    assert process.returncode == 3
    assert "sherpa: interrupted; continue with: sherpa run study.toml --resume\n" in err
    assert trials(folder) == {1: ("COMPLETED", 1)}


def test_the_second_interrupt_kills_and_resume_runs_again(
    folder: Path, start: Start, call: Call
) -> None:
    (folder / "goal.py").write_text(WAITING)
    with start("run", "study.toml", "--json") as process:
        wait_for(process, folder / "output" / "jobs" / "trial_1.out")
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "interrupted: " not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 3
    assert json.loads(out)["state"] == "interrupted"
    assert trials(folder) == {1: ("RUNNING", 1)}

    (folder / "go").touch()
    assert call("run", "study.toml", "--resume")[0] == 0
    assert trials(folder) == {1: ("COMPLETED", 2), 2: ("COMPLETED", 1), 3: ("COMPLETED", 1)}


def test_what_init_writes_runs(tmp_path: Path, call: Call) -> None:
    code, out, err = call("init")
    assert (code, err) == (0, "")
    assert out == "wrote study.toml and train.py; run it with: sherpa run study.toml\n"

    code, out, err = call("run", "study.toml", "--json", "--quiet")

    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["trials"]["failed"] == 0
    assert result["trials"]["completed"] >= 3
    assert result["trials"]["stopped"] >= 1, "the median rule is to have work"


def test_init_overwrites_nothing(folder: Path, call: Call) -> None:
    code, _, err = call("init", "study.toml")

    assert (code, err) == (2, "sherpa: study.toml exists already: it is not overwritten\n")
    assert (folder / "study.toml").read_text() == STUDY
    assert not (folder / "train.py").exists()


def test_commands_run_in_the_files_folder(folder: Path, call: Call) -> None:
    (folder / "sub").mkdir()
    text = STUDY.replace("objective = ", "command = ").replace(
        "goal:objective", f"{sys.executable} train.py {{x}}"
    )
    (folder / "sub" / "study.toml").write_text(text)
    (folder / "sub" / "train.py").write_text(
        "import sys\n"
        "from sherpa_core import Client\n"
        "client = Client()\n"
        "client.send_metrics(client.get_trial(), 1, float(sys.argv[1]))\n"
    )

    code, out, err = call("run", "sub/study.toml", "--max-num-trials", 1)

    assert code == 0, out + err
    assert f"results  {Path('sub', 'output', 'results.csv')}\n" in out
    assert Path(folder, "sub", "output", "study.db").is_file()


def test_a_study_that_is_kept_elsewhere(folder: Path, call: Call) -> None:
    (folder / "study.toml").write_text(f'storage = "sqlite://{folder}/all.db"' + STUDY)

    code, out, err = call("run", "study.toml")

    assert code == 0, err
    assert "next: " not in out, "the folder would not lead to it"
    code, _, err = call("status", "output")
    assert (code, "URL#NAME" in err) == (2, True)
    assert call("status", f"sqlite://{folder}/all.db#study")[0] == 0
