"""What the observer writes in offline mode, read back with W&B's own messages."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wandb.proto.wandb_internal_pb2 import Record

from sherpa_core import Choice, Continuous, Study
from sherpa_testkit import ObserverContract
from sherpa_testkit.browser import eventually
from sherpa_wandb import WandbTracker

WAIT = 120.0  # seconds


class TestContract(ObserverContract):
    def make_observer(self) -> WandbTracker:
        # No folder can be made there: what goes wrong behind the scenes the study must not see.
        return WandbTracker(mode="offline", project="no/project", dir="/dev/null")


def messages(data: bytes) -> Iterator[bytes]:
    """The messages of a file of W&B: blocks of 32 KiB with pieces, as LevelDB's logs have them."""
    place, message = 7, b""  # after the file's header
    while place < len(data):
        if (left := 32768 - place % 32768) < 7:
            place += left
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        place += 7 + length
        message += data[place - length : place]
        if kind in (1, 4):  # all of a message, or its last piece
            yield message
            message = b""


def records(folder: Path, runs: int) -> list[list[Any]]:
    """The records of each run, once W&B's own process has written them all."""
    found: list[list[Any]] = []

    def complete() -> bool:
        files = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
        found[:] = [[*map(Record.FromString, messages(path.read_bytes()))] for path in files]
        return sum(any(each.HasField("exit") for each in run) for run in found) == runs

    assert eventually(complete, WAIT)
    return found


def value(items: Any) -> dict[str, Any]:
    return {each.key or each.nested_key[0]: json.loads(each.value_json) for each in items}


def summary(run: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for record in run:
        if record.HasField("summary"):
            found |= value(record.summary.update)
    return found


def test_each_trial_is_a_run_in_the_group_of_its_study(tmp_path: Path) -> None:
    observer = WandbTracker(mode="offline", project="mine", dir=str(tmp_path))
    space = [Continuous("lr", [0.1, 0.2]), Choice("layers", [[32, 32]])]
    study = Study(space, "random", observers=[observer], name="a study")
    for status, objective in (("COMPLETED", 1.0), ("FAILED", math.nan)):
        trial = study.get_suggestion()
        for iteration in (1, 5):
            study.add_observation(trial, objective, iteration, {"acc": 0.5, "note": "text"})
        study.finalize(trial, status)
    assert observer.wait(WAIT)

    found = {}
    for run in records(tmp_path, 2):
        (about,) = [record.run for record in run if record.HasField("run")]
        found[about.display_name] = (about, run)
    about, run = found["trial_1"]
    assert sorted(found) == ["trial_1", "trial_2"]
    assert (about.run_group, about.project) == ("a study", "mine")
    config = value(about.config.update)
    assert config["parameters"]["layers"] == [32, 32]
    assert 0.1 <= config["parameters"]["lr"] <= 0.2
    rows = [value(record.history.item) for record in run if record.HasField("history")]
    assert [(row["iteration"], row["Objective"], row["acc"]) for row in rows] == [
        (1, 1.0, 0.5),
        (5, 1.0, 0.5),
    ]
    assert not any("note" in row for row in rows)
    assert summary(run)["status"] == "COMPLETED"
    assert summary(found["trial_2"][1])["status"] == "FAILED"
    codes = [each.exit.exit_code for each in found["trial_2"][1] if each.HasField("exit")]
    assert codes == [1]


def ids(folder: Path) -> list[str]:
    (run,) = records(folder, 1)
    return [each.run.run_id for each in run if each.HasField("run")]


def trained(folder: Path) -> Study:
    """A study that was followed up to its end."""
    folder.mkdir(exist_ok=True)
    observer = WandbTracker(mode="offline", dir=str(folder))
    study = Study([Continuous("lr", [0.1, 0.2])], "random", observers=[observer], name="mine")
    study.add_observation(trial := study.get_suggestion(), 1.0)
    study.finalize(trial)
    assert observer.wait(WAIT)
    return study


def test_a_run_that_is_complete_is_known_after_a_restart(tmp_path: Path) -> None:
    history = trained(tmp_path).history
    observer = WandbTracker(mode="offline", dir=str(tmp_path))

    assert observer.delivered("mine", history.created) == {"trial_1"}
    assert observer.delivered("mine", history.created + 1) == set()


def test_a_trial_that_is_told_again_has_the_same_id(tmp_path: Path) -> None:
    history = trained(tmp_path / "first").history
    again = WandbTracker(mode="offline", dir=str(tmp_path / "second"))  # as after a restart
    again.trial_finalized(history.trials[1], history)
    assert again.wait(WAIT)

    assert ids(tmp_path / "first") == ids(tmp_path / "second")


def test_online_it_asks_nobody_who_he_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "nobody"))
    monkeypatch.setenv("WANDB_MODE", "online")
    observer = WandbTracker(dir=str(tmp_path))
    study = Study([Continuous("lr", [0.1, 0.2])], "random", observers=[observer])
    study.get_suggestion()
    assert observer.wait(WAIT)

    assert "WandbTracker failed" in caplog.text
    assert "wandb login" in caplog.text


@pytest.mark.parametrize("mode", ["on", "disabled"])
def test_a_mode_that_there_is_not_is_refused(mode: str) -> None:
    with pytest.raises(ValueError, match="online"):
        WandbTracker(mode=mode)
