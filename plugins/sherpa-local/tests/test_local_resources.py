"""What a job asks of the local scheduler, and what it gets."""

import json
import os
import signal
import subprocess
import sys

import pytest

from sherpa_core.errors import UserError
from sherpa_core.jobs import JobStatus, process_start
from sherpa_local import LocalScheduler
from sherpa_testkit.waiting import until

SHOW = (
    "import os, sys, time; print(*(os.environ.get(name, '-') for name in "
    "('CUDA_VISIBLE_DEVICES', 'SHERPA_RESOURCE', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS')), "
    "flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
)
SLEEP = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


class Trials:
    """Jobs that show what they got and end when their gate opens."""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = {}

    def submit(self, scheduler, name, code=SHOW, **resources):
        self.jobs[name] = (
            scheduler,
            scheduler.submit_job(
                [sys.executable, "-c", code, str(self.folder / name)],
                work_dir=str(self.folder),
                output_path=str(self.folder / f"{name}.out"),
                resources=resources,
            ),
        )
        return self.jobs[name][1]

    def status(self, name):
        scheduler, job_id = self.jobs[name]
        return scheduler.get_status(job_id).status

    def shown(self, name):
        output = self.folder / f"{name}.out"
        until(lambda: output.read_text().endswith("\n") or self.status(name).ended)
        return output.read_text().split()

    def end(self, name):
        (self.folder / name).touch()
        until(lambda: self.status(name).ended)
        scheduler, job_id = self.jobs[name]
        return scheduler.get_status(job_id)


@pytest.fixture
def trials(tmp_path):
    trials = Trials(tmp_path)
    yield trials
    for scheduler, job_id in trials.jobs.values():
        scheduler.kill_job(job_id)


def test_a_job_gets_as_many_gpus_as_it_asks_for(trials):
    scheduler = LocalScheduler(resources=["0", "1", "2", "3"])
    trials.submit(scheduler, "a", gpus=2)
    trials.submit(scheduler, "b", gpus=1)
    assert trials.shown("a")[:2] == ["0,1", "0,1"]
    assert trials.shown("b")[:2] == ["2", "2"]


def test_the_gpus_are_those_of_the_runner(trials, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    scheduler = LocalScheduler()
    trials.submit(scheduler, "a", gpus=1)
    trials.submit(scheduler, "b", gpus=1)
    trials.submit(scheduler, "c", gpus=0)
    trials.submit(scheduler, "d")
    assert [trials.shown(name)[0] for name in "abd"] == ["4", "7", "4,7"]
    assert trials.shown("c") == ["-", "-"], "no GPU: two empty words, then no thread counts"


def test_a_job_waits_for_its_gpus(trials):
    scheduler = LocalScheduler(resources=["0", "1"])
    for name, gpus in (("a", 1), ("b", 2), ("c", 1)):
        trials.submit(scheduler, name, gpus=gpus)
    assert [trials.status(name).name for name in "abc"] == ["running", "queued", "queued"]
    assert trials.end("a").status is JobStatus.finished
    assert set(trials.shown("b")[:2]) in ({"0,1"}, {"1,0"})
    assert [trials.status(name).name for name in "bc"] == ["running", "queued"]
    trials.end("b")
    assert trials.shown("c")[0] in ("0", "1")
    assert trials.end("c").status is JobStatus.finished


def test_a_job_that_waits_can_be_killed(trials):
    scheduler = LocalScheduler(resources=["0"])
    trials.submit(scheduler, "a", gpus=1)
    scheduler.kill_job(trials.submit(scheduler, "b", gpus=1))
    trials.submit(scheduler, "c", gpus=1)
    until(lambda: trials.status("b").ended)
    report = scheduler.get_status(trials.jobs["b"][1])
    assert (report.status, report.signal) == (JobStatus.killed, signal.SIGTERM)
    trials.end("a")
    assert trials.shown("c")[0] == "0"


def test_another_instance_knows_who_waits_and_who_holds_what(trials):
    first, second = LocalScheduler(resources=["0", "1"]), LocalScheduler(resources=["0", "1"])
    ids = [trials.submit(first, name, gpus=1) for name in "abc"]
    trials.end("a")
    first.get_statuses(ids)
    assert trials.shown("c")[0] == "0"
    assert [second.get_status(job_id).status.name for job_id in ids[1:]] == ["running"] * 2
    trials.submit(second, "d", gpus=1)
    assert trials.status("d") is JobStatus.queued, "the other instance's jobs hold both"


def test_a_job_that_still_waits_when_its_runner_is_gone_is_lost(tmp_path):
    code = (
        "import os, sys\nfrom sherpa_local import LocalScheduler\n"
        "scheduler = LocalScheduler(resources=['0'])\n"
        "for name in 'ab':\n"
        "    print(scheduler.submit_job(['sleep', '60'], output_path=name, resources={'gpus': 1}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    holds, waits = ran.stdout.split("\n")[:2]
    scheduler = LocalScheduler()
    until(lambda: scheduler.get_status(waits).status.ended)
    assert scheduler.get_status(waits).reason == "lost"
    assert scheduler.get_status(holds).status is JobStatus.running
    scheduler.kill_job(holds)


@pytest.mark.parametrize("resources", [None, [], ["0"]])
def test_more_gpus_than_there_are_is_refused(tmp_path, resources):
    scheduler = LocalScheduler(resources=resources)
    with pytest.raises(UserError, match=r"asks for 2 GPUs.* `resources` .*CUDA_VISIBLE_DEVICES"):
        scheduler.submit_job(["true"], output_path=str(tmp_path / "x.out"), resources={"gpus": 2})
    assert not list(tmp_path.iterdir())


def test_cpus_say_how_many_threads_libraries_start(trials, monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    scheduler = LocalScheduler()
    trials.submit(scheduler, "a", cpus=3)
    trials.submit(scheduler, "b")
    assert trials.shown("a")[-2:] == ["3", "7"], "what is set already stays"
    assert trials.shown("b")[-2:] == ["-", "7"]


def test_a_job_ends_when_its_time_is_over(trials):
    scheduler = LocalScheduler(grace=0.5)
    job_id = trials.submit(scheduler, "a", SLEEP, time=1)
    until(lambda: trials.status("a").ended)
    report = scheduler.get_status(job_id)
    assert (report.status, report.reason) == (JobStatus.killed, "timeout")


def test_jobs_may_end_with_the_process_that_started_them(tmp_path):
    code = (
        "import os, sys\nfrom sherpa_local import LocalScheduler\n"
        "scheduler = LocalScheduler(keep_running=False)\n"
        "print(scheduler.submit_job(['sleep', '60'], output_path='a'), flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    scheduler, job_id = LocalScheduler(), ran.stdout.strip()
    until(lambda: scheduler.get_status(job_id).status.ended)
    assert scheduler.get_status(job_id).signal == signal.SIGTERM
    assert process_start(json.loads(job_id)["pid"]) is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are not seen here")
def test_no_file_stays_open(trials):
    scheduler = LocalScheduler(resources=["0"], keep_running=False)
    before = len(os.listdir("/proc/self/fd"))
    for name in "abcdef":
        trials.submit(scheduler, name, gpus=1)
    for name in "abcdef":
        assert trials.end(name).status is JobStatus.finished
    assert len(os.listdir("/proc/self/fd")) == before
