"""What does a trial on a cluster cost, and what does the runner cost while hundreds run?"""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _common import Options, Row, main, space

from sherpa_core import Study
from sherpa_core.execution import JobExecution
from sherpa_core.memory import MemoryStorage
from sherpa_core.optimization import Job, run
from sherpa_core.options import RunOptions
from sherpa_core.runner import Runner
from sherpa_core.sockets import bind
from sherpa_core.space import SearchSpace
from sherpa_slurm import SLURMScheduler
from sherpa_testkit import FakeClock, FakeScheduler

PLACES = 8
SCRIPT = """
from sherpa_core import Client
client = Client()
client.send_metrics(client.get_trial(), 1, 0.5)
"""
#: Programs in the place of Slurm's, with which any number of jobs runs without a machine for them.
STAND_INS = {
    "sbatch": """
        for word; do case $word in --job-name=*) name=${word#*=} ;; esac; done
        number=$(( $(wc -l <QUEUE) + 1 ))
        echo "$number|RUNNING|None|$name" >>QUEUE
        echo $number""",
    "squeue": "cat QUEUE",
    "scancel": ": >QUEUE",
}


class Enough(Exception):
    """What was to be measured has been."""


class Counting(SLURMScheduler):
    """Slurm, with the times of the queries; a login shell for each job is not what is measured."""

    def __init__(self) -> None:
        super().__init__("--export=ALL")
        self.times: list[float] = []

    def queue(self) -> Any:
        self.times.append(time.monotonic())
        return super().queue()

    @property
    def rate(self) -> float:
        """Queries a second."""
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])


class Share:
    """Measures which share of a core a runner uses once all its jobs run.

    Args:
        jobs: how many jobs that are.
        seconds: for how long.
        clock: the runner's clock.
        scheduler: Slurm, whose programs count, too. Default: jobs without a process.
    """

    def __init__(
        self, jobs: int, seconds: float, clock: Any, scheduler: Counting | None = None
    ) -> None:
        self._jobs, self._seconds, self._clock = jobs, seconds, clock
        self._scheduler = scheduler
        self._began: tuple[float, float] | None = None
        self.percent = 0.0

    def __call__(self, runner: Runner) -> None:
        now = self._clock(), cpu_time(children=self._scheduler is not None)
        if self._began is None:
            if len(runner.running) == self._jobs and self._all_run():
                self._began = now
                if self._scheduler is not None:
                    self._scheduler.times.clear()
        elif now[0] - self._began[0] > self._seconds:
            self.percent = (now[1] - self._began[1]) / (now[0] - self._began[0]) * 100
            raise Enough

    def _all_run(self) -> bool:
        return self._scheduler is None or len(running_jobs()) >= self._jobs


def cpu_time(children: bool) -> float:
    """Return the seconds that this process, or its children too, have worked."""
    used = [resource.getrusage(resource.RUSAGE_SELF)]
    used += [resource.getrusage(resource.RUSAGE_CHILDREN)] * children
    return sum(each.ru_utime + each.ru_stime for each in used)


def said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def running_jobs() -> list[str]:
    return said("squeue", "--me", "-h", "-t", "R", "-o", "%A").split()


def cpus_of_slurm() -> int:
    """Return how many CPUs the cluster has, 0 without a cluster that answers."""
    if shutil.which("sinfo") is None:
        return 0
    return int((re.findall(r"/(\d+)$", said("sinfo", "-h", "-o", "%C").strip()) or [0])[0])


def simulated(jobs: int, seconds: float) -> float:
    """Return the percent of a core that a runner uses while jobs run that need no machine."""

    def sleep(_job: Any) -> Any:
        yield 1e6

    clock = FakeClock()
    scheduler = FakeScheduler(clock, sleep)
    scheduler.poll_interval = 1.0
    share = Share(jobs, seconds, clock.time)
    with tempfile.TemporaryDirectory() as folder:
        study = Study(
            space(), {"name": "random", "max_num_trials": jobs}, True, random_seed=1, name="study",
            storage=MemoryStorage(), disable_dashboard=True, clock=clock.time,
        )  # fmt: skip
        execution = JobExecution(
            bind("scheduler", scheduler), ["train"], Path(folder), Path(folder), "study",
            "memory://", clock=clock.time, sleep=clock.sleep,
        )  # fmt: skip
        try:
            Runner(study.engine, execution, RunOptions(max_concurrent=jobs), share).run()
        except Enough:
            return share.percent
    raise AssertionError("the jobs have ended")


def on_slurm(folder: str, trials: int, places: int, progress: Any = None, **job: Any) -> Study:
    """Run a study on Slurm, and return it."""
    searched = SearchSpace(space())
    found = Job(searched, **job)
    study = Study(
        searched, {"name": "random", "max_num_trials": trials}, True, random_seed=1,
        output_dir=folder, storage=found.storage(None), disable_dashboard=True,
    )  # fmt: skip
    run(study, found, RunOptions(max_concurrent=places), progress)
    return study


def real(jobs: int, seconds: float) -> tuple[float, float]:
    """Return the percent of a core, and the queries a second, while sleeping jobs run on Slurm."""
    scheduler = Counting()
    share = Share(jobs, seconds, time.monotonic, scheduler)
    with tempfile.TemporaryDirectory() as folder:
        try:
            on_slurm(folder, jobs, jobs, share, command="sleep 3600", scheduler=scheduler)
        except Enough:
            while said("squeue", "--me", "-h"):
                time.sleep(0.5)
    return share.percent, scheduler.rate


def stood_in(jobs: int, seconds: float) -> tuple[float, float]:
    """Return what `real` does, while of the jobs nothing but the queue is there."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        queue = Path(folder, "queue")
        queue.touch()
        for name, code in STAND_INS.items():
            program = Path(folder, name)
            program.write_text(f"#!/bin/bash\n{code.replace('QUEUE', str(queue))}\n")
            program.chmod(0o755)
        patch.setenv("PATH", folder, prepend=os.pathsep)
        return real(jobs, seconds)


def duration(status: Path) -> int:
    """Return the seconds that a job ran, as it has noted them."""
    began, ended = re.findall(r"^(?:started|ended) (\d+)", status.read_text(), re.MULTILINE)
    return int(ended) - int(began)


def whole_trials(trials: int, notes: list[str]) -> Iterator[Row]:
    """Measure a study of short trials on Slurm."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "trial.py"
        script.write_text(SCRIPT, "utf-8")
        scheduler = Counting()
        start, used = time.monotonic(), cpu_time(children=True)
        study = on_slurm(
            f"{folder}/study", trials, PLACES, filename=str(script), scheduler=scheduler,
            resources={"memory": "200 MB"},
        )  # fmt: skip
        took, used = time.monotonic() - start, cpu_time(children=True) - used
        jobs = [duration(path) for path in Path(folder, "study", "jobs").glob("*.status")]
    whole, own = took * PLACES / trials, statistics.mean(jobs)
    what = f"{trials:,} trials, {PLACES} at a time, on Slurm"
    yield Row(f"{what}: a trial", "s", [whole])
    yield Row(f"{what}: its process, with Python's start", "s", [own])
    yield Row(f"{what}: overhead per trial", "s", [whole - own])
    yield Row(f"{what}: the runner's CPU time per trial", "ms", [used / trials * 1e3])
    yield Row(f"{what}: status queries a second", "", [scheduler.rate], at_most=1)
    ends = [trial.status for trial in study.history.ended]
    notes.append(
        f"{ends.count('COMPLETED')} of {trials} trials completed, with {len(jobs)} jobs, "
        f"in {took:.0f} s; the runner's CPU time includes sbatch and squeue"
    )


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    jobs = options.size(500, 20)
    shares = [simulated(jobs, options.size(600, 10)) for _ in range(options.repeats)]
    yield Row(f"{jobs} running jobs, simulated: share of a core", "%", shares, at_most=5)
    percent, rate = stood_in(jobs, options.size(60, 2))
    what = f"{jobs} jobs in the queue of a stand-in"
    yield Row(f"{what}: share of a core, squeue included", "%", [percent], at_most=5)
    yield Row(f"{what}: status queries a second", "", [rate], at_most=1)
    cpus = cpus_of_slurm()
    if not cpus:
        notes.append("no Slurm is reachable here: `make services` starts one")
        return
    jobs = min(cpus, options.size(500, 4))
    percent, rate = real(jobs, options.size(60, 2))
    what = f"{jobs} running jobs on Slurm"
    yield Row(f"{what}: share of a core, squeue included", "%", [percent], at_most=5)
    yield Row(f"{what}: status queries a second", "", [rate], at_most=1)
    yield from whole_trials(options.size(1_000, 8), notes)


if __name__ == "__main__":
    main("The runner on a cluster", measure, ("sherpa-batch", "sherpa-slurm", "sherpa-http"), 3)
