"""How trials end: what failed and why, and what runs again."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sherpa_core.errors import PluginError, SchedulerError
from sherpa_core.jobs import JobReport, JobStatus

pytestmark = pytest.mark.timeout(60)

OUT_OF_MEMORY = JobReport(JobStatus.killed, signal=9, reason="out_of_memory", message="by Slurm")
PREEMPTED = JobReport(JobStatus.failed, reason="node_fail", message="node 7 went down")


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [
        (3, "exit code 3"),
        (-11, "signal 11 (SIGSEGV)"),
        (-6, "signal 6 (SIGABRT)"),
        (OUT_OF_MEMORY, "out of memory: by Slurm"),
        (PREEMPTED, "node fail: node 7 went down"),
    ],
)
def test_a_failure_of_its_own_is_final_and_explained(
    lab: Any, draw: Any, outcome: Any, failure: str
) -> None:
    def behaviour(job: Any) -> Any:
        lab.report(job, 1)
        yield 1.0
        return outcome

    lab.behaviour = behaviour

    history = lab.run(lab.study(draw(2)))

    assert [(trial.status, trial.failure) for trial in history.ended] == [("FAILED", failure)] * 2
    assert lab.started == [(1, 1), (2, 1)]
    finals = history.results.query("Status == 'FAILED'")
    assert list(finals["Failure"]) == [failure] * 2


def test_a_trial_without_a_word_has_failed(lab: Any, draw: Any) -> None:
    lab.behaviour = lambda job: 0

    (trial,) = lab.run(lab.study(draw(1))).ended

    assert trial.status == "FAILED"
    assert trial.failure == "no observation: it ended without having reported an objective"


def test_a_trial_of_nothing_but_nan_has_failed(lab: Any, draw: Any) -> None:
    def behaviour(job: Any) -> int:
        lab.report(job, 1, math.nan)
        if job.env["SHERPA_TRIAL_ID"] == "2":
            lab.report(job, 2, 0.5)
        return 0

    lab.behaviour = behaviour

    only_nan, some = lab.run(lab.study(draw(2))).ended

    assert only_nan.failure == "NaN: none of its objectives is a number"
    assert (some.status, some.objective) == ("COMPLETED", 0.5)


def test_trial_timeout_ends_an_attempt(lab: Any, draw: Any) -> None:
    def behaviour(job: Any) -> Any:
        lab.report(job, 1)
        yield 100.0 if job.env["SHERPA_TRIAL_ID"] == "1" else 20.0

    lab.behaviour = behaviour

    slow, quick = lab.run(lab.study(draw(2)), trial_timeout=30.0).ended

    assert (slow.status, slow.failure) == ("FAILED", "timeout: it ran longer than 30 s")
    assert slow.duration == pytest.approx(30.0, abs=0.3)
    assert quick.status == "COMPLETED"


def test_waiting_in_a_queue_does_not_count_as_running(lab: Any, draw: Any) -> None:
    lab.scheduler._queued = 500.0

    history = lab.run(lab.study(draw(1)), trial_timeout=60.0)

    assert [trial.status for trial in history.ended] == ["COMPLETED"]


def test_a_kill_that_was_lost_is_repeated(lab: Any, draw: Any) -> None:
    kill = lab.scheduler.kill_job
    asked: list[str] = []

    def kill_job(job_id: str) -> None:
        asked.append(job_id)
        if len(asked) == 1:
            raise OSError("no route to host")
        if len(asked) > 2:
            kill(job_id)

    lab.scheduler.kill_job = kill_job
    lab.behaviour = hang

    (trial,) = lab.run(lab.study(draw(1)), trial_timeout=30.0).ended

    assert asked == ["fake-1"] * 3
    assert trial.failure.startswith("timeout")


def hang(job: Any) -> Any:
    yield 1e6


# Attempts


LOST = JobReport(JobStatus.killed, reason="lost", message="its node is gone")


@pytest.mark.parametrize("outcome", [-9, -15, LOST])
def test_a_lost_trial_runs_again_under_its_id(lab: Any, draw: Any, outcome: Any) -> None:
    def behaviour(job: Any) -> Any:
        attempt = int(job.env["SHERPA_ATTEMPT"])
        lab.report(job, 1, objective=attempt)
        yield 5.0
        return outcome if attempt < 3 else 0

    lab.behaviour = behaviour

    history = lab.run(lab.study(draw(2)), max_num_trials=2)

    assert lab.started == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert [(trial.status, trial.attempt) for trial in history.ended] == [("COMPLETED", 3)] * 2
    assert [trial.objectives for trial in history.ended] == [[3.0], [3.0]]


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [(-9, "signal 9 (SIGKILL), 3 times"), (LOST, "lost: its node is gone, 3 times")],
)
def test_a_trial_is_lost_three_times_at_most(
    lab: Any, draw: Any, outcome: Any, failure: str
) -> None:
    lab.behaviour = lambda job: outcome

    history = lab.run(lab.study(draw(2)))

    assert lab.started == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert {(trial.status, trial.failure) for trial in history.ended} == {("FAILED", failure)}


def test_max_attempts_is_an_option(lab: Any, draw: Any) -> None:
    lab.behaviour = lambda job: -9

    (trial,) = lab.run(lab.study(draw(1)), max_attempts=1).ended

    assert (trial.attempt, trial.failure) == (1, "signal 9 (SIGKILL)")


def test_failed_trials_run_again_when_that_is_wanted(lab: Any, draw: Any) -> None:
    def behaviour(job: Any) -> Any:
        if job.env["SHERPA_TRIAL_ID"] == "1":
            return 1
        lab.report(job, 1)
        return 0 if job.env["SHERPA_ATTEMPT"] == "2" else 4

    lab.behaviour = behaviour

    history = lab.run(lab.study(draw(2)), resubmit_failed_trials=True)

    hopeless, second = history.ended
    assert (hopeless.status, hopeless.failure) == ("FAILED", "exit code 1, 3 times")
    assert (second.status, second.attempt) == ("COMPLETED", 2)


def test_a_late_word_of_an_old_attempt_does_not_count(lab: Any, draw: Any) -> None:
    def behaviour(job: Any) -> Any:
        if job.env["SHERPA_ATTEMPT"] == "1":
            lab.clock.call_at(lab.clock.time() + 15.0, lambda: lab.report(job, 7, -1.0))
            return -9
        return lab.train(job)

    lab.behaviour = behaviour

    (trial,) = lab.run(lab.study(draw(1))).ended

    assert trial.iterations == [1, 2, 3]
    assert len(lab.events("observation_added")) == 4


# Schedulers in trouble


def test_three_trials_in_a_row_that_cannot_start_end_the_run(lab: Any) -> None:
    submit = lab.scheduler.submit_job

    def submit_job(command: list[str]) -> str:
        raise OSError("too many processes")

    lab.scheduler.submit_job = submit_job

    with pytest.raises(SchedulerError, match=r"no trial could be started, lately 1, 2 and 3: .*"):
        lab.run(lab.study())

    history = lab.study().history
    assert [trial.status for trial in history.trials.values()] == ["RUNNING"] * 3

    lab.scheduler.submit_job = submit  # what was wrong is mended: the same trials start again
    history = lab.run(lab.study())
    assert {trial.status for trial in history.trials.values()} == {"COMPLETED"}
    assert [history.trials[id].attempt for id in (1, 2, 3, 4)] == [2, 2, 2, 1]


def test_single_trials_that_cannot_start_do_not(lab: Any, draw: Any) -> None:
    submit, calls = lab.scheduler.submit_job, []

    def submit_job(command: list[str], env: dict[str, str], job_name: str, resources: Any) -> str:
        calls.append(job_name)
        if len(calls) % 3:
            raise SchedulerError("the queue is full")
        return str(submit(command, env, job_name, resources))

    lab.scheduler.submit_job = submit_job

    history = lab.run(lab.study(draw(6)))

    assert [trial.status for trial in history.trials.values()] == [
        *("FAILED", "FAILED", "COMPLETED"),
        *("FAILED", "FAILED", "COMPLETED"),
    ]
    assert history.trials[1].failure == "could not start: the queue is full"


def test_a_scheduler_that_returns_no_id_is_named(lab: Any) -> None:
    lab.scheduler.submit_job = lambda command: None

    with pytest.raises(PluginError, match=r"'FakeScheduler' returned None from submit_job"):
        lab.run(lab.study())


def test_a_scheduler_that_returns_no_status_is_named(lab: Any) -> None:
    lab.scheduler.get_statuses = lambda job_ids: dict.fromkeys(job_ids, "RUNNING")

    with pytest.raises(PluginError, match=r"'FakeScheduler' returned 'RUNNING' as a job's status"):
        lab.run(lab.study())


@pytest.mark.parametrize(("silent", "ends"), [(30.0, True), (120.0, False)])
def test_a_scheduler_may_be_silent_for_a_while(
    lab: Any, draw: Any, silent: float, ends: bool
) -> None:
    get_statuses = lab.scheduler.get_statuses

    def statuses(job_ids: Any) -> Any:
        if 15.0 < lab.now < 15.0 + silent:
            raise TimeoutError("slurm_load_jobs: Unable to contact slurm controller")
        return get_statuses(job_ids)

    lab.scheduler.get_statuses = statuses

    if not ends:
        with pytest.raises(SchedulerError, match="Unable to contact slurm controller"):
            lab.run(lab.study(draw(2)))
        lab.scheduler.get_statuses = get_statuses
    history = lab.run(lab.study(draw(2)))

    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 2


class Simple:
    """A scheduler of three methods, whose ids are numbers."""

    def __init__(self) -> None:
        self.asked = 0

    def submit_job(self, command: list[str], env: dict[str, str] = {}, job_name: str = "") -> int:  # noqa: B006 - as in the manual
        self.env = env
        return 17

    def get_status(self, job_id: int) -> JobStatus:
        assert job_id == 17
        self.asked += 1
        return JobStatus.running if self.asked % 3 else JobStatus.finished

    def kill_job(self, job_id: int) -> None:
        raise AssertionError("nobody asked for it")


def test_three_methods_make_a_scheduler(lab: Any, draw: Any) -> None:
    scheduler = Simple()
    study = lab.study(draw(2))

    lab.runner(study, execution=lab.execution(scheduler)).run()

    assert [trial.failure.partition(":")[0] for trial in study.history.ended] == [
        "no observation"
    ] * 2
    assert scheduler.env["SHERPA_TRIAL_ID"] == "2"
