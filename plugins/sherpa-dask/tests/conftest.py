"""Real Dask clusters: a scheduler and its workers, each a process of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sherpa_dask import DaskScheduler
from sherpa_testkit.waiting import until


def _environment():
    """Return ours, without what a job's resources decide."""
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}


class Cluster:
    """A scheduler on the loopback interface, and what was started beside it."""

    def __init__(self, folder):
        self.folder = folder
        self._processes = []
        file = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        options += ["--dashboard-address", "127.0.0.1:0", "--no-show"]
        self.scheduler = self._start("scheduler", *options, "--scheduler-file", file)
        until(lambda: file.exists() and file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, threads=1, resources="", nanny=False):
        """Start a worker and return its process when it has joined."""
        log = self.folder / f"worker_{len(self._processes)}.log"
        options = ["--host", "127.0.0.1", "--nthreads", threads, "--no-dashboard"]
        options += ["--dashboard-address", "127.0.0.1:0"]
        options += ["--local-directory", self.folder, "--nanny" if nanny else "--no-nanny"]
        options += ["--resources", resources] if resources else []
        worker = self._start("worker", self.address, *options, log=log)
        until(lambda: "Registered to" in log.read_text())
        return worker

    def stop(self):
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait()

    def _start(self, *words, log=None):
        log = log or self.folder / "scheduler.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words)],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={**_environment(), "SHERPA_TEST_WORKER": "yes"},
            )
        self._processes.append(process)
        return process


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A cluster whose one worker has eight threads and declares resources."""
    cluster = Cluster(tmp_path_factory.mktemp("dask"))
    cluster.add_worker(threads=8, resources="CPU=8 GPU=2 MEMORY=1e9")
    yield cluster
    cluster.stop()


@pytest.fixture
def empty_cluster(tmp_path):
    """A cluster of the test's own, without workers."""
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


@pytest.fixture
def connect():
    """Makes schedulers that are closed after the test, their jobs ended."""
    made = []

    def connect(address):
        made.append(DaskScheduler(address=address))
        made[-1].poll_interval = 0.05
        return made[-1]

    yield connect
    for scheduler in made:
        scheduler.close()
