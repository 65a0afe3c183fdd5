"""What a run writes down about its trials' task: enough to run them again, no secrets."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Continuous, Study, optimize
from sherpa_core.objective import ObjectiveTrial
from sherpa_core.session import hide_words

SPACE = [Continuous("x", [0.0, 1.0])]


def objective(trial: ObjectiveTrial) -> float:
    return trial.parameters["x"]


class Trainer:
    def train(self, trial: ObjectiveTrial) -> float:
        return trial.parameters["x"]


def task_of(function: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    study = Study(SPACE, "random", disable_dashboard=True)
    monkeypatch.chdir(tmp_path)
    study.optimize(function, max_num_trials=1)
    return study.history.run.task


def test_a_command_is_noted_with_all_that_it_takes(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit(1)", "{x}", "--token", "secret"]
    optimize(
        SPACE, "random", True, {"name": "local"}, words, output_dir=tmp_path, max_num_trials=1,
        verbose=0, disable_dashboard=True,
    )  # fmt: skip
    task = Study.load(tmp_path).history.run.task

    assert task == {
        "command": [*words[:-1], "***"],
        "scheduler": {"name": "local"},
        "resources": {},
        "work_dir": str(Path.cwd()),
    }


def test_a_function_is_noted_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(objective, tmp_path, monkeypatch)

    assert task == {"objective": f"{__name__}:objective", "work_dir": str(tmp_path)}


@pytest.mark.parametrize(
    "function",
    [lambda trial: trial.parameters["x"], Trainer().train, functools.partial(objective)],
)
def test_what_has_no_name_is_not_noted(
    function: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert task_of(function, tmp_path, monkeypatch) == {}


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        (["train", "--lr", "{lr}"], ["train", "--lr", "{lr}"]),
        (["train", "--password", "a b"], ["train", "--password", "***"]),
        (["train", "--token=abc"], ["train", "--token=***"]),
        (["train", "--key", "{key}"], ["train", "--key", "{key}"]),
        (["train", "http://me:abc@host/"], ["train", "http://me:***@host/"]),
    ],
)
def test_secrets_in_commands_are_hidden(words: list[str], hidden: list[str]) -> None:
    assert hide_words(words) == hidden
