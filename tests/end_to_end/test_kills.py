"""Studies whose runners and trials are killed at random moments lose and double nothing.

`SHERPA_KILLS=200` sets how many processes are killed in all; `SHERPA_KILL_SEED` which and when.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

from sherpa_core.events import Event
from sherpa_core.history import History
from sherpa_core.jobs import process_start
from sherpa_core.locate import open_log

SCRIPT = Path(__file__).with_name("study.py")
KILLS = int(os.environ.get("SHERPA_KILLS", "24"))
SEED = int(os.environ.get("SHERPA_KILL_SEED", "20"))
TRIALS = 12

#: How trials run, and how many at a time.
CONFIGURATIONS = [("function", 1), ("command", 1), ("function", 2), ("command", 2)]

pytestmark = pytest.mark.timeout(60 + 10 * KILLS)


@attrs.frozen
class Scene:
    """A study in a folder, its runner, and the diary of its trials."""

    folder: Path
    kind: str
    max_concurrent: int

    def runner(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, SCRIPT, self.folder, self.kind, self.max_concurrent, TRIALS]
        with open(self.errors, "ab") as errors:
            return subprocess.Popen(list(map(str, command)), stdout=errors, stderr=errors)

    @property
    def errors(self) -> Path:
        return self.folder.with_suffix(".err")

    def run_to_the_end(self) -> None:
        with self.runner() as runner:
            assert runner.wait(120) == 0, self.errors.read_text()

    def diary(self, word: str) -> list[list[str]]:
        try:
            lines = (self.folder / "diary").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [words[1:] for words in map(str.split, lines) if words[0] == word]

    def trial_processes(self) -> list[int]:
        """Those that work on trials (and what watches them) and still live."""
        began = self.diary("began")[-4:]
        pids = {int(pid) for words in began for pid in words[2:]} - {os.getpid(), 1}
        return sorted(pid for pid in pids if _belongs(pid, self.folder))

    def events(self) -> list[Event]:
        return list(open_log(self.folder, announce=False).read(0))


def _belongs(pid: int, folder: Path) -> bool:
    """Return whether a process is one of this study's: ids are used again."""
    if process_start(pid) is None:
        return False
    if not Path("/proc/self").exists():
        return True
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(folder).encode() in environment + command


def harass(scene: Scene, dice: random.Random, kills: int) -> Counter[str]:
    """Kill a study's processes at random moments until it has ended all the same."""
    done: Counter[str] = Counter()
    while True:
        with scene.runner() as runner:
            while done.total() < kills and runner.poll() is None:
                victim = choose(scene, runner, dice)
                if victim is None:
                    break
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    done["runner" if victim == runner.pid else "trial"] += 1
            runner.wait(120)
        if runner.returncode != -signal.SIGKILL:
            assert runner.returncode == 0, scene.errors.read_text()
            return done


def choose(scene: Scene, runner: subprocess.Popen[bytes], dice: random.Random) -> int | None:
    """Wait for a random moment and return who is killed then, None if the study has ended.

    A third of the moments lie in the runner's start; the others while trials run.
    """
    which, moment = dice.randrange(3), dice.uniform(0.0, 0.15)
    try:
        if which == 0:
            runner.wait(8 * moment)
            return None
        begun = len(scene.diary("began"))
        while len(scene.diary("began")) == begun or not scene.trial_processes():
            with suppress(subprocess.TimeoutExpired):
                runner.wait(0.005)
                return None
        runner.wait(moment)
    except subprocess.TimeoutExpired:
        victims = scene.trial_processes() if which == 1 else []
        return dice.choice(victims or [runner.pid])
    return None


def outcome(history: History) -> list[tuple[Any, ...]]:
    return [
        (trial.id, trial.parameters, trial.status, trial.iterations, trial.objectives)
        for trial in history.trials.values()
    ]


def check(scene: Scene) -> History:
    """Check what must hold of every study that has ended, however."""
    events = scene.events()
    history = History.of(events)
    assert list(history.trials) == list(range(1, TRIALS + 1))
    assert not history.running
    assert {trial.status for trial in history.ended} <= {"COMPLETED", "STOPPED"}

    keys = Counter(event["key"] for event in events if "key" in event)
    assert set(keys.values()) == {1}, "an event is doubled"

    stored = {
        (event["trial"], event["attempt"], event["iteration"]): event["objective"]
        for event in events
        if event["type"] == "observation_added"
    }
    for trial, attempt, iteration, objective in scene.diary("sent"):
        told = (int(trial), int(attempt), int(iteration))
        assert stored.get(told) == float(objective), f"{told} was acknowledged and is lost"

    began = Counter((trial, attempt) for trial, attempt, *_ in scene.diary("began"))
    assert set(began.values()) == {1}, "an attempt was run twice"
    return history


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What comes out when nobody interferes."""
    scene = Scene(tmp_path_factory.mktemp("reference") / "study", "function", 1)
    scene.run_to_the_end()
    return outcome(check(scene))


@pytest.mark.parametrize(("kind", "max_concurrent"), CONFIGURATIONS)
def test_nothing_is_lost_or_doubled(
    tmp_path: Path, reference: list[tuple[Any, ...]], kind: str, max_concurrent: int
) -> None:
    dice = random.Random(f"{SEED}/{kind}/{max_concurrent}")
    wanted = -(-KILLS // len(CONFIGURATIONS))
    done: Counter[str] = Counter()
    studies = attempts = 0
    while done.total() < wanted:
        studies += 1
        scene = Scene(tmp_path / f"study_{studies}", kind, max_concurrent)
        done += harass(scene, dice, wanted - done.total())

        history = check(scene)

        attempts += sum(trial.attempt for trial in history.trials.values())
        if max_concurrent == 1:
            assert outcome(history) == reference, "it differs from the uninterrupted study"
        else:
            assert {trial.id: trial.parameters for trial in history.trials.values()} == {
                id: parameters for id, parameters, *_ in reference
            }
    print(f"{kind}, {max_concurrent} at a time: killed {dict(done)}")
    print(f"{studies} studies of {TRIALS} trials took {attempts} attempts")


def test_a_command_gives_what_a_function_gives(
    tmp_path: Path, reference: list[tuple[Any, ...]]
) -> None:
    scene = Scene(tmp_path / "study", "command", 1)

    scene.run_to_the_end()

    assert outcome(check(scene)) == reference
