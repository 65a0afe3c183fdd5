"""What the Dask scheduler does beyond the contracts: workers that come and go, and what is kept."""

import signal
import sys

from sherpa_core.jobs import JobStatus, process_start
from sherpa_testkit.waiting import end_of, text_of, until

PID = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def submit(scheduler, folder, code, name="job", **options):
    return scheduler.submit_job(
        [sys.executable, "-c", code],
        job_name=name,
        work_dir=str(folder),
        output_path=str(folder / f"{name}.out"),
        **options,
    )


def printed(scheduler, folder, code, **options):
    report = end_of(scheduler, submit(scheduler, folder, code, **options))
    assert report.status is JobStatus.finished, report
    return (folder / "job.out").read_text().strip()


# ---- workers --------------------------------------------------------------------------------


def test_a_job_is_lost_with_its_worker(empty_cluster, connect, tmp_path):
    scheduler = connect(empty_cluster.address)
    worker = empty_cluster.add_worker()
    job_id = submit(scheduler, tmp_path, PID)
    pid = int(text_of(tmp_path / "job.out"))
    worker.kill()
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.killed, "lost")
    assert "worker tcp://127.0.0.1" in report.message
    until(lambda: process_start(pid) is None)
    empty_cluster.add_worker()
    assert printed(scheduler, tmp_path, "print(7)", name="job").endswith("7")
    assert (tmp_path / "job.out").read_text().count("\n") == 2, "Dask did not start it again"
    assert scheduler.get_status(job_id) == connect(empty_cluster.address).get_status(job_id)


def test_dask_starts_no_job_again_while_nobody_looks(empty_cluster, connect, tmp_path):
    worker = empty_cluster.add_worker()
    first = connect(empty_cluster.address)
    job_id = submit(first, tmp_path, PID)
    text_of(tmp_path / "job.out")
    first.close()
    worker.kill()
    empty_cluster.add_worker()
    second = connect(empty_cluster.address)
    assert printed(second, tmp_path, "print(7)", name="job").endswith("\n7")
    assert second.get_status(job_id).reason == "lost"


def test_jobs_wait_for_workers_to_join(empty_cluster, connect, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)", resources={"cpus": 2})
    assert scheduler.get_status(job_id).status is JobStatus.queued
    empty_cluster.add_worker(resources="CPU=2")
    assert end_of(scheduler, job_id).status is JobStatus.finished


def test_a_job_that_waits_can_be_killed(empty_cluster, connect, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)")
    scheduler.kill_job(job_id)
    report = scheduler.get_status(job_id)
    assert (report.status, report.message) == (JobStatus.killed, "killed before it started")
    assert report.reason == "cancelled"
    empty_cluster.add_worker()
    assert printed(scheduler, tmp_path, "print(2)") == "2"


def test_a_killed_job_makes_room(empty_cluster, connect, tmp_path):
    scheduler = connect(empty_cluster.address)
    empty_cluster.add_worker(threads=1)
    long = submit(scheduler, tmp_path, PID, "long")
    text_of(tmp_path / "long.out")
    job_id = submit(scheduler, tmp_path, "print(1)")
    assert scheduler.get_status(job_id).status is JobStatus.queued
    scheduler.kill_job(long)
    assert end_of(scheduler, job_id).status is JobStatus.finished
    assert scheduler.get_status(long).signal == signal.SIGTERM


def test_what_no_worker_has_that_joined_later_fails(empty_cluster, connect, tmp_path):
    scheduler = connect(empty_cluster.address)
    job_id = submit(scheduler, tmp_path, "print(1)", resources={"gpus": 1})
    empty_cluster.add_worker()
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "asks for GPU=1" in report.message


# ---- what a job gets, and what is kept of it ------------------------------------------------


def test_a_job_has_the_variables_of_its_worker(cluster, connect, tmp_path):
    code = "import os; print(os.environ['SHERPA_TEST_WORKER'])"
    assert printed(connect(cluster.address), tmp_path, code) == "yes"


def test_the_storages_secret_stands_in_no_log(empty_cluster, connect, tmp_path):
    secret = tmp_path / "storage"
    secret.write_text("http://:s3cret@host:1/")
    empty_cluster.add_worker()
    code = "import os; print(open(os.environ['SHERPA_STORAGE_FILE']).read())"
    env = {"SHERPA_STORAGE_FILE": str(secret)}
    assert "s3cret" in printed(connect(empty_cluster.address), tmp_path, code, env=env)
    assert not any("s3cret" in log.read_text() for log in tmp_path.glob("*.log"))


def test_the_cluster_forgets_old_jobs(cluster, connect, tmp_path, monkeypatch):
    monkeypatch.setattr("sherpa_dask.scheduler._KEPT", 2)
    scheduler = connect(cluster.address)
    ids = []
    for index in range(4):
        ids.append(submit(scheduler, tmp_path, "print(1)", f"old_{index}"))
        end_of(scheduler, ids[-1])
    submit(scheduler, tmp_path, "print(1)")
    fresh = connect(cluster.address)
    assert [fresh.get_status(job_id).reason for job_id in ids] == ["lost"] * 2 + ["exit"] * 2
    assert scheduler.get_status(ids[0]).reason == "exit"
