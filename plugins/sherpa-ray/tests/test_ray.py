"""What the Ray scheduler does on a cluster that runs already: the contract of workers, and more."""

import os
import signal
import subprocess
import sys

import pytest

from sherpa_core.jobs import JobStatus, process_start
from sherpa_ray import RayScheduler
from sherpa_testkit import WorkersContract
from sherpa_testkit.waiting import end_of, text_of, until

PID = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"


@pytest.fixture(scope="module")
def scheduler(address):
    scheduler = RayScheduler(address=address)
    scheduler.find_job("none", "none")  # connects
    yield scheduler
    scheduler.close()


class TestWorkers(WorkersContract):
    refusal = "asks for .*, but no node .* `wait_for_nodes`"

    @pytest.fixture
    def scheduler(self, scheduler):
        return scheduler


def submit(scheduler, folder, code, **options):
    command = [sys.executable, "-c", code]
    return scheduler.submit_job(
        command, job_name="job", output_path=str(folder / "job.out"), **options
    )


def parent(pid):
    shown = subprocess.run(["ps", "-o", "ppid=", "-p", pid], capture_output=True, check=True)
    return int(shown.stdout)


def test_a_job_is_lost_with_its_worker(scheduler, tmp_path):
    job_id = submit(scheduler, tmp_path, PID)
    pid, wrapper = text_of(tmp_path / "job.out").split()
    os.kill(parent(wrapper), signal.SIGKILL)
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert "its Ray worker is gone" in report.message
    until(lambda: process_start(int(pid)) is None)
    report = end_of(scheduler, submit(scheduler, tmp_path, "print(7)"))
    assert report.status is JobStatus.finished
    assert text_of(tmp_path / "job.out").splitlines()[1:] == ["7"], "nothing ran again"


def test_a_job_may_wait_for_a_node_to_join(scheduler, address, tmp_path):
    patient = RayScheduler(address=address, wait_for_nodes=True)
    job_id = submit(patient, tmp_path, "print(1)", resources={"cpus": 5})
    assert patient.get_status(job_id).status is JobStatus.queued
    patient.kill_job(job_id)
    report = end_of(patient, job_id)
    assert (report.status, report.message) == (JobStatus.killed, "killed as asked")
