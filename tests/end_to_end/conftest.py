"""Studies on clusters: what their tests share."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.locate import open_log
from sherpa_core.trial import Trial

SCRIPT = Path(__file__).with_name("cluster_study.py")


class ClusterStudy:
    """A study in a folder, its runners, and the diary of its trials.

    `queue` returns the numbers of the jobs that the engine has not ended, by name.
    """

    def __init__(
        self,
        folder: Path,
        queue: Callable[[], Mapping[str, str]],
        scheduler: Mapping[str, str],
        *fates: str,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.errors = folder.with_suffix(".err")
        self._queue = queue
        self._command = [str(folder), json.dumps({"scheduler": scheduler, **settings}), *fates]
        self._runner: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start a runner."""
        with open(self.errors, "ab") as errors:
            command = [sys.executable, str(SCRIPT), *self._command]
            self._runner = subprocess.Popen(command, stdout=errors, stderr=errors)

    def end(self) -> int:
        """Wait for the runner's end."""
        assert self._runner is not None
        return self._runner.wait(300)

    def kill(self) -> None:
        """Kill the runner."""
        if self._runner is not None:
            self._runner.kill()
            self._runner.wait()

    @property
    def is_running(self) -> bool:
        return self._runner is not None and self._runner.poll() is None

    def finish(self) -> dict[int, Trial]:
        """Run the study to its end and return its trials."""
        if not self.is_running:
            self.start()
        assert self.end() == 0, self.said()
        return open_log(self.folder, announce=False).history.trials

    def wait_for(self, word: str, count: int) -> None:
        """Wait until so many trials have said a word."""

        def is_said() -> bool:
            assert self._runner is None or self.is_running, self.said()
            return len(self.diary(word)) >= count

        wait_until(is_said)

    def diary(self, word: str) -> list[tuple[int, int]]:
        """The trials, each with its attempt, that have said a word."""
        path = self.folder / "diary"
        lines = path.read_text().splitlines() if path.exists() else []
        return sorted((int(w[1]), int(w[2])) for w in map(str.split, lines) if w[0] == word)

    def open_gate(self) -> None:
        """Let the trials that wait go on."""
        (self.folder / "gate").touch()

    def said(self) -> str:
        """What the runners have printed."""
        return self.errors.read_text()

    def jobs(self) -> dict[int, str]:
        """The numbers of the jobs that have not ended, by trial."""
        queue, found = self._queue(), {}
        for status in self.folder.glob("jobs/*.status"):
            name = re.match(r'name (\S+) "study-(\d+)\.\d+"', status.read_text())
            if name and name[1] in queue:
                found[int(name[2])] = queue[name[1]]
        return found


def wait_until(condition: Callable[[], Any]) -> None:
    deadline, pause = time.monotonic() + 180, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never happens"
        pause.wait(0.05)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], Any]], None]:
    """Waits for a condition."""
    return wait_until


@pytest.fixture
def cluster_study(tmp_path: Path) -> Iterator[Callable[..., ClusterStudy]]:
    """Makes studies, whose runners end with the test."""
    studies: list[ClusterStudy] = []

    def make(*arguments: Any, **settings: Any) -> ClusterStudy:
        studies.append(ClusterStudy(tmp_path / f"study{len(studies)}", *arguments, **settings))
        return studies[-1]

    yield make
    for study in studies:
        study.kill()
