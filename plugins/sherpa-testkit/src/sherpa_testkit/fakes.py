"""A clock and a scheduler for tests in simulated time: no waiting and no processes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import attrs

from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.plugin import Scheduler

#: How a job ends: its exit code (None is 0, a negative number a signal), or a whole report.
Outcome = int | JobReport | None

#: What a job does: an outcome at once, or a generator that yields seconds until its next step.
Behaviour = Callable[["FakeJob"], Outcome | Generator[float, None, Outcome]]


class FakeClock:
    """A clock that moves only when somebody waits, and does then what is due on the way.

    Args:
        now: the time at the start, in seconds since 1970.
    """

    def __init__(self, now: float = 1_000_000_000.0) -> None:
        self._now = now
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0

    def time(self) -> float:
        """Return the current time in seconds since 1970."""
        return self._now

    def call_at(self, when: float, action: Callable[[], object]) -> None:
        """Call `action` when the clock gets to `when`; in order, and for the past at once."""
        self._count += 1
        heapq.heappush(self._due, (when, self._count, action))

    def sleep(self, seconds: float) -> None:
        """Let `seconds` go by, with all that is due in them."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._step()
        self._now = max(self._now, end)

    def wait(self, timeout: float | None = None) -> bool:
        """Go on to the next thing that is due, or for `timeout` seconds if nothing is earlier.

        Returns:
            Whether something was due.

        Raises:
            AssertionError: nothing is due, and without a timeout the wait would never end.
        """
        if self._due and (timeout is None or self._due[0][0] <= self._now + timeout):
            self._step()
            return True
        assert timeout is not None, "waits for ever: nothing is due"
        self._now += max(0.0, timeout)
        return False

    def _step(self) -> None:
        when, _, action = heapq.heappop(self._due)
        self._now = max(self._now, when)
        action()


@attrs.define(eq=False)
class FakeJob:
    """A job as its scheduler was given it.

    Attributes:
        job_id: its id.
        command: the command's words.
        env: its variables.
        job_name: its name.
        resources: what it was to get.
        submitted: when it was submitted, in seconds since 1970.
        report: what became of it so far.
    """

    job_id: str
    command: list[str]
    env: dict[str, str]
    job_name: str
    resources: dict[str, Any]
    submitted: float
    report: JobReport = attrs.field(factory=lambda: JobReport(JobStatus.queued))
    _steps: Generator[float, None, Outcome] | None = None


class FakeScheduler(Scheduler):
    """A scheduler whose jobs are Python functions in simulated time.

    Args:
        clock: the clock that the jobs live by.
        behaviour: what a job does. A generator yields the seconds until its next step, and what
            it returns is the job's outcome:

            ```python
            def behaviour(job):
                yield 60.0
                client.send_metrics(...)
                yield 60.0
                return 1 if job.env["SHERPA_TRIAL_ID"] == "3" else 0
            ```

        queued: seconds that each job waits before it starts.

    Attributes:
        jobs: all jobs by their id, in the order in which they were submitted.
        killed: ids of the jobs that were to be killed, in that order.
        most_at_once: the largest number of jobs that had not ended at one time.
    """

    def __init__(self, clock: FakeClock, behaviour: Behaviour, queued: float = 0.0) -> None:
        self._clock = clock
        self._behaviour = behaviour
        self._queued = queued
        self.jobs: dict[str, FakeJob] = {}
        self.killed: list[str] = []
        self.most_at_once = 0

    def submit_job(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        job_name: str,
        resources: Mapping[str, Any],
    ) -> str:
        """Start a job and return its id."""
        job = FakeJob(
            job_id=f"fake-{len(self.jobs) + 1}",
            command=list(command),
            env=dict(env),
            job_name=job_name,
            resources=dict(resources),
            submitted=self._clock.time(),
        )
        self.jobs[job.job_id] = job
        active = sum(not each.report.status.ended for each in self.jobs.values())
        self.most_at_once = max(self.most_at_once, active)
        if self._queued:
            self._clock.call_at(job.submitted + self._queued, lambda: self._start(job))
        else:
            self._start(job)
        return job.job_id

    def get_status(self, job_id: str) -> JobReport:
        """Return what became of a job so far.

        Raises:
            SchedulerError: the job is unknown.
        """
        return self._job(job_id).report

    def get_statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return what became of each job so far."""
        return {job_id: self.get_status(job_id) for job_id in job_ids}

    def find_job(self, job_name: str) -> str | None:
        """Return the id of the job of this name, None if there is none."""
        named = [job.job_id for job in self.jobs.values() if job.job_name == job_name]
        return named[-1] if named else None

    def kill_job(self, job_id: str) -> None:
        """End a job at once."""
        self.killed.append(job_id)
        self._end(self._job(job_id), -15)

    def lose(self, job_id: str) -> None:
        """End a job as if its node had gone down with it."""
        self._end(self._job(job_id), JobReport(JobStatus.killed, reason="lost"))

    def _job(self, job_id: str) -> FakeJob:
        if job_id not in self.jobs:
            raise SchedulerError(f"there is no job {job_id!r}")
        return self.jobs[job_id]

    def _start(self, job: FakeJob) -> None:
        if job.report.status.ended:  # killed while it was queued
            return
        job.report = JobReport(JobStatus.running)
        answer = self._behaviour(job)
        if isinstance(answer, Generator):
            job._steps = answer
            self._go_on(job)
        else:
            self._end(job, answer)

    def _go_on(self, job: FakeJob) -> None:
        if job._steps is None or job.report.status.ended:
            return
        try:
            pause = next(job._steps)
        except StopIteration as end:
            self._end(job, end.value)
        else:
            self._clock.call_at(self._clock.time() + pause, lambda: self._go_on(job))

    def _end(self, job: FakeJob, outcome: Outcome) -> None:
        if job.report.status.ended:
            return
        job.report = outcome if isinstance(outcome, JobReport) else _report(outcome or 0)
        if job._steps is not None:
            job._steps.close()


def _report(code: int) -> JobReport:
    if code < 0:
        return JobReport(JobStatus.killed, signal=-code, reason="signal")
    status = JobStatus.failed if code else JobStatus.finished
    return JobReport(status, exit_code=code, reason="exit")
