"""The scheduler contract: what every scheduler promises, as tests that a plugin adopts."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.errors import SherpaError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_testkit import jobs as programs
from sherpa_testkit.job_suite import JobSuite
from sherpa_testkit.jobs import Jobs
from sherpa_testkit.promises import promised

#: Texts that get lost or change where something is put together for a shell or cut at a sign.
AWKWARD = (
    "a=b=c",
    "two words",
    "two\nlines",
    'it\'s "quoted"',
    "$HOME ${HOME} `id` $(id) \\",
    "a,b;c&d|e>f*",
    "Schnee 雪 é",
    "-n",
    "--",
    "",
)


@pytest.mark.contract("scheduler")
class SchedulerContract(JobSuite):
    """What every scheduler promises. Adopt it by overriding the fixture `scheduler`.

    ```python
    class TestMine(SchedulerContract):
        @pytest.fixture
        def scheduler(self):
            return MyScheduler()
    ```

    Attributes:
        reattaches: a fresh instance follows and ends the jobs of another one.
        reports_exit_codes: reports carry the exit code.
        reports_signals: a job that a signal ended is `killed`, with the signal's number.
        redirects_output: output goes to `output_path`.
        sets_work_dir: jobs run in `work_dir`.
        patience: seconds after which what was waited for counts as not happening.
        at_once: seconds that submitting or killing a job may take.
    """

    reattaches: bool = True
    reports_exit_codes: bool = True
    reports_signals: bool = True
    redirects_output: bool = True
    sets_work_dir: bool = True
    at_once: float = 2.0

    # ---- how jobs end ---------------------------------------------------------------------

    def test_exit_code_0_is_finished(self, jobs: Jobs) -> None:
        """Exit code 0 means finished."""
        report = jobs.end(jobs.run(programs.EXIT, 0))
        with promised("a job with exit code 0 is finished"):
            assert report.status is JobStatus.finished, report

    @pytest.mark.parametrize("code", [1, 3, 127, 137, 255])
    def test_another_exit_code_is_failed(self, jobs: Jobs, code: int) -> None:
        """Any other exit code means failed, and is reported."""
        report = jobs.end(jobs.run(programs.EXIT, code))
        with promised("a job with another exit code than 0 has failed"):
            assert report.status is JobStatus.failed, report
        with promised("the exit code is reported"):
            assert report.exit_code == code or not self.reports_exit_codes, report

    @pytest.mark.parametrize("number", [9, 15])
    def test_a_job_that_a_signal_ends_is_killed(self, jobs: Jobs, number: int) -> None:
        """A signal means killed, and is reported."""
        self._needs("reports_signals")
        report = jobs.end(jobs.run(programs.SIGNAL, number))
        with promised("a job that a signal ended is killed, with the signal's number"):
            assert (report.status, report.signal) == (JobStatus.killed, number), report

    def test_the_end_stays_known(self, jobs: Jobs) -> None:
        """A final status may be asked for again."""
        job_id = jobs.run(programs.EXIT, 3)
        first = jobs.end(job_id)
        with promised("a final status does not change"):
            assert [jobs.status(job_id) for _ in range(3)] == [first] * 3

    def test_a_command_that_does_not_exist_does_not_finish(self, jobs: Jobs) -> None:
        """What cannot start is a failure, not a success."""
        missing = "sherpa-no-such-command"
        with promised("a command that does not exist is a failed job, or an error that names it"):
            try:
                report = jobs.end(jobs.submit([missing, "x"]))
            except SherpaError as error:
                assert missing in str(error), error
            else:
                assert report.status in (JobStatus.failed, JobStatus.killed), report

    # ---- starting -------------------------------------------------------------------------

    def test_submitting_does_not_wait_for_the_job(self, jobs: Jobs) -> None:
        """`submit_job` only starts the job."""
        gate = jobs.file("gate")
        before = time.monotonic()
        job_id = jobs.run(programs.GATE, gate, 0)
        took = time.monotonic() - before
        status = jobs.status(job_id).status
        gate.touch()
        with promised("submit_job returns at once, before the job ends"):
            assert took < self.at_once, f"it took {took:.1f} s"
            assert not status.ended, status
        jobs.end(job_id)

    def test_arguments_arrive_whole(self, jobs: Jobs) -> None:
        """No shell and no queue changes the command's words."""
        with promised("arguments arrive whole and meet no shell"):
            assert _told(jobs, AWKWARD)["arguments"] == list(AWKWARD)

    def test_environment_values_arrive_whole(self, jobs: Jobs) -> None:
        """No shell and no queue changes the variables' values."""
        env = {f"SHERPA_TEST_{index}": text for index, text in enumerate(AWKWARD)}
        with promised("environment values arrive whole"):
            told = _told(jobs, env=env)["env"]
            assert {key: told.get(key) for key in env} == env

    def test_the_jobs_variables_win(self, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run inside another run's trial has its own variables."""
        monkeypatch.setenv("SHERPA_TRIAL_ID", "of the runner")
        with promised("a job's variables win over those of the process that submits it"):
            assert _told(jobs, env={"SHERPA_TRIAL_ID": "7"})["env"].get("SHERPA_TRIAL_ID") == "7"

    def test_the_job_runs_in_its_folder(self, jobs: Jobs) -> None:
        """`work_dir` is the job's current folder."""
        self._needs("sets_work_dir")
        folder = jobs.file("a folder")
        folder.mkdir()
        with promised("a job runs in work_dir"):
            assert Path(_told(jobs, work_dir=folder)["folder"]).resolve() == folder.resolve()

    def test_output_goes_to_its_file(self, jobs: Jobs) -> None:
        """`output_path` holds what the job prints."""
        self._needs("redirects_output")
        output = jobs.file("its output.out")
        jobs.end(jobs.run(programs.PRINT, output_path=output))

        def is_written() -> bool:
            text = output.read_text() if output.exists() else ""
            return "to output" in text and "to error" in text

        jobs.until(is_written, "standard output and error go to the file output_path")

    def test_a_job_that_reads_its_input_ends(self, jobs: Jobs) -> None:
        """Nobody types for a job, and none waits for it."""
        report = jobs.end(jobs.run(programs.READ))
        with promised("a job's standard input is empty"):
            assert report.status is JobStatus.finished, report

    # ---- killing --------------------------------------------------------------------------

    @pytest.mark.parametrize("code", [programs.SLEEP, programs.DEAF], ids=["usual", "no SIGTERM"])
    def test_a_killed_job_ends(self, jobs: Jobs, code: str) -> None:
        """`kill_job` ends every job, and does not wait for that."""
        job_id = _running(jobs, code)
        before = time.monotonic()
        jobs.kill(job_id)
        took = time.monotonic() - before
        with promised("kill_job returns at once"):
            assert took < self.at_once, f"it took {took:.1f} s"
        jobs.until(lambda: jobs.status(job_id).status.ended, "kill_job ends a job")
        with promised("a killed job has not finished"):
            assert jobs.status(job_id).status is not JobStatus.finished

    def test_a_kill_takes_the_children(self, jobs: Jobs) -> None:
        """Nothing that a killed job started goes on working."""
        beats = jobs.file("beats")
        job_id = jobs.run(programs.PARENT, beats)
        jobs.until(lambda: beats.exists() and beats.stat().st_size > 0, "a submitted job starts")
        jobs.kill(job_id)
        jobs.until(lambda: jobs.status(job_id).status.ended, "kill_job ends a job")
        size, since = beats.stat().st_size, time.monotonic()

        def is_silent() -> bool:
            nonlocal size, since
            if beats.stat().st_size != size:
                size, since = beats.stat().st_size, time.monotonic()
            return time.monotonic() - since > 1.0

        jobs.until(is_silent, "kill_job ends a job's children too")

    def test_killing_a_job_that_ended_is_no_error(self, jobs: Jobs) -> None:
        """A kill may come too late."""
        job_id = jobs.run(programs.EXIT, 0)
        report = jobs.end(job_id)
        with promised("killing a job that ended is no error"):
            jobs.kill(job_id)
            jobs.kill(job_id)
        with promised("killing a job that ended changes nothing"):
            assert jobs.status(job_id) == report

    # ---- several jobs, other processes ----------------------------------------------------

    def test_many_statuses_are_the_single_ones(self, jobs: Jobs) -> None:
        """`get_statuses` only saves queries."""
        running = _running(jobs, programs.SLEEP)
        ended = [jobs.run(programs.EXIT, code) for code in (0, 3)]
        for job_id in ended:
            jobs.end(job_id)
        with promised("get_statuses says of each job what get_status says"):
            single = {job_id: jobs.status(job_id) for job_id in [*ended, running]}
            assert jobs.statuses(list(single)) == single
        with promised("each job has a status of its own"):
            names = [report.status.name for report in single.values()]
            assert names == ["finished", "failed", "running"]

    def test_eight_jobs_at_once_keep_apart(self, jobs: Jobs) -> None:
        """Each of many jobs has its own id, variables and end."""
        with promised("eight jobs at once keep apart"):
            ids = []
            for index in range(8):
                env = {"SHERPA_TRIAL_ID": str(index)}
                ids.append(jobs.run(programs.TELL, jobs.file(f"{index}.json"), index, env=env))
            assert len(set(ids)) == 8, ids
            assert [jobs.end(job_id).status.name for job_id in ids] == ["finished"] * 8
            for index in range(8):
                told = json.loads(jobs.file(f"{index}.json").read_text())
                assert told["arguments"] == [str(index)] == [told["env"]["SHERPA_TRIAL_ID"]]

    def test_an_unknown_job_is_answered(self, jobs: Jobs) -> None:
        """A job of another time gets an answer."""
        with promised("an unknown job is a SchedulerError, or a status other than running"):
            try:
                report = jobs.status("no-such-job-4711")
            except SherpaError:
                return
            assert report.status is not JobStatus.running, report

    def test_a_fresh_instance_follows_a_job(self, scheduler: object, jobs: Jobs) -> None:
        """A job outlives the process that submitted it."""
        self._needs("reattaches")
        job_id = jobs.run(programs.GATE, jobs.file("gate"), 5)
        jobs.until(
            lambda: jobs.status(job_id).status is JobStatus.running, "a submitted job starts"
        )
        fresh = self.fresh(scheduler, jobs)
        with promised("a fresh instance knows a running job"):
            assert fresh.status(job_id).status is JobStatus.running
        jobs.file("gate").touch()
        with promised("a fresh instance learns how a job ended"):
            report = fresh.end(job_id)
            assert report.status is JobStatus.failed, report
            assert report.exit_code == 5 or not self.reports_exit_codes, report
        with promised("every instance tells the same end"):
            assert self.fresh(scheduler, jobs).status(job_id) == report
            assert jobs.end(job_id) == report

    def test_a_fresh_instance_ends_a_job(self, scheduler: object, jobs: Jobs) -> None:
        """A job can be killed by another process."""
        self._needs("reattaches")
        job_id = _running(jobs, programs.SLEEP)
        with promised("a fresh instance ends a running job"):
            fresh = self.fresh(scheduler, jobs)
            fresh.kill(job_id)
            assert fresh.end(job_id).status is not JobStatus.finished

    def _needs(self, capability: str) -> None:
        if not getattr(self, capability):
            pytest.skip(f"{type(self).__name__} declares {capability} = False")


def _running(jobs: Jobs, code: str) -> str:
    """Start a job and return its id when it is up."""
    job_id = jobs.run(code, jobs.file("up"))
    jobs.until(jobs.file("up").exists, "a submitted job starts")
    return job_id


def _told(
    jobs: Jobs,
    arguments: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    work_dir: Path | None = None,
) -> Any:
    """Return what a job sees: its arguments, its variables, its folder."""
    path = jobs.file("told.json")
    job_id = jobs.run(programs.TELL, path, *arguments, env=env, work_dir=work_dir)
    report: JobReport = jobs.end(job_id)
    assert report.status is JobStatus.finished, report
    return json.loads(path.read_text(encoding="utf-8"))
