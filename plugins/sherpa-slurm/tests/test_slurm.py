"""Jobs on a real cluster: how they end, how they start, and how they are found again."""

import json
import logging
import subprocess

import pytest

from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobStatus
from sherpa_testkit.waiting import end_of, until

pytestmark = pytest.mark.usefixtures("slurm")


def ask(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def number_of(job_id):
    return json.loads(job_id)["number"]


@pytest.fixture
def submit(tmp_path):
    """Submits a line of shell code; what still runs is cancelled after the test."""
    started = []

    def submit(scheduler, code, **options):
        options = {"output_path": str(tmp_path / "out" / "job.out"), "work_dir": "/", **options}
        job_id = scheduler.submit_job(["sh", "-c", code], job_name="a trial-1.1", **options)
        started.append(job_id)
        return job_id

    yield submit
    for job_id in started:
        subprocess.run(["scancel", number_of(job_id)], capture_output=True, check=False)


def running(scheduler, job_id):
    until(lambda: scheduler.get_status(job_id).status is JobStatus.running)


# ---- how they end ---------------------------------------------------------------------------


def test_a_missing_working_folder_is_a_failure(scheduler, submit):
    report = end_of(scheduler, submit(scheduler, "true", work_dir="/there/is no/such folder"))
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert "/there/is no/such folder" in report.message
    assert report.message.startswith("Slurm job ")


def test_an_output_file_that_cannot_be_opened_is_a_failure(make, submit, tmp_path):
    scheduler = make(submit_options="--hold")
    job_id = submit(scheduler, "true")
    folder = tmp_path / "out"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    ask("scontrol", "release", number_of(job_id))
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert str(folder / "job.out") in report.message


def test_too_much_memory_is_told_from_other_signals(scheduler, submit):
    hoard = "exec python3 -c 'import time; x = b\"x\" * 400_000_000; time.sleep(60)'"
    report = end_of(scheduler, submit(scheduler, hoard, resources={"memory": 100_000_000}))
    assert (report.status, report.reason) == (JobStatus.killed, "out_of_memory")
    report = end_of(scheduler, submit(scheduler, "ulimit -c 0; kill -SEGV $$"))
    assert (report.status, report.signal) == (JobStatus.killed, 11)


def test_a_running_job_that_somebody_cancels_is_cancelled(scheduler, submit):
    job_id = submit(scheduler, "sleep 60")
    running(scheduler, job_id)
    ask("scancel", number_of(job_id))
    report = end_of(scheduler, job_id)
    assert (report.status, report.reason, report.signal) == (JobStatus.killed, "cancelled", None)


def test_a_waiting_job_that_somebody_cancels_is_cancelled(make, submit):
    scheduler = make(submit_options="--hold")
    job_id = submit(scheduler, "true")
    until(lambda: scheduler.get_status(job_id).status is JobStatus.queued)
    ask("scancel", number_of(job_id))
    assert end_of(scheduler, job_id).reason == "cancelled"


def test_a_job_that_slurm_runs_again_has_not_ended(make, submit, tmp_path):
    scheduler = make(submit_options="--requeue")
    runs, gate = tmp_path / "runs", tmp_path / "gate"
    code = f"echo x >>{runs}; while ! test -e {gate}; do sleep 0.1; done; exit 4"
    job_id = submit(scheduler, code)
    until(lambda: runs.exists() and runs.read_text() == "x\n")
    ask("scontrol", "requeue", number_of(job_id))
    until(lambda: scheduler.get_status(job_id).status is JobStatus.queued)
    # Left alone it waits for two minutes; at once, the node may still refuse it: its leave to run
    # was taken back in that second.
    ask("scontrol", "update", f"JobId={number_of(job_id)}", "StartTime=now+5")
    until(lambda: runs.read_text() == "x\nx\n")
    assert scheduler.get_status(job_id).status is not JobStatus.failed
    gate.touch()
    assert end_of(scheduler, job_id).exit_code == 4


# ---- how they start -------------------------------------------------------------------------


def test_a_job_that_can_never_start_says_why_once(make, submit, caplog):
    scheduler = make(submit_options="-c 640")
    caplog.set_level(logging.WARNING)
    job_ids = [submit(scheduler, "true") for _ in range(2)]

    def all_wait():
        reports = scheduler.get_statuses(job_ids).values()
        return {report.reason for report in reports} == {"PartitionConfig"}

    until(all_wait)
    assert "more than its partition's nodes have" in scheduler.get_status(job_ids[0]).message
    assert scheduler.get_status(job_ids[0]).status is JobStatus.queued
    (warning,) = caplog.messages
    assert f"Slurm job {number_of(job_ids[0])}" in warning
    assert "PartitionConfig" in warning


@pytest.mark.parametrize(
    ("options", "resources", "words"),
    [
        ("-p nowhere", {}, "invalid partition specified: nowhere"),
        ("--no-such-option", {}, "unrecognized option"),
        ("-t soon", {}, "Invalid --time specification"),
        ("", {"memory": 10**15}, "Memory specification can not be satisfied"),
        ("", {"gpus": 1}, "Invalid generic resource"),
    ],
)
def test_what_slurm_refuses_it_says_in_its_own_words(
    make, submit, tmp_path, options, resources, words
):
    with pytest.raises(SchedulerError, match=f"Slurm: job 'a trial-1.1' .*{words}"):
        submit(make(submit_options=options), "true", resources=resources)
    assert not list((tmp_path / "out").iterdir())


def test_resources_reach_slurm(scheduler, submit):
    wanted = {"cpus": 2, "memory": 300 * 2**20, "time": 90}
    job_id = submit(scheduler, "true", resources=wanted)
    details = ask("scontrol", "show", "job", number_of(job_id))
    assert "CPUs/Task=2" in details
    assert "mem=300M" in details
    assert "TimeLimit=00:02:00" in details


def test_the_runners_variables_stay_with_it(scheduler, submit, tmp_path, monkeypatch):
    """Neither its own, nor those of a job that it runs in, nor those that bend queries."""
    monkeypatch.setenv("SECRET_OF_THE_RUNNER", "1")
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1")
    monkeypatch.setenv("SQUEUE_STATES", "SUSPENDED")
    monkeypatch.setenv("SQUEUE_FORMAT", "%T")
    output = tmp_path / "env.out"
    job_id = submit(scheduler, "env", env={"ITS": "a=b"}, output_path=str(output))
    assert end_of(scheduler, job_id).status is JobStatus.finished
    variables = output.read_text().splitlines()
    assert "ITS=a=b" in variables
    assert "SLURM_EXPORT_ENV=ALL" in variables
    names = {line.partition("=")[0] for line in variables}
    assert not names & {"SECRET_OF_THE_RUNNER", "SLURM_MEM_PER_NODE", "SQUEUE_STATES"}


@pytest.mark.parametrize("name", ["two words", "100%", "a,b:c=$HOME", "Schnee 雪"])
def test_output_goes_to_a_file_of_any_name(scheduler, submit, tmp_path, name):
    output = tmp_path / name / f"{name}.out"
    end_of(scheduler, submit(scheduler, "echo hello", output_path=str(output)))
    assert output.read_text() == "hello\n"


def test_an_environment_file_prepares_the_job(make, submit, tmp_path):
    environment = tmp_path / "environment"
    environment.write_text("export MODEL=small\n")
    scheduler = make(environment=environment)
    assert (
        end_of(scheduler, submit(scheduler, 'test "$MODEL" = small')).status is JobStatus.finished
    )
    environment.write_text("module load python\n")
    report = end_of(scheduler, submit(scheduler, "true"))
    assert (report.status, report.reason) == (JobStatus.failed, "not_started")
    assert str(environment) in report.message
    environment.unlink()
    with pytest.raises(SchedulerError, match=r"environment file .* does not exist"):
        submit(scheduler, "true")


def test_a_job_that_its_runner_took_for_refused_does_nothing(make, submit, tmp_path):
    """The answer to its submission was lost, and another job runs in its place."""
    scheduler, ran = make(submit_options="--hold"), tmp_path / "ran"
    job_id = submit(scheduler, f"touch {ran}")
    number, status = number_of(job_id), json.loads(job_id)["status"]
    subprocess.run(["rm", status], check=True)
    ask("scontrol", "release", number)
    until(lambda: "JobState=FAILED" in ask("scontrol", "show", "job", number))
    assert not ran.exists()


# ---- how they are found again ---------------------------------------------------------------


def test_a_job_is_found_by_its_name(make, submit, tmp_path):
    """While it waits, while it runs, and when it has ended."""
    held = make(submit_options="--hold")
    job_id = submit(held, "sleep 60")
    where = {"job_name": "a trial-1.1", "output_path": str(tmp_path / "out" / "job.out")}
    assert make().find_job(**where) == job_id
    ask("scontrol", "release", number_of(job_id))
    running(held, job_id)
    assert make().find_job(**where) == job_id
    held.kill_job(job_id)
    end_of(held, job_id)
    assert make().find_job(**where) == job_id
    assert make().find_job("a trial-1.2", where["output_path"]) is None
