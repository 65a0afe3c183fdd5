"""Real Dask clusters: a scheduler and its workers, each a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sherpa_core.jobs import process_start


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


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


class Waiting:
    """Conditions that tests wait for."""

    until = staticmethod(until)

    @staticmethod
    def end(scheduler, job_id):
        until(lambda: scheduler.get_status(job_id).status.ended)
        return scheduler.get_status(job_id)

    @staticmethod
    def gone(pid):
        until(lambda: process_start(pid) is None)

    @staticmethod
    def read(path):
        until(lambda: Path(path).exists() and Path(path).read_text().endswith("\n"))
        return Path(path).read_text().strip()


@pytest.fixture
def wait():
    return Waiting
