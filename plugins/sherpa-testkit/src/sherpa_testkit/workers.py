"""The contract of schedulers whose jobs run on the workers of a cluster with resources."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import registry
from sherpa_core.errors import UserError
from sherpa_core.jobs import JobStatus
from sherpa_testkit import jobs as programs
from sherpa_testkit.job_suite import JobSuite
from sherpa_testkit.jobs import Jobs
from sherpa_testkit.promises import promised

_SECRET = "http://:s3cret@host:1/"


@pytest.mark.contract("scheduler")
class WorkersContract(JobSuite):
    """What schedulers promise besides that send jobs to the workers of a cluster.

    Adopt it beside `SchedulerContract`, by overriding the fixture `scheduler`: with one that is
    connected to a running cluster, of one worker with three to a hundred CPUs, two GPUs (which
    need not be real) and one to a hundred gigabytes of memory.

    Attributes:
        refusal: a pattern of what is said of resources that no worker has.
    """

    patience: float = 120.0
    refusal: str = "asks for"

    # ---- resources ------------------------------------------------------------------------

    def test_resources_become_what_the_job_sees(self, jobs: Jobs) -> None:
        """Programs use what they asked for."""
        output = jobs.file("seen.out")
        resources = {"cpus": 3, "gpus": 2, "memory": 10**9, "time": 60}
        jobs.end(jobs.run(programs.LIMITS, output_path=output, resources=resources))
        with promised("OMP_NUM_THREADS and CUDA_VISIBLE_DEVICES say what a job may use"):
            threads, devices = output.read_text().split()
            assert (threads, set(devices.split(","))) == ("3", {"0", "1"})

    def test_jobs_share_what_workers_have(self, jobs: Jobs) -> None:
        """Jobs that find no room wait, and can be killed meanwhile."""
        ups = [jobs.file(name) for name in "abc"]
        ids = [jobs.run(programs.SLEEP, up, resources={"gpus": 1}) for up in ups]
        jobs.until(lambda: sum(up.exists() for up in ups) >= 2, "two GPUs are enough for two jobs")
        with promised("a job waits while others use what it needs"):
            names = {job_id: jobs.status(job_id).status.name for job_id in ids}
            assert sorted(names.values()) == ["queued", "running", "running"]
        (waits,) = [job_id for job_id in ids if names[job_id] == "queued"]
        jobs.kill(waits)
        report = jobs.end(waits)
        with promised("a job that waits can be killed"):
            assert (report.status, report.reason) == (JobStatus.killed, "cancelled"), report

    def test_a_job_ends_when_its_time_is_over(self, jobs: Jobs) -> None:
        """`time` is a limit."""
        report = jobs.end(jobs.run(programs.SLEEP, jobs.file("up"), resources={"time": 1}))
        with promised("a job is killed when the time is over that it asked for"):
            assert (report.status, report.reason) == (JobStatus.killed, "timeout"), report

    @pytest.mark.parametrize("resources", [{"cpus": 101}, {"gpus": 3}, {"memory": 10**12}], ids=str)
    def test_what_no_worker_has_is_refused(self, jobs: Jobs, resources: dict[str, int]) -> None:
        """Nobody waits for what never comes."""
        with (
            promised("what no worker has is refused with a UserError that names it"),
            pytest.raises(UserError, match=self.refusal),
        ):
            jobs.run(programs.EXIT, 0, resources=resources)

    # ---- what stays on this host ----------------------------------------------------------

    def test_the_storages_secret_travels_in_a_file(self, jobs: Jobs) -> None:
        """A worker may share no files with the runner."""
        secret, output = jobs.file("secret"), jobs.file("seen.out")
        secret.write_text(_SECRET)
        env = {"SHERPA_STORAGE_FILE": str(secret)}
        jobs.end(jobs.run(programs.SECRET, env=env, output_path=output))
        path, text, mode = output.read_text().split()
        with promised("SHERPA_STORAGE_FILE names a copy on the worker's host"):
            assert (path != str(secret), text) == (True, _SECRET)
        with promised("only its owner may read the copy of the secret"):
            assert stat.S_IMODE(int(mode)) == 0o600
        with promised("the copy of the secret is removed after the job"):
            assert not Path(path).exists()

    def test_a_folder_that_the_worker_lacks_is_named(self, jobs: Jobs) -> None:
        """A worker may share no files with the runner."""
        with promised("a job whose work_dir is not there is not started, and says why"):
            report = jobs.end(jobs.submit(["true"], work_dir=Path("/no/such")))
            assert (report.status, report.reason) == (JobStatus.failed, "not_started"), report
            assert "/no/such" in report.message

    # ---- other runners --------------------------------------------------------------------

    def test_jobs_outlive_a_runner_that_is_killed(self, scheduler: Any, jobs: Jobs) -> None:
        """A job belongs to the cluster, not to its runner."""
        config = json.dumps(registry.describe("scheduler", scheduler))
        command = [sys.executable, "-c", programs.RUNNER, config, str(jobs.folder)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        with promised("another process makes the scheduler from its options and submits a job"):
            assert ran.returncode == -9, ran.stderr
        job_id = ran.stdout.split("\n")[-2]
        jobs.until(
            lambda: jobs.status(job_id).status is JobStatus.running, "jobs outlive their runner"
        )
        jobs.file("gate").touch()
        with promised("the next runner learns how a job of a killed one ended"):
            assert jobs.end(job_id).exit_code == 5
        with promised("the next runner finds a job of a killed one by its name"):
            assert jobs.find("job_0", jobs.file("job_0.out")) == job_id

    def test_a_job_is_found_by_its_name(self, scheduler: Any, jobs: Jobs) -> None:
        """A runner may be killed before it has noted a job's id."""
        output = jobs.file("found.out")
        with promised("find_job finds nothing where there is nothing"):
            assert jobs.find("found", output) is None
        ids = [jobs.run(programs.EXIT, 0, name="found", output_path=output) for _ in range(2)]
        fresh = self.fresh(scheduler, jobs)
        with promised("find_job finds the newest job of a name and an output_path"):
            assert fresh.find("found", output) == ids[1]
            assert fresh.find("found", jobs.file("another.out")) is None
        for job_id in ids:
            jobs.end(job_id)
        with promised("find_job finds a job that has ended"):
            assert jobs.find("found", output) == ids[1]
