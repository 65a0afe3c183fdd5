from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sherpa_core import Continuous, Study, Trial
from sherpa_core.cli import replay as replaying
from sherpa_core.history import History
from sherpa_core.locate import open_log

Sherpa = Callable[..., Result]


@pytest.fixture
def output(study: Study) -> Path:
    assert study.output_dir is not None
    return study.output_dir


def verdict(sherpa: Sherpa, output: Path) -> dict[str, Any]:
    result = sherpa("replay", output, "--json")
    verdict: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (1 if verdict["different"] else 0)
    return verdict


def bent(monkeypatch: pytest.MonkeyPatch, change: Callable[[float], float]) -> None:
    from sherpa_random import RandomSearch

    def get_suggestion(self: Any, parameters: Any, history: Any, rng: Any) -> Any:
        suggestion = parameters.sample(rng)
        return (
            {**suggestion, "lr": change(suggestion["lr"])}
            if len(history.ended) == 2
            else suggestion
        )

    monkeypatch.setattr(RandomSearch, "get_suggestion", get_suggestion)


def test_a_study_replays(output: Path, sherpa: Sherpa) -> None:
    result = sherpa("replay", output)

    assert result.exit_code == 0
    assert result.stdout == (
        "3 decisions asked again: 3 the same, 0 close, 0 different; 0 queued by hand\n"
    )


def test_decisions_are_asked_where_they_were_made(tmp_path: Path, sherpa: Sherpa) -> None:
    study = Study(
        [Continuous("x", [0, 1])],
        {"name": "random", "repeat": 2},
        output_dir=tmp_path,
        disable_dashboard=True,
    )
    study.enqueue({"x": 0.5})
    trials = [study.get_suggestion() for _ in range(4)]
    study.enqueue({"x": 0.25})
    for trial in trials:
        assert isinstance(trial, Trial)
        study.add_observation(trial, 1.0)
        study.finalize(trial)
    study.get_suggestion()
    changed = Study.load(tmp_path, {"name": "grid", "num_grid_points": 3}, disable_dashboard=True)
    changed.get_suggestion()
    changed.get_suggestion()

    assert verdict(sherpa, tmp_path) == {
        "same": 5,
        "close": 0,
        "different": 0,
        "queued": 2,
        "other_version": 0,
        "not_same": [],
    }


def test_a_difference_is_named(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    bent(monkeypatch, lambda lr: lr * 0.9)

    found = verdict(sherpa, output)

    assert (found["same"], found["different"]) == (2, 1)
    [different] = found["not_same"]
    assert different["trial"] == 3
    was, now = different["was"]["parameters"], different["now"]["parameters"]
    assert math.isclose(now["lr"], was["lr"] * 0.9)
    assert "trial 3 was {" in sherpa("replay", output).stdout


def test_models_may_differ_in_the_last_digits(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    bent(monkeypatch, lambda lr: lr * (1 + 1e-9))

    found = verdict(sherpa, output)

    assert (found["same"], found["close"], found["different"]) == (2, 1, 0)


def test_an_algorithm_that_breaks_its_promise_differs(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    bent(monkeypatch, lambda lr: 99.0)

    [different] = verdict(sherpa, output)["not_same"]

    assert "suggested" in different["now"]


def test_another_version_is_said(
    output: Path, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "version", lambda distribution: "0.2.0")

    assert verdict(sherpa, output)["other_version"] == 3
    assert "3 decisions of version 0.1.0, asked again of 0.2.0\n" in sherpa("replay", output).stdout


def test_the_log_is_folded_once_however_long(
    study: Study, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(output, announce=False)
    folded = 0
    fold = History.fold

    def counted(self: History, events: Any) -> None:
        nonlocal folded
        folded += len(events)
        fold(self, events)

    monkeypatch.setattr(History, "fold", counted)

    assert len(list(replaying.replay(log))) == 3
    assert folded <= log.history.position


def test_an_algorithm_that_is_no_plugin_cannot_be_asked(tmp_path: Path, sherpa: Sherpa) -> None:
    class Own:
        def get_suggestion(self) -> dict[str, float]:
            return {"x": 0.5}

    study = Study([Continuous("x", [0, 1])], Own(), output_dir=tmp_path, disable_dashboard=True)
    study.get_suggestion()

    result = sherpa("replay", tmp_path)

    assert result.exit_code == 2
    assert "is no installed plugin" in result.stderr
