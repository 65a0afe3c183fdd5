"""Studies on clusters: what their tests share."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import attrs
import pytest

import sherpa_core as sherpa
from sherpa_core.locate import open_log
from sherpa_core.trial import Trial
from sherpa_testkit.waiting import until

SCRIPT = Path(__file__).with_name("cluster_study.py")
SERVICES = Path(__file__).parents[2] / "scripts" / "services"


@attrs.frozen
class Cluster:
    """An engine, and how tests act on it.

    Attributes:
        scheduler: the plugin's name.
        engine: the engine's name in sentences.
        service: the script that stops and starts its controller.
        silence: a pattern of what is said where the controller does not answer.
        queue: returns the numbers of the jobs that the engine has not ended, by name.
    """

    scheduler: str
    engine: str
    service: str
    silence: str
    queue: Callable[[], dict[str, str]]
    _delete: Sequence[str]
    _release: Sequence[str]

    def delete(self, *jobs: str) -> None:
        """End jobs, as their owner does."""
        answer(*self._delete, *jobs)

    def release(self, *jobs: str) -> None:
        """Let jobs go that are held."""
        answer(*self._release, *jobs)


def answer(*words: str) -> str:
    """Return what an engine's command prints; it may fail, as for a job that has just ended."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def slurm_queue() -> dict[str, str]:
    lines = answer("squeue", "--me", "--noheader", "--format=%j %A").splitlines()
    return dict(map(str.split, lines))


def grid_engine_queue() -> dict[str, str]:
    said = answer("qstat", "-xml")
    jobs = ElementTree.fromstring(said).iter("job_list") if said else ()
    return {job.findtext("JB_name", ""): job.findtext("JB_job_number", "") for job in jobs}


#: The engines, by the fixture that sees to it that they are there.
CLUSTERS = {
    "slurm": Cluster(
        scheduler="slurm",
        engine="Slurm",
        service="slurm.sh",
        silence="Unable to contact slurm controller",
        queue=slurm_queue,
        delete=["scancel"],
        release=["scontrol", "release"],
    ),
    "grid_engine": Cluster(
        scheduler="sge",
        engine="Grid Engine",
        service="gridengine.sh",
        silence="qmaster.*does `qhost` answer",
        queue=grid_engine_queue,
        delete=["qdel"],
        release=["qrls"],
    ),
}


class ClusterStudy:
    """A study in a folder, its runners, and the diary of its trials."""

    def __init__(
        self, folder: Path, cluster: Cluster, *fates: str, options: str = "", **settings: Any
    ) -> None:
        self.folder = folder
        self.errors = folder.with_suffix(".err")
        self._cluster = cluster
        scheduler = {"name": cluster.scheduler, "submit_options": options}
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

        until(is_said)

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
        queue, found = self._cluster.queue(), {}
        for status in self.folder.glob("jobs/*.status"):
            name = re.match(r'name (\S+) "study-(\d+)\.\d+"', status.read_text())
            if name and name[1] in queue:
                found[int(name[2])] = queue[name[1]]
        return found


@pytest.fixture(params=CLUSTERS)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Each engine in turn."""
    request.getfixturevalue(request.param)
    return CLUSTERS[request.param]


@pytest.fixture
def controller(cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Stops the cluster's controller, and starts it again, at the latest after the test."""

    def control(action: str) -> None:
        service = SERVICES / cluster.service
        subprocess.run([service, action], check=True, capture_output=True, timeout=120)

    yield control
    control("up")


@pytest.fixture
def study(tmp_path: Path, cluster: Cluster) -> Iterator[Callable[..., ClusterStudy]]:
    """Makes studies on the cluster, whose runners and jobs end with the test."""
    studies: list[ClusterStudy] = []

    def make(*fates: str, **settings: Any) -> ClusterStudy:
        folder = tmp_path / f"study{len(studies)}"
        studies.append(ClusterStudy(folder, cluster, *fates, **settings))
        return studies[-1]

    yield make
    for each in studies:
        each.kill()
        cluster.delete(*each.jobs().values())


@pytest.fixture
def tune(tmp_path: Path, cluster: Cluster) -> Callable[..., Trial]:
    """Runs a study of one trial on the cluster, or goes on with it, and returns the trial."""

    def tune(resources: dict[str, Any] | None = None, **options: str) -> Trial:
        sherpa.optimize(
            [sherpa.Continuous("x", [0, 1])],
            {"name": "random", "max_num_trials": 1},
            lower_is_better=True,
            scheduler={"name": cluster.scheduler, **options},
            command="true",
            output_dir=tmp_path / "tuned",
            disable_dashboard=True,
            resources_per_trial=resources,
            load=True,
        )
        (trial,) = open_log(tmp_path / "tuned", announce=False).history.trials.values()
        return trial

    return tune
