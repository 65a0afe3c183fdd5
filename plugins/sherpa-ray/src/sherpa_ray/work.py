"""What runs on a Ray cluster: a task for each job, and an actor that owns them all.

Ray ends the tasks of a driver that is gone. The actor is detached: it outlives the runner, and
answers the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, TaskCancelledError

from sherpa_core.jobs import JobReport, JobStatus
from sherpa_local.remote import RemoteJob

_KEPT = 1000  # ended jobs that are remembered


@ray.remote(max_retries=0)  # type: ignore[untyped-decorator]
def run_job(owner: Any, job_id: str, job: RemoteJob) -> JobReport:
    """Run a job to its end; a cancellation of the task kills it."""
    owner.started.remote(job_id)
    wish = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(job.run, wish.wait)
        while not running.done():
            try:
                wait([running], timeout=0.1)  # a longer one would not be interrupted
            except KeyboardInterrupt:  # this is how Ray cancels
                wish.set()
        return running.result()


@ray.remote(num_cpus=0, max_restarts=0)
class Owner:
    """Owns the jobs of all studies on a cluster."""

    def __init__(self) -> None:
        self._tasks: dict[str, Any] = {}
        self._started: set[str] = set()
        self._ended: dict[str, JobReport] = {}

    def submit(self, job_id: str, job: RemoteJob, options: Mapping[str, Any]) -> None:
        """Submit a job with options of its task; one that is known already is left alone."""
        if job_id not in self._tasks and job_id not in self._ended:
            this = ray.get_runtime_context().current_actor
            self._tasks[job_id] = run_job.options(**options).remote(this, job_id, job)

    def started(self, job_id: str) -> None:
        """Note that a job is running."""
        self._started.add(job_id)

    def reports(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return what is known of jobs; what is not known is lost."""
        self._collect()
        return {job_id: self._report(job_id) for job_id in job_ids}

    def find(self, family: str) -> str | None:
        """Return the newest job whose id begins so."""
        found = [job_id for job_id in (*self._tasks, *self._ended) if job_id.startswith(family)]
        return max(found, default=None)

    def kill(self, job_id: str) -> None:
        """Ask a job to end."""
        if job_id in self._tasks:
            ray.cancel(self._tasks[job_id])

    def _collect(self) -> None:
        """Note the jobs whose tasks have ended."""
        tasks = {task: job_id for job_id, task in self._tasks.items()}
        ready = ray.wait(list(tasks), num_returns=len(tasks), timeout=0)[0] if tasks else []
        for task in ready:
            job_id = tasks[task]
            self._ended[job_id] = _end_of(task)
            del self._tasks[job_id]
            self._started.discard(job_id)
        while len(self._ended) > _KEPT:
            del self._ended[next(iter(self._ended))]

    def _report(self, job_id: str) -> JobReport:
        if job_id in self._tasks:
            running = job_id in self._started
            return JobReport(JobStatus.running if running else JobStatus.queued)
        return self._ended.get(job_id) or lost("its Ray cluster does not know it any more")


def _end_of(task: Any) -> JobReport:
    """Return the report of a task that has ended."""
    try:
        report: JobReport = ray.get(task)
        return report
    except TaskCancelledError:
        return JobReport(JobStatus.killed, None, None, "cancelled", "killed as asked")
    except RayTaskError as error:
        message = f"its Ray worker cannot run it: {error.cause!r}"
        return JobReport(JobStatus.failed, None, None, "not_started", message)
    except OutOfMemoryError:
        message = "ended by Ray, since its node ran out of memory"
        return JobReport(JobStatus.killed, None, None, "out_of_memory", message)
    except RayError as error:
        reason = str(error).strip().partition("\n")[0]
        return lost(f"its Ray worker is gone: {type(error).__name__}: {reason}")


def lost(message: str) -> JobReport:
    """Return the report of a job that vanished with its worker."""
    return JobReport(JobStatus.killed, None, None, "lost", message)
