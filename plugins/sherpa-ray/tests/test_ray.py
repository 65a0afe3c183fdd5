"""What the Ray scheduler does beyond the contract, on a cluster that runs already."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from sherpa_core.errors import UserError
from sherpa_core.jobs import JobStatus
from sherpa_ray import RayScheduler

PID = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"
SHOW = "import os; print(*(os.environ.get(name, '-') for name in {names!r}))"


@pytest.fixture(scope="module")
def scheduler(address):
    scheduler = RayScheduler(address=address)
    scheduler.find_job("none", "none")  # connects
    yield scheduler
    scheduler.close()


def submit(scheduler, folder, code, name="job", **options):
    return scheduler.submit_job(
        [sys.executable, "-c", code],
        job_name=name,
        work_dir=str(folder),
        output_path=str(folder / f"{name}.out"),
        **options,
    )


def printed(scheduler, folder, wait, code, **options):
    report = wait.end(scheduler, submit(scheduler, folder, code, **options))
    assert report.status is JobStatus.finished, report
    return (folder / "job.out").read_text().strip()


def parent(pid):
    shown = subprocess.run(["ps", "-o", "ppid=", "-p", pid], capture_output=True, check=True)
    return int(shown.stdout)


def test_a_job_is_lost_with_its_worker(scheduler, wait, tmp_path):
    job_id = submit(scheduler, tmp_path, PID)
    pid, wrapper = wait.read(tmp_path / "job.out").split()
    os.kill(parent(wrapper), signal.SIGKILL)
    report = wait.end(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert "its Ray worker is gone" in report.message
    wait.gone(int(pid))
    assert printed(scheduler, tmp_path, wait, "print(7)").endswith("\n7"), "nothing ran again"


def test_resources_become_what_the_job_sees(scheduler, wait, tmp_path):
    omp, devices = printed(
        scheduler,
        tmp_path,
        wait,
        SHOW.format(names=("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")),
        resources={"cpus": 3, "gpus": 2, "memory": 10**9, "time": 60},
    ).split()
    assert (omp, set(devices.split(","))) == ("3", {"0", "1"})


def test_jobs_share_what_a_node_has(scheduler, wait, tmp_path):
    jobs = [
        submit(scheduler, tmp_path, PID, name, resources={"gpus": 1}) for name in ("a", "b", "c")
    ]
    wait.until(lambda: sum((tmp_path / f"{name}.out").exists() for name in "abc") == 2)
    reports = scheduler.get_statuses(jobs)
    status = {job_id: report.status.name for job_id, report in reports.items()}
    assert sorted(status.values()) == ["queued", "running", "running"]
    (waits,) = [job_id for job_id in jobs if status[job_id] == "queued"]
    scheduler.kill_job(waits)
    report = wait.end(scheduler, waits)
    assert (report.status, report.message) == (JobStatus.killed, "killed as asked")
    assert report.reason == "cancelled"
    for job_id in jobs:
        scheduler.kill_job(job_id)
    for job_id in jobs:
        assert wait.end(scheduler, job_id).status is JobStatus.killed


def test_a_job_ends_when_its_time_is_over(scheduler, wait, tmp_path):
    report = wait.end(scheduler, submit(scheduler, tmp_path, PID, resources={"time": 1}))
    assert (report.status, report.reason) == (JobStatus.killed, "timeout")


@pytest.mark.parametrize("resources", [{"cpus": 5}, {"gpus": 3}, {"memory": 3 * 10**9}])
def test_what_no_node_has_is_refused(scheduler, tmp_path, resources):
    with pytest.raises(UserError, match=r"asks for .*, but no node .* `wait_for_nodes`"):
        submit(scheduler, tmp_path, "print(1)", resources=resources)


def test_a_job_may_wait_for_a_node_to_join(scheduler, address, wait, tmp_path):
    patient = RayScheduler(address=address, wait_for_nodes=True)
    job_id = submit(patient, tmp_path, "print(1)", resources={"cpus": 5})
    assert patient.get_status(job_id).status is JobStatus.queued
    patient.kill_job(job_id)
    assert wait.end(patient, job_id).status is JobStatus.killed


def test_the_storages_secret_travels_in_a_file_of_the_nodes(scheduler, wait, tmp_path):
    secret = tmp_path / "storage"
    secret.write_text("http://:s3cret@host:1/")
    code = (
        "import os; path = os.environ['SHERPA_STORAGE_FILE']; print(path); "
        "print(open(path).read()); print(os.stat(path).st_mode)"
    )
    env = {"SHERPA_STORAGE_FILE": str(secret)}
    path, text, mode = printed(scheduler, tmp_path, wait, code, env=env).split()
    assert (path != str(secret), text) == (True, "http://:s3cret@host:1/")
    assert stat.S_IMODE(int(mode)) == 0o600
    assert not os.path.exists(path), "removed after the job"


def test_a_folder_that_the_node_lacks_is_named(scheduler, wait, tmp_path):
    job_id = scheduler.submit_job(
        ["true"], job_name="trial", work_dir="/no/such", output_path=str(tmp_path / "x.out")
    )
    report = wait.end(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "/no/such" in report.message


RUNNER = """
import os, sys
from sherpa_ray import RayScheduler
scheduler = RayScheduler(address=sys.argv[1])
code = "import os, time\\nwhile not os.path.exists('gate'): time.sleep(0.01)\\nraise SystemExit(5)"
print(scheduler.submit_job([sys.executable, "-c", code], job_name="trial", work_dir=os.getcwd(),
                           output_path="trial.out"), flush=True)
os.kill(os.getpid(), 9)
"""


def test_jobs_outlive_a_runner_that_is_killed(scheduler, address, wait, tmp_path):
    command = [sys.executable, "-c", RUNNER, address]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    job_id = ran.stdout.strip().splitlines()[-1]
    wait.until(lambda: scheduler.get_status(job_id).status is JobStatus.running)
    (tmp_path / "gate").touch()
    assert wait.end(scheduler, job_id).exit_code == 5
    assert scheduler.find_job("trial", "trial.out") == job_id


def test_a_job_is_found_by_its_name(scheduler, wait, tmp_path):
    output = str(tmp_path / "job.out")
    assert scheduler.find_job("job", output) is None
    ids = [submit(scheduler, tmp_path, "print(1)") for _ in range(2)]
    assert scheduler.find_job("job", output) == ids[1]
    for job_id in ids:
        wait.end(scheduler, job_id)
    assert scheduler.find_job("job", output) == ids[1]
