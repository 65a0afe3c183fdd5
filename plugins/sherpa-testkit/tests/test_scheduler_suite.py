"""The scheduler suite takes an old-style scheduler and rejects broken ones by name of promise."""

import inspect
import os
import signal
import subprocess
import sys
import time

import pytest

from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobStatus
from sherpa_testkit import BrokenPromise, SchedulerContract, WorkersContract
from sherpa_testkit import jobs as programs
from sherpa_testkit.jobs import Jobs

pytest_plugins = "pytester"


class Plain:
    """The three methods of a third party: no get_statuses, no reports, no reattaching."""

    def __init__(self):
        self._jobs = {}

    def submit_job(self, command, env={}, job_name="", output_path="", work_dir=""):  # noqa: B006
        job_id = str(len(self._jobs))
        try:
            with open(output_path, "ab") as output:
                self._jobs[job_id] = self.start(command, env, output, work_dir)
        except OSError as error:
            raise SchedulerError(f"{command[0]} cannot be started: {error}") from error
        return job_id

    def start(self, command, env, output, work_dir):
        return subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=work_dir,
            start_new_session=True,
        )

    def get_status(self, job_id):
        if job_id not in self._jobs:
            return JobStatus.other
        code = self._jobs[job_id].poll()
        if code is None:
            return JobStatus.running
        return JobStatus.finished if code == 0 else JobStatus.failed

    def kill_job(self, job_id):
        if self._jobs[job_id].poll() is None:
            os.killpg(self._jobs[job_id].pid, signal.SIGKILL)

    def __del__(self):
        for process in self._jobs.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class TestPlain(SchedulerContract):
    reattaches = False
    reports_exit_codes = False
    reports_signals = False

    @pytest.fixture
    def scheduler(self):
        return Plain()


class JoinsWords(Plain):
    def start(self, command, env, output, work_dir):
        line = f"exec {' '.join(command)}"
        return super().start(["sh", "-c", line], env, output, work_dir)


class CutsValues(Plain):
    def start(self, command, env, output, work_dir):
        cut = {key: text.split("=")[0] for key, text in env.items()}
        return super().start(command, cut, output, work_dir)


class PrefersItsOwnVariables(Plain):
    def start(self, command, env, output, work_dir):
        return super().start(command, {**env, **os.environ}, output, work_dir)


class StaysAtHome(Plain):
    def start(self, command, env, output, work_dir):
        return super().start(command, env, output, None)


class ThrowsOutputAway(Plain):
    def start(self, command, env, output, work_dir):
        return super().start(command, env, subprocess.DEVNULL, work_dir)


class LetsJobsWaitForInput(Plain):
    def start(self, command, env, output, work_dir):
        reader, self.writer = os.pipe()
        waits = "import os, sys; os.dup2(int(sys.argv[1]), 0); os.execvp(sys.argv[2], sys.argv[2:])"
        words = [sys.executable, "-c", waits, str(reader), *command]
        process = subprocess.Popen(
            words, stdout=output, stderr=output, pass_fds=[reader], start_new_session=True
        )
        os.close(reader)
        return process

    def __del__(self):
        super().__del__()
        os.close(self.writer)


class TakesAnythingForStarted(Plain):
    def start(self, command, env, output, work_dir):
        try:
            return super().start(command, env, output, work_dir)
        except FileNotFoundError:
            return super().start(["true"], env, output, work_dir)


class WaitsForTheEnd(Plain):
    def submit_job(self, command, env={}, job_name="", output_path="", work_dir=""):  # noqa: B006
        job_id = super().submit_job(command, env, job_name, output_path, work_dir)
        try:
            self._jobs[job_id].wait(1.0)
        except subprocess.TimeoutExpired:
            return job_id
        return job_id


class ReusesIds(Plain):
    def submit_job(self, command, env={}, job_name="", output_path="", work_dir=""):  # noqa: B006
        job_id = super().submit_job(command, env, job_name, output_path, work_dir)
        return str(int(job_id) % 4)


class HasNumbersForIds(Plain):
    def submit_job(self, command, env={}, job_name="", output_path="", work_dir=""):  # noqa: B006
        return 4711


class FindsEverythingFine(Plain):
    def get_status(self, job_id):
        status = super().get_status(job_id)
        return JobStatus.finished if status.ended else status


class FindsEverythingFailed(Plain):
    def get_status(self, job_id):
        status = super().get_status(job_id)
        return JobStatus.failed if status.ended else status


class Forgets(Plain):
    def __init__(self):
        super().__init__()
        self._told = {}

    def get_status(self, job_id):
        status = super().get_status(job_id)
        self._told[job_id] = self._told.get(job_id, 0) + status.ended
        return JobStatus.other if self._told[job_id] > 2 else status


class DoesNotKnowWhatItDoesNotKnow(Plain):
    def get_status(self, job_id):
        return Plain.get_status(self, job_id) if self._jobs[job_id] else None


class FindsAllRunning(Plain):
    def get_statuses(self, job_ids):
        return dict.fromkeys(job_ids, JobStatus.running)


class KillsNobody(Plain):
    def kill_job(self, job_id):
        pass


class LeavesChildren(Plain):
    def kill_job(self, job_id):
        self._jobs[job_id].kill()


class WaitsForTheKilled(Plain):
    def kill_job(self, job_id):
        time.sleep(1.0)  # the fault itself
        super().kill_job(job_id)


class KillsOnlyOnce(Plain):
    def kill_job(self, job_id):
        os.killpg(self._jobs[job_id].pid, signal.SIGKILL)


#: A broken scheduler, the test that must reject it with its arguments, and the promise it names.
BROKEN = [
    (FindsEverythingFailed, "exit_code_0_is_finished", {}, "exit code 0 is finished"),
    (FindsEverythingFine, "another_exit_code_is_failed", {"code": 3}, "another exit code than 0"),
    (Plain, "another_exit_code_is_failed", {"code": 3}, "the exit code is reported"),
    (Plain, "a_job_that_a_signal_ends_is_killed", {"number": 9}, "a signal ended is killed"),
    (Forgets, "the_end_stays_known", {}, "a final status does not change"),
    (
        TakesAnythingForStarted,
        "a_command_that_does_not_exist_does_not_finish",
        {},
        "a command that does not exist",
    ),
    (WaitsForTheEnd, "submitting_does_not_wait_for_the_job", {}, "submit_job returns at once"),
    (HasNumbersForIds, "submitting_does_not_wait_for_the_job", {}, "the job's id, a text"),
    (JoinsWords, "arguments_arrive_whole", {}, "arguments arrive whole"),
    (CutsValues, "environment_values_arrive_whole", {}, "environment values arrive whole"),
    (PrefersItsOwnVariables, "the_jobs_variables_win", {}, "a job's variables win"),
    (StaysAtHome, "the_job_runs_in_its_folder", {}, "a job runs in work_dir"),
    (ThrowsOutputAway, "output_goes_to_its_file", {}, "output and error go to the file"),
    (LetsJobsWaitForInput, "a_job_that_reads_its_input_ends", {}, "a job's end is reported"),
    (KillsNobody, "a_killed_job_ends", {"code": programs.SLEEP}, "kill_job ends a job"),
    (WaitsForTheKilled, "a_killed_job_ends", {"code": programs.SLEEP}, "kill_job returns at once"),
    (LeavesChildren, "a_kill_takes_the_children", {}, "ends a job's children too"),
    (KillsOnlyOnce, "killing_a_job_that_ended_is_no_error", {}, "that ended is no error"),
    (FindsAllRunning, "many_statuses_are_the_single_ones", {}, "what get_status says"),
    (ReusesIds, "eight_jobs_at_once_keep_apart", {}, "eight jobs at once keep apart"),
    (DoesNotKnowWhatItDoesNotKnow, "an_unknown_job_is_answered", {}, "an unknown job"),
    (Plain, "a_fresh_instance_follows_a_job", {}, "a fresh instance knows a running job"),
    (Plain, "a_fresh_instance_ends_a_job", {}, "a fresh instance ends a running job"),
]

#: What the suite for workers must say of one that knows neither resources nor other runners.
WITHOUT_WORKERS = {
    "resources_become_what_the_job_sees": "say what a job may use",
    "jobs_share_what_workers_have": "a job waits while others use what it needs",
    "a_job_ends_when_its_time_is_over": "a job's end is reported",
    "what_no_worker_has_is_refused": "refused with a UserError",
    "the_storages_secret_travels_in_a_file": "a copy on the worker's host",
    "a_folder_that_the_worker_lacks_is_named": "is not started, and says why",
    "jobs_outlive_a_runner_that_is_killed": "another process makes the scheduler",
    "a_job_is_found_by_its_name": "finds the newest job of a name",
}


class Impatient(SchedulerContract):
    """The suite as it judges a scheduler that declares every capability."""

    patience = 2.0
    at_once = 0.5


class ImpatientWithWorkers(WorkersContract):
    patience = 2.0


def judge(suite, test, scheduler, folder, **offered):
    """Call a test of a suite with what it wants of what it is offered."""
    method = getattr(suite, f"test_{test}")
    jobs = Jobs(scheduler, sys.executable, folder, suite.patience)
    offered |= {"jobs": jobs, "scheduler": scheduler}
    method(**{name: offered[name] for name in inspect.signature(method).parameters})


@pytest.mark.parametrize(
    ("scheduler", "test", "arguments", "promise"),
    [pytest.param(*case, id=f"{case[0].__name__}-{case[1]}") for case in BROKEN],
)
def test_a_broken_scheduler_is_rejected(scheduler, test, arguments, promise, tmp_path, monkeypatch):
    with pytest.raises(BrokenPromise, match=f"broken promise: .*{promise}"):
        judge(Impatient(), test, scheduler(), tmp_path, monkeypatch=monkeypatch, **arguments)


@pytest.mark.parametrize(("test", "promise"), WITHOUT_WORKERS.items())
def test_a_scheduler_without_workers_is_rejected(test, promise, tmp_path):
    with pytest.raises(BrokenPromise, match=f"broken promise: .*{promise}"):
        judge(ImpatientWithWorkers(), test, Plain(), tmp_path, resources={"gpus": 3})


@pytest.mark.parametrize(
    ("suite", "rejecting"),
    [(SchedulerContract, [case[1] for case in BROKEN]), (WorkersContract, WITHOUT_WORKERS)],
)
def test_every_test_of_a_suite_rejects_something(suite, rejecting):
    tests = {name for name in vars(suite) if name.startswith("test_")}
    assert {f"test_{test}" for test in rejecting} == tests


def test_the_suite_says_how_it_is_adopted(pytester):
    pytester.makepyfile(
        """
        from sherpa_testkit import SchedulerContract

        class TestMine(SchedulerContract):
            pass
        """
    )
    result = pytester.runpytest("-k", "exit_code_0")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TestMine must override the fixture `scheduler`*"])
