"""The demo, with a tiny budget, through the real command line."""

from __future__ import annotations

import csv
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from sherpa_core import History, Study

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "digits" / "demo.py"
TRIALS = 3


def run_demo(folder: Path) -> str:
    done = subprocess.run(
        [
            *(sys.executable, str(DEMO)),
            *("--output-dir", str(folder), "--max-num-trials", str(TRIALS)),
        ],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def output(folder: Path) -> str:
    return run_demo(folder)


@pytest.fixture(scope="module")
def history(folder: Path, output: str) -> History:
    return Study.load(folder, disable_dashboard=True).history


def test_every_trial_learns_from_more_and_more_data(history: History) -> None:
    shares = [10, 20, 40, 70, 100]

    assert list(history.trials) == list(range(1, TRIALS + 1))
    for trial in history.ended:
        assert trial.iterations == shares[: trial.num_observations], trial.failure
    whole = [trial for trial in history.ended if trial.status == "COMPLETED"]
    assert whole
    for trial in whole:
        assert trial.iterations == shares
        assert 0 < trial.objective < 100
        assert trial.best is not None
        assert trial.best.context["accuracy"] == pytest.approx(1 - trial.objective / 100)


def test_degree_belongs_to_one_kernel(history: History) -> None:
    for trial in history.trials.values():
        parameters = trial.parameters
        assert ("degree" in parameters) == (parameters["kernel"] == "poly")


def test_it_ends_with_what_a_newcomer_wants_to_know(
    output: str, folder: Path, history: History
) -> None:
    assert history.best is not None
    kernel = history.best.parameters["kernel"]
    assert f"Best of {TRIALS} configurations (trial {history.best.id})" in output
    assert re.search(rf"^  kernel +{kernel}$", output, re.MULTILINE)
    defaults, found = (
        [float(number) for number in re.findall(r"([\d.]+) %", line)]
        for line in output.splitlines()
        if line.startswith(("  scikit-learn's defaults", "  best found"))
    )
    assert found[0] == pytest.approx(history.best.objective, abs=0.3), "of the study's own folds"
    change = 100 * abs(found[1] - defaults[1]) / defaults[1]
    word = "fewer" if found[1] < defaults[1] else "more"
    said = re.search(r"it misreads (\d+) % (fewer|more) digits than the defaults", output)
    assert said
    assert said[2] == word
    assert int(said[1]) == pytest.approx(change, abs=1.5), "the table is rounded"
    assert f"picture: {folder / 'summary.png'}" in output
    assert f"results: {folder / 'results.csv'}" in output


def test_files_are_where_it_says(output: str, folder: Path) -> None:
    assert (folder / "summary.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["Trial-ID"] for row in rows} == {str(n) for n in range(1, TRIALS + 1)}


def test_again_in_the_same_folder_keeps_what_there_is(
    output: str, folder: Path, history: History
) -> None:
    position = history.position

    again = run_demo(folder)

    assert again.partition("Best of")[2] == output.partition("Best of")[2]
    known = Study.load(folder, disable_dashboard=True).history
    assert list(known.trials) == list(history.trials)
    assert known.position >= position


def test_the_next_command_works(output: str, folder: Path) -> None:
    command = output.split("more trials\n\n  ")[1].split()
    assert command[-2:] == ["--max-num-trials", str(2 * TRIALS)]

    command[-1] = str(TRIALS)  # what has been run already, so it ends at once
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "best: " in done.stdout


def test_the_next_demo_continues_an_interrupted_one_and_keeps_a_complete_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    next_folder = runpy.run_path(str(DEMO))["next_folder"]

    assert next_folder() == Path("output_digits")
    Path("output_digits").mkdir()
    assert next_folder() == Path("output_digits")
    Path("output_digits", "summary.png").touch()
    assert next_folder() == Path("output_digits_2")
