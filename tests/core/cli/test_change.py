from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sherpa_core import AlgorithmState, Continuous, Study, Trial
from sherpa_core.history import History
from sherpa_core.locate import open_log

Sherpa = Callable[..., Result]
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def output(study: Study) -> Path:
    assert study.output_dir is not None
    return study.output_dir


def history(output: Path) -> History:
    return open_log(output).history


def running(study: Study) -> Trial:
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    return trial


def test_stop_ends_a_running_trial(study: Study, output: Path, sherpa: Sherpa) -> None:
    trial = running(study)

    result = sherpa("stop", output, trial.id, "--reason", "too slow")

    assert (result.exit_code, result.stdout) == (0, f"trial {trial.id} is to stop\n")
    assert study.should_trial_stop(trial)
    study.finalize(trial)
    assert (history(output).trials[4].status, history(output).trials[4].failure) == (
        "STOPPED",
        "too slow",
    )


def test_stop_ends_the_study(study: Study, output: Path, sherpa: Sherpa) -> None:
    running(study)

    assert sherpa("stop", output).stdout == "no further trial starts; 1 running trial may end\n"
    assert study.get_suggestion() is AlgorithmState.DONE


@pytest.mark.parametrize(
    ("trial", "message"),
    [(1, "trial 1 has ended already, as COMPLETED"), (9, "the study 'digits' has no trial 9")],
)
def test_only_a_running_trial_can_be_stopped_or_told(
    trial: int, message: str, output: Path, sherpa: Sherpa
) -> None:
    before = history(output).position
    for words in (["stop", output, trial], ["tell", output, trial, "0.5"]):
        result = sherpa(*words)
        assert (result.exit_code, result.stderr) == (2, f"sherpa: {message}\n")
    assert history(output).position == before


@pytest.mark.parametrize(
    "words",
    [["lr=0.01", "kernel=rbf"], ['{"lr": 0.01, "kernel": "rbf"}'], ["kernel=rbf", "lr=1e-2"]],
)
def test_what_is_enqueued_comes_next(
    words: list[str], study: Study, output: Path, sherpa: Sherpa
) -> None:
    result = sherpa("enqueue", output, *words)

    assert (result.exit_code, result.stdout) == (0, "queued as number 1\n")
    assert running(study).parameters == {"lr": 0.01, "kernel": "rbf"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lr=2", "kernel=rbf"], "lr must lie in [0.0001, 1.0], but is 2"),
        (["lr=0.1"], "the parameter 'kernel' has no value"),
        (["lr=0.1", "kernal=rbf"], "'kernal' is not a parameter, did you mean 'kernel'?"),
        (["lr"], "a value must look like NAME=VALUE, but is 'lr'"),
        (["{lr: 1}"], "the configuration is not JSON: "),
    ],
)
def test_a_configuration_out_of_the_space_is_refused(
    words: list[str], message: str, output: Path, sherpa: Sherpa
) -> None:
    before = history(output).position

    result = sherpa("enqueue", output, *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"sherpa: {message}")
    assert history(output).position == before


def test_trials_are_asked_for_and_told_by_hand(study: Study, output: Path, call: Call) -> None:
    # Each call is a process that ends at once: the trial must not count as lost with it.
    asked = [json.loads(call("ask", output, "--json")[1]) for _ in range(2)]

    assert [each["trial"] for each in asked] == [4, 5]
    assert asked[0]["parameters"] == history(output).trials[4].parameters
    assert call("tell", output, 4, 0.1, "--context", '{"loss": 0.5}') == (
        0,
        "trial 4 COMPLETED\n",
        "",
    )
    told = history(output).trials[4]
    assert told.status == "COMPLETED"
    assert [(each.iteration, each.objective) for each in told.observations] == [(1, 0.1)]
    assert told.observations[0].context == {"loss": 0.5}
    assert study.get_best_result()["Trial-ID"] == 4
    assert json.loads(call("ask", output, "--json")[1])["trial"] == 6


def test_a_trial_is_told_bit_by_bit(output: Path, sherpa: Sherpa) -> None:
    sherpa("ask", output)

    assert sherpa("tell", output, 4, "3.0", "--running").stdout == "trial 4 RUNNING\n"
    assert sherpa("tell", output, 4, "2.0", "--running").stdout == "trial 4 RUNNING\n"
    assert sherpa("tell", output, 4, "1.0", "--iteration", "9").stdout == "trial 4 COMPLETED\n"
    observations = history(output).trials[4].observations
    assert [(each.iteration, each.objective) for each in observations] == [
        (1, 3.0),
        (2, 2.0),
        (9, 1.0),
    ]


def test_a_trial_is_told_to_have_failed(output: Path, sherpa: Sherpa) -> None:
    sherpa("ask", output)

    result = sherpa("tell", output, 4, "--status", "FAILED", "--json")

    assert json.loads(result.stdout) == {"trial": 4, "status": "FAILED", "stop": False}
    assert history(output).count("FAILED") == 2


def test_telling_says_what_the_stopping_rule_wants(tmp_path: Path, sherpa: Sherpa) -> None:
    study = Study(
        [Continuous("x", [0, 1])],
        "random",
        stopping_rule="median",
        output_dir=tmp_path,
        disable_dashboard=True,
    )
    trial = running(study)
    study.add_observation(trial, 0.0, iteration=1)
    study.add_observation(trial, 0.0, iteration=2)
    study.finalize(trial)
    sherpa("ask", tmp_path)

    worse = sherpa("tell", tmp_path, 2, "1.0", "--running", "--json")
    ended = sherpa("tell", tmp_path, 2, "1.0")

    assert json.loads(worse.stdout)["stop"] is True
    assert ended.stdout == "trial 2 STOPPED\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give an objective, or --status FAILED or STOPPED"),
        (["--status", "COMPLETED"], "give an objective, or --status FAILED or STOPPED"),
        (["--running"], "--running needs an objective"),
        (["abc"], "Invalid value"),
        (["1", "--context", "[]"], "the context must be a JSON object"),
        (["1", "--context", '{"lr": 1}'], "a context value cannot be named 'lr'"),
        (["1", "--status", "DONE"], "Invalid value for '--status'"),
    ],
)
def test_what_cannot_be_told_changes_nothing(
    words: list[str], message: str, output: Path, sherpa: Sherpa
) -> None:
    sherpa("ask", output)
    before = history(output).position

    result = sherpa("tell", output, 4, *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"sherpa: {message}")
    assert history(output).position == before


def test_nothing_to_ask_is_an_exit_code(tmp_path: Path, sherpa: Sherpa) -> None:
    Study(
        [Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 1},
        output_dir=tmp_path,
        disable_dashboard=True,
    )

    assert sherpa("ask", tmp_path).exit_code == 0
    done = sherpa("ask", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "done\n")
    assert json.loads(sherpa("ask", tmp_path, "--json").stdout) == {"state": "done"}


def test_delete_asks_first(output: Path, sherpa: Sherpa) -> None:
    no = sherpa("delete", output, input="n\n")
    assert no.exit_code == 1
    assert "Delete the study digits with 3 trials?" in no.stdout
    assert history(output).config["name"] == "digits"

    assert sherpa("delete", output, "--yes").exit_code == 0
    assert sherpa("status", output).exit_code == 2


def test_without_an_answer_nothing_is_deleted(output: Path, call: Call) -> None:
    code, _, err = call("delete", output)

    assert (code, err) == (3, "sherpa: interrupted\n")
    assert history(output).config["name"] == "digits"


@pytest.mark.parametrize(
    "words",
    [["stop"], ["enqueue", "x=0.5"], ["ask"], ["delete", "--yes"]],
    ids=lambda words: words[0],
)
def test_a_study_saved_from_memory_is_not_changed(
    words: list[str], tmp_path: Path, sherpa: Sherpa
) -> None:
    study = Study([Continuous("x", [0, 1])], "random", disable_dashboard=True)
    study.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    result: Any = sherpa(words[0], tmp_path, *words[1:])

    assert result.exit_code == 2
    assert "it can be read, not changed" in result.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert sherpa("status", tmp_path).exit_code == 0
