from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result

from sherpa_core import Choice, Continuous, Study
from sherpa_core.locate import open_log, storage_url
from sherpa_core.results import read_csv

Sherpa = Callable[..., Result]


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def output(study: Study) -> Path:
    assert study.output_dir is not None
    return study.output_dir


def test_status_says_how_far_a_study_is(output: Path, sherpa: Sherpa) -> None:
    result = sherpa("status", output)

    assert result.exit_code == 0
    assert "digits" in result.stdout
    assert "2 completed, 1 failed" in result.stdout
    assert "best: 0.25 (trial 2, iteration 2)" in result.stdout


def test_status_for_programs(study: Study, output: Path, sherpa: Sherpa) -> None:
    study.get_suggestion()
    study.enqueue({"lr": 0.1, "kernel": "rbf"})
    study.set_note("a\nnote", ["tag"])

    status = strict(sherpa("status", output, "--json").stdout)

    assert status["study"] == "digits"
    assert status["algorithm"] == {"name": "random", "max_num_trials": 10}
    assert status["trials"] == {
        "completed": 2,
        "stopped": 0,
        "failed": 1,
        "running": 1,
        "queued": 1,
    }
    assert status["best"]["Objective"] == 0.25
    assert (status["note"], status["tags"]) == ("a\nnote", ["tag"])
    assert [(each["trial"], each["attempt"]) for each in status["running"]] == [(4, 1)]


def test_looking_writes_nothing(study: Study, output: Path, sherpa: Sherpa) -> None:
    for words in (("status",), ("best",), ("results",), ("list",), ("replay",)):
        assert sherpa(*words, output).exit_code == 0

    before = study.history.position
    study.refresh()
    assert study.history.position == before


def test_best_for_people_and_programs(study: Study, output: Path, sherpa: Sherpa) -> None:
    shown = sherpa("best", output)
    best = strict(sherpa("best", output, "--json").stdout)

    assert shown.stdout.startswith("best: 0.25 (trial 2, iteration 2)\n")
    assert best == study.get_best_result()


def test_no_best_result_is_an_exit_code(tmp_path: Path, sherpa: Sherpa) -> None:
    study = Study([Continuous("x", [0, 1])], "random", output_dir=tmp_path, disable_dashboard=True)
    trial = study.get_suggestion()
    study.add_observation(trial, math.nan)
    study.finalize(trial)

    assert sherpa("best", tmp_path).exit_code == 1
    assert strict(sherpa("best", tmp_path, "--json").stdout) == {}


def test_best_is_the_algorithms_own_where_it_has_one(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sherpa_random import RandomSearch

    own = lambda self, history: {"Trial-ID": 1, "Iteration": 2, "Objective": 0.5}  # noqa: E731
    monkeypatch.setattr(RandomSearch, "get_best_result", own, raising=False)

    assert strict(sherpa("best", output, "--json").stdout)["Trial-ID"] == 1


def test_best_of_an_algorithm_that_is_not_installed(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "random")

    assert strict(sherpa("best", output, "--json").stdout)["Trial-ID"] == 2


def test_results_as_csv(study: Study, output: Path, sherpa: Sherpa, tmp_path: Path) -> None:
    printed = sherpa("results", output).stdout
    written = sherpa("results", output, "-o", tmp_path / "r.csv")

    assert written.exit_code == 0
    assert (tmp_path / "r.csv").read_text() == printed
    table = read_csv(tmp_path / "r.csv", study.history.space)
    pd.testing.assert_frame_equal(table, study.results, check_dtype=False)


def test_results_as_json(study: Study, output: Path, sherpa: Sherpa) -> None:
    rows = strict(sherpa("results", output, "--json").stdout)

    assert len(rows) == len(study.results) == 7
    assert rows[-1]["Status"] == "FAILED"
    assert rows[-1]["Objective"] is None
    assert rows[0]["lr"] == study.results["lr"][0]


def test_results_of_trials_that_ended(output: Path, sherpa: Sherpa) -> None:
    rows = strict(sherpa("results", output, "--json", "--final").stdout)

    assert [(row["Trial-ID"], row["Objective"]) for row in rows] == [(1, 0.5), (2, 0.25), (3, None)]


def test_results_for_a_folder_that_is_not_there(output: Path, sherpa: Sherpa) -> None:
    result = sherpa("results", output, "-o", output / "none" / "r.csv")

    assert result.exit_code == 2
    assert result.stderr == f"sherpa: {output}/none/r.csv: No such file or directory\n"


def test_results_as_parquet(tmp_path: Path, sherpa: Sherpa) -> None:
    space = [Choice("units", [[1, 2], None, "auto", 3])]
    study = Study(space, "random", output_dir=tmp_path, disable_dashboard=True)
    for units in ([1, 2], None, "auto", 3):
        study.enqueue({"units": units})
        trial = study.get_suggestion()
        study.add_observation(trial, 1.0, context={"size": [1]})
        study.finalize(trial)

    done = sherpa("results", tmp_path, "--final", "-o", tmp_path / "r.parquet")

    assert done.exit_code == 0, done.stderr
    table = pd.read_parquet(tmp_path / "r.parquet")
    assert list(table["Trial-ID"]) == [1, 2, 3, 4]
    texts = [text for text in table["units"] if isinstance(text, str)]
    assert [json.loads(text) for text in texts] == [[1, 2], "auto", 3]


def test_parquet_without_pyarrow_says_what_to_install(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)

    result = sherpa("results", output, "--format", "parquet")

    assert result.exit_code == 2
    assert "pip install pyarrow" in result.stderr


def test_a_study_of_several_is_named_behind_a_hash(
    study: Study, output: Path, sherpa: Sherpa
) -> None:
    url = storage_url(output)
    Study([Continuous("x", [0, 1])], "random", storage=url, name="other", disable_dashboard=True)

    assert "0.25" in sherpa("best", f"{url}#digits").stdout
    assert "0.25" in sherpa("best", f"{output}#digits").stdout
    unclear = sherpa("best", output)
    assert unclear.exit_code == 2
    assert "'digits' and 'other'" in unclear.stderr
    unknown = sherpa("best", f"{output}#digit")
    assert unknown.exit_code == 2
    assert "did you mean 'digits'?" in unknown.stderr


def test_list_shows_all_studies(output: Path, sherpa: Sherpa) -> None:
    Study(
        [Continuous("x", [0, 1])],
        "random",
        storage=storage_url(output),
        name="other",
        disable_dashboard=True,
    )

    lines = sherpa("list", output).stdout.splitlines()
    studies = strict(sherpa("list", output, "--json").stdout)

    assert [line.split()[:3] for line in lines] == [
        ["STUDY", "TRIALS", "BEST"],
        ["digits", "3", "0.25"],
        ["other", "0", lines[2].split()[2]],
    ]
    assert [(each["study"], each["trials"]["completed"]) for each in studies] == [
        ("digits", 2),
        ("other", 0),
    ]


@pytest.mark.parametrize("command", ["status", "best", "results", "replay", "list", "stop", "ask"])
def test_a_place_without_a_study_is_wrong_input(
    command: str, tmp_path: Path, sherpa: Sherpa
) -> None:
    (tmp_path / "empty").mkdir()

    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        result = sherpa(command, place)
        assert result.exit_code == 2
        assert result.stderr.startswith("sherpa: ")
        assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_what_steers_a_terminal_is_escaped(tmp_path: Path, sherpa: Sherpa) -> None:
    evil = "\x1b[2Jx\x9b1m\u202e"
    space = [Choice(evil, [evil])]
    study = Study(space, "random", output_dir=tmp_path, name=evil, disable_dashboard=True)
    study.set_note(evil, [evil])
    trial = study.get_suggestion()
    study.add_observation(trial, 1.0)
    study.finalize(trial)
    study.get_suggestion()

    for words in (["status"], ["best"], ["list"], ["status", "--json"], ["results", "--json"]):
        result = sherpa(words[0], tmp_path, *words[1:])
        assert result.exit_code == 0
        assert "2Jx" in result.stdout
        assert not set(result.stdout) & {"\x1b", "\x9b", "\u202e"}
    assert open_log(tmp_path).study == evil
