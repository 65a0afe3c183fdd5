"""Interrupts, full disks and locked databases in the middle of real studies."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core.jobs import process_start
from sherpa_core.locate import open_log
from sherpa_testkit.waiting import until

pytestmark = pytest.mark.timeout(240)

SCRIPT = Path(__file__).with_name("study.py")
TRIALS = 6
SMALL = 16_384  # bytes: a database is larger, what is written to standard error is not


class Runner:
    """A runner of `study.py`, and the diary of its trials."""

    def __init__(self, folder: Path, kind: str, impatient: bool = False) -> None:
        self.folder = folder
        environment = {**os.environ, **({"IMPATIENT": "1"} if impatient else {})}
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(folder), kind, "1", str(TRIALS)],
                env=environment,
                stderr=errors,
            )

    @property
    def errors(self) -> Path:
        return self.folder.with_suffix(".err")

    def wait(self) -> int:
        return self.process.wait(60)

    def finish(self) -> None:
        assert self.wait() == 0, self.errors.read_text()

    def diary(self) -> list[list[str]]:
        path = self.folder / "diary"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def wait_for_work(self, words: int = 8) -> None:
        """Wait until the diary has grown, and a trial works."""
        wanted = len(self.diary()) + words

        def works() -> bool:
            assert self.process.poll() is None, self.errors.read_text()
            return len(self.diary()) >= wanted and self.diary()[-1][0] == "sent"

        until(works)

    def processes(self) -> set[int]:
        return {int(pid) for words in self.diary() if words[0] == "began" for pid in words[3:]}


@contextmanager
def started(folder: Path, kind: str, impatient: bool = False) -> Iterator[Runner]:
    runner = Runner(folder, kind, impatient)
    try:
        yield runner
    finally:
        runner.process.kill()
        runner.process.wait()


def run_to_the_end(folder: Path, kind: str) -> list[tuple[Any, ...]]:
    with started(folder, kind) as runner:
        runner.finish()
    return outcome(folder)


def outcome(folder: Path) -> list[tuple[Any, ...]]:
    return [
        (trial.id, trial.parameters, trial.status, trial.iterations, trial.objectives)
        for trial in open_log(folder, announce=False).history.trials.values()
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What comes out when nothing happens."""
    return run_to_the_end(tmp_path_factory.mktemp("reference") / "study", "function")


# Interrupts


@pytest.mark.parametrize("kind", ["function", "command"])
def test_the_first_ctrl_c_lets_the_running_trial_end(
    tmp_path: Path, reference: list[Any], kind: str
) -> None:
    with started(tmp_path / "study", kind) as runner:
        runner.wait_for_work()
        runner.process.send_signal(signal.SIGINT)
        runner.finish()

    trials = outcome(tmp_path / "study")
    assert 0 < len(trials) < TRIALS
    assert trials == reference[: len(trials)]
    assert run_to_the_end(tmp_path / "study", kind) == reference


@pytest.mark.parametrize("kind", ["function", "command"])
@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_the_second_ctrl_c_or_sigterm_kills_it(
    tmp_path: Path, reference: list[Any], kind: str, signals: tuple[int, ...]
) -> None:
    with started(tmp_path / "study", kind) as runner:
        runner.wait_for_work()
        for number in signals:
            runner.process.send_signal(number)
            time.sleep(0.05)  # signals of one number that come too quickly are one
        runner.wait()
        processes = runner.processes()
        assert all(process_start(pid) is None for pid in processes)

    assert run_to_the_end(tmp_path / "study", kind) == reference


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.6, 0.9, 1.2])
def test_ctrl_c_during_the_start(tmp_path: Path, reference: list[Any], moment: float) -> None:
    with started(tmp_path / "study", "function") as runner:
        time.sleep(moment)  # there is no sign by which to choose one
        runner.process.send_signal(signal.SIGINT)
        runner.wait()
        processes = runner.processes()
        until(lambda: all(process_start(pid) is None for pid in processes))

    assert run_to_the_end(tmp_path / "study", "function") == reference


# Storages in trouble


@pytest.mark.parametrize("kind", ["function", "command"])
def test_a_database_that_is_locked_for_seconds_is_waited_for(
    tmp_path: Path, reference: list[Any], kind: str
) -> None:
    with started(tmp_path / "study", kind) as runner:
        runner.wait_for_work()
        with locked(tmp_path / "study"):
            said = len(runner.diary())
            time.sleep(2.0)  # the lock is held for a while
            assert len(runner.diary()) <= said + 2, "the lock had no effect"
        runner.finish()

    assert outcome(tmp_path / "study") == reference


def test_a_database_that_stays_locked_ends_the_run_and_it_can_go_on(
    tmp_path: Path, reference: list[Any]
) -> None:
    with started(tmp_path / "study", "function", impatient=True) as runner:
        runner.wait_for_work()
        with locked(tmp_path / "study"):
            assert runner.wait() == 1
        assert "was locked by others for more than 0.5 s" in runner.errors.read_text()

    assert run_to_the_end(tmp_path / "study", "function") == reference


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / "study.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_a_disk_that_is_full_for_seconds_is_waited_for(
    tmp_path: Path, reference: list[Any]
) -> None:
    with started(tmp_path / "study", "function") as runner:
        runner.wait_for_work()
        before = allow(runner, SMALL)
        until(lambda: "trying again" in runner.errors.read_text())
        allow(runner, before)
        runner.finish()

    assert outcome(tmp_path / "study") == reference


def test_a_disk_that_stays_full_ends_the_run_and_it_can_go_on(
    tmp_path: Path, reference: list[Any]
) -> None:
    with started(tmp_path / "study", "function", impatient=True) as runner:
        runner.wait_for_work()
        allow(runner, SMALL)
        assert runner.wait() == 1
        assert "StorageError: the database" in runner.errors.read_text()

    assert run_to_the_end(tmp_path / "study", "function") == reference


def allow(runner: Runner, size: int) -> int:
    """Let a runner write files of that size only, and return what it was before."""
    _, hard = resource.prlimit(runner.process.pid, resource.RLIMIT_FSIZE)
    return resource.prlimit(runner.process.pid, resource.RLIMIT_FSIZE, (size, hard))[0]


# Time limits


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
with open("pids", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""


def test_a_trial_that_takes_too_long_ends_with_all_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(STUBBORN)

    sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 1},
        True,
        {"name": "local", "grace": 0.2},
        filename="train.py",
        output_dir="out",
        trial_timeout=2.0,
        verbose=0,
        disable_dashboard=True,
    )

    (trial,) = open_log("out", announce=False).history.ended
    assert (trial.status, trial.failure) == ("FAILED", "timeout: it ran longer than 2 s")
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    until(lambda: all(process_start(int(pid)) is None for pid in pids))
