"""What the Dask scheduler does beyond the contract: workers, resources, secrets, other runners."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from sherpa_core.errors import UserError
from sherpa_core.jobs import JobStatus
from sherpa_dask import DaskScheduler

PID = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
SHOW = "import os; print(*(os.environ.get(name, '-') for name in {names!r}))"


@pytest.fixture
def connect():
    """Make schedulers that are closed after the test, their jobs ended."""
    made = []

    def connect(address):
        made.append(DaskScheduler(address=address))
        made[-1].poll_interval = 0.05
        return made[-1]

    yield connect
    for scheduler in made:
        scheduler.close()


@pytest.fixture
def scheduler(cluster, connect):
    return connect(cluster.address)


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


# ---- workers --------------------------------------------------------------------------------


def test_a_job_is_lost_with_its_worker(empty_cluster, connect, wait, tmp_path):
    scheduler = connect(empty_cluster.address)
    worker = empty_cluster.add_worker()
    job_id = submit(scheduler, tmp_path, PID)
    pid = int(wait.read(tmp_path / "job.out"))
    worker.kill()
    report = wait.end(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert "worker tcp://127.0.0.1" in report.message
    wait.gone(pid)
    empty_cluster.add_worker()
    assert printed(scheduler, tmp_path, wait, "print(7)", name="job").endswith("7")
    assert (tmp_path / "job.out").read_text().count("\n") == 2, "Dask did not start it again"
    assert scheduler.get_status(job_id) == connect(empty_cluster.address).get_status(job_id)


def test_dask_starts_no_job_again_while_nobody_looks(empty_cluster, connect, wait, tmp_path):
    worker = empty_cluster.add_worker()
    first = connect(empty_cluster.address)
    job_id = submit(first, tmp_path, PID)
    wait.read(tmp_path / "job.out")
    first.close()
    worker.kill()
    empty_cluster.add_worker()
    second = connect(empty_cluster.address)
    assert printed(second, tmp_path, wait, "print(7)", name="job").endswith("\n7")
    assert second.get_status(job_id).reason == "lost"


def test_jobs_wait_for_workers_to_join(empty_cluster, connect, wait, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)", resources={"cpus": 2})
    assert scheduler.get_status(job_id).status is JobStatus.queued
    empty_cluster.add_worker(resources="CPU=2")
    assert wait.end(scheduler, job_id).status is JobStatus.finished


def test_a_job_that_waits_can_be_killed(empty_cluster, connect, wait, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)")
    scheduler.kill_job(job_id)
    report = scheduler.get_status(job_id)
    assert (report.status, report.message) == (JobStatus.killed, "killed before it started")
    assert report.reason == "cancelled"
    empty_cluster.add_worker()
    assert printed(scheduler, tmp_path, wait, "print(2)") == "2"


def test_a_killed_job_makes_room(empty_cluster, connect, wait, tmp_path):
    scheduler = connect(empty_cluster.address)
    empty_cluster.add_worker(threads=1)
    long = submit(scheduler, tmp_path, PID, "long")
    wait.read(tmp_path / "long.out")
    job_id = submit(scheduler, tmp_path, "print(1)")
    assert scheduler.get_status(job_id).status is JobStatus.queued
    scheduler.kill_job(long)
    assert wait.end(scheduler, job_id).status is JobStatus.finished
    assert scheduler.get_status(long).signal == signal.SIGTERM


# ---- resources ------------------------------------------------------------------------------


def test_resources_become_what_the_job_sees(scheduler, wait, tmp_path):
    names = ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "SHERPA_TEST_WORKER")
    seen = printed(
        scheduler,
        tmp_path,
        wait,
        SHOW.format(names=names),
        resources={"cpus": 4, "gpus": 2, "memory": 10**9, "time": 60},
    )
    omp, devices, worker = seen.split()
    assert (omp, set(devices.split(",")), worker) == ("4", {"0", "1"}, "yes")


def test_jobs_share_what_a_worker_declares(scheduler, wait, tmp_path):
    jobs = [
        submit(scheduler, tmp_path, PID, name, resources={"gpus": 1}) for name in ("a", "b", "c")
    ]
    wait.until(lambda: sum((tmp_path / f"{name}.out").exists() for name in "abc") == 2)
    status = [scheduler.get_status(job_id).status.name for job_id in jobs]
    assert sorted(status) == ["queued", "running", "running"]
    for job_id in jobs:
        scheduler.kill_job(job_id)
    for job_id in jobs:
        wait.end(scheduler, job_id)


def test_a_job_ends_when_its_time_is_over(scheduler, wait, tmp_path):
    report = wait.end(scheduler, submit(scheduler, tmp_path, PID, resources={"time": 1}))
    assert (report.status, report.reason) == (JobStatus.killed, "timeout")


@pytest.mark.parametrize("resources", [{"cpus": 9}, {"gpus": 3}, {"memory": 2 * 10**9}])
def test_what_no_worker_has_is_refused(scheduler, tmp_path, resources):
    with pytest.raises(UserError, match=r"asks for [A-Z]+=\d+, but no worker .* `--resources"):
        submit(scheduler, tmp_path, "print(1)", resources=resources)


def test_what_no_worker_has_that_joined_later_fails(empty_cluster, connect, wait, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)", resources={"gpus": 1})
    empty_cluster.add_worker()
    report = wait.end(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "asks for GPU=1" in report.message


# ---- what a job gets ------------------------------------------------------------------------


def test_the_storages_secret_travels_in_a_file_of_the_workers_host(
    empty_cluster, connect, wait, tmp_path
):
    secret = tmp_path / "storage"
    secret.write_text("http://:s3cret@host:1/")
    empty_cluster.add_worker()
    code = (
        "import os; path = os.environ['SHERPA_STORAGE_FILE']; print(path); "
        "print(open(path).read()); print(os.stat(path).st_mode)"
    )
    seen = printed(
        connect(empty_cluster.address),
        tmp_path,
        wait,
        code,
        env={"SHERPA_STORAGE_FILE": str(secret)},
    )
    path, text, mode = seen.split()
    assert (path != str(secret), text) == (True, "http://:s3cret@host:1/")
    assert stat.S_IMODE(int(mode)) == 0o600
    assert not os.path.exists(path), "removed after the job"
    assert not any("s3cret" in log.read_text() for log in tmp_path.glob("*.log"))


def test_a_folder_that_the_worker_lacks_is_named(scheduler, wait, tmp_path):
    job_id = submit(scheduler, tmp_path, "print(1)")
    wait.end(scheduler, job_id)
    job_id = scheduler.submit_job(
        ["true"], job_name="trial", work_dir="/no/such", output_path=str(tmp_path / "x.out")
    )
    report = wait.end(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "/no/such" in report.message


# ---- other runners --------------------------------------------------------------------------

RUNNER = """
import os, sys
from sherpa_dask import DaskScheduler
scheduler = DaskScheduler(address=sys.argv[1])
code = "import os, time\\nwhile not os.path.exists('gate'): time.sleep(0.01)\\nraise SystemExit(5)"
print(scheduler.submit_job([sys.executable, "-c", code], job_name="trial", work_dir=os.getcwd(),
                           output_path="trial.out"), flush=True)
os.kill(os.getpid(), 9)
"""


def test_jobs_outlive_a_runner_that_is_killed(cluster, scheduler, wait, tmp_path):
    command = [sys.executable, "-c", RUNNER, cluster.address]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    job_id = ran.stdout.strip()
    wait.until(lambda: scheduler.get_status(job_id).status is JobStatus.running)
    (tmp_path / "gate").touch()
    assert wait.end(scheduler, job_id).exit_code == 5


def test_a_job_is_found_by_its_name(scheduler, connect, cluster, wait, tmp_path):
    output = str(tmp_path / "job.out")
    assert scheduler.find_job("job", output) is None
    ids = [submit(scheduler, tmp_path, "print(1)") for _ in range(2)]
    assert connect(cluster.address).find_job("job", output) == ids[1]
    assert scheduler.find_job("job", str(tmp_path / "another.out")) is None
    for job_id in ids:
        wait.end(scheduler, job_id)


def test_the_cluster_forgets_old_jobs(cluster, connect, wait, tmp_path, monkeypatch):
    monkeypatch.setattr("sherpa_dask.scheduler._KEPT", 2)
    scheduler = connect(cluster.address)
    ids = []
    for index in range(4):
        ids.append(submit(scheduler, tmp_path, "print(1)", f"old_{index}"))
        wait.end(scheduler, ids[-1])
    submit(scheduler, tmp_path, "print(1)")
    fresh = connect(cluster.address)
    assert [fresh.get_status(job_id).reason for job_id in ids] == ["lost"] * 2 + ["exit"] * 2
    assert scheduler.get_status(ids[0]).reason == "exit"
