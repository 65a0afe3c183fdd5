"""What only Grid Engine knows of its jobs, on a real one."""

import gc
import json
import subprocess

import pytest

from sherpa_batch import record
from sherpa_core.jobs import JobStatus, process_start
from sherpa_sge import SGEScheduler
from sherpa_testkit.waiting import end_of, until

pytestmark = pytest.mark.usefixtures("grid_engine")


def grid_engine(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def scheduler(monkeypatch):
    monkeypatch.setattr(SGEScheduler, "grace", 3.0)
    return SGEScheduler()


@pytest.fixture
def submit(scheduler, tmp_path):
    """Submits a job that runs some code of bash, and deletes it after the test."""
    jobs = []

    def submit(code, by=scheduler, name="sge-1.1", **options):
        jobs.append(
            by.submit_job(
                ["bash", "-c", code], job_name=name, output_path=str(tmp_path / "out"), **options
            )
        )
        return jobs[-1]

    yield submit
    for job in jobs:
        scheduler.kill_job(job)


def number(job):
    return json.loads(job)["number"]


def test_the_library_loads_whatever_the_environment_says(monkeypatch, submit):
    for name in ("GLIBC_TUNABLES", "DRMAA_LIBRARY_PATH"):
        monkeypatch.delenv(name, raising=False)
    scheduler = SGEScheduler()

    assert end_of(scheduler, submit("exit 3", by=scheduler)).exit_code == 3


@pytest.mark.parametrize("code", [99, 100])
def test_exit_codes_that_mean_something_to_grid_engine_are_only_exit_codes(scheduler, submit, code):
    report = end_of(scheduler, submit(f"exit {code}"))

    assert (report.status, report.exit_code) == (JobStatus.failed, code)


def test_what_is_asked_for_arrives(submit):
    scheduler = SGEScheduler("-h -N tune -P testproj -l h_rt=1:0:0")
    resources = {"cpus": 2, "memory": 2**30, "time": 600}

    shown = grid_engine(
        "qstat", "-j", number(submit("true", by=scheduler, name="a study-3.1", resources=resources))
    )

    assert "job_name:                   tune-3.1." in shown
    assert "project:                    testproj" in shown
    assert "parallel environment:  smp range: 2" in shown
    assert "h_rt=600" in shown
    assert "h_vmem=524288K" in shown


def test_a_deletion_by_force_is_no_success(scheduler, submit, tmp_path):
    job = submit("sleep 60")
    until(lambda: scheduler.get_status(job).status is JobStatus.running)
    until(lambda: record.read(next(tmp_path.glob("*.status"))).number)

    grid_engine("qdel", "-f", number(job))
    report = end_of(scheduler, job)

    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert f"Grid Engine job {number(job)}: it vanished from" in report.message


def test_a_deleted_job_was_killed(scheduler, submit):
    job = submit("sleep 60")
    until(lambda: scheduler.get_status(job).status is JobStatus.running)

    grid_engine("qdel", number(job))
    report = end_of(scheduler, job)

    assert (report.status, report.signal, report.reason) == (JobStatus.killed, 9, "signal")


def test_a_job_that_is_killed_while_it_waits_ends_at_once(submit):
    scheduler = SGEScheduler("-h")
    job = submit("true", by=scheduler)
    until(lambda: scheduler.get_status(job).status is JobStatus.queued)

    scheduler.kill_job(job)

    assert end_of(scheduler, job).status is JobStatus.killed


def test_a_job_in_error_is_reported_with_its_reason_and_removed(scheduler, tmp_path):
    # Grid Engine removes the jobs of DRMAA by itself: this one is qsub's.
    said = grid_engine(
        "qsub", "-terse", "-N", "stuck.1", "-b", "y", "-o", "/nowhere/out", "-j", "y", "true"
    )
    job = json.dumps({"number": said.strip(), "name": "stuck.1", "status": str(tmp_path / "none")})

    report = end_of(scheduler, job)

    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "/nowhere/out" in report.message
    assert "No such file or directory" in report.message
    until(lambda: said.strip() not in scheduler.queue())


def test_a_job_is_found_again_by_its_name(scheduler, submit, tmp_path):
    waiting = submit("true", by=SGEScheduler("-h -N tune"))
    output = str(tmp_path / "out")

    assert SGEScheduler().find_job("sge-1.1", output) == waiting
    assert SGEScheduler().find_job("sge-1.2", output) is None
    grid_engine("qrls", number(waiting))
    end_of(scheduler, waiting)
    assert SGEScheduler().find_job("sge-1.1", output) == waiting


def test_the_session_is_started_again_and_ends_with_the_scheduler(submit, tmp_path):
    scheduler = SGEScheduler("-h")
    submit("true", by=scheduler)
    scheduler._client._process.kill()
    scheduler._client._process.wait()

    submit("true", by=scheduler)

    process = scheduler._client._process.pid
    assert process_start(process) is not None
    del scheduler
    gc.collect()
    assert process_start(process) is None
