"""What runs on a Dask worker: one task for each job.

A job's state is kept with the cluster's scheduler, under the job's id: first `queued`, then the
worker that runs it, then how it ended. So it outlives the runner, the task and the worker.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from distributed import Client, Event, get_client, get_worker

from sherpa_core.jobs import JobReport, JobStatus
from sherpa_local.remote import RemoteJob, to_dict

_wishes: dict[str, threading.Event] = {}  # the jobs of this process: whether they are to end


def run_job(job_id: str, job: RemoteJob) -> None:
    """Run a job and note how it ended."""
    client, worker = get_client(), get_worker()
    state = client.get_dataset(job_id, default=None)
    if state is None or "report" in state:
        return  # given up by its runner
    if "worker" in state:  # Dask starts a task again whose worker is gone; the study decides that
        publish(client, job_id, report=to_dict(lost(state["worker"])))
        return
    wish = _wishes[job_id] = threading.Event()
    try:
        publish(client, job_id, worker=worker.address)
        if Event(kill_name(job_id), client).is_set():  # asked before this worker was known
            report = JobReport(JobStatus.killed, reason="cancelled", message=KILLED_EARLY)
        else:
            visible = os.environ.get("CUDA_VISIBLE_DEVICES")
            gpus = int(worker.state.total_resources.get("GPU", 0))
            devices = tuple(map(str, range(gpus))) if visible is None else None
            report = job.run(wish.wait, devices)
    finally:
        del _wishes[job_id]
    publish(client, job_id, report=to_dict(report))


def end_job(job_id: str) -> None:
    """Ask this worker to end a job."""
    if wish := _wishes.get(job_id):
        wish.set()


def publish(client: Client, job_id: str, **state: Any) -> None:
    """Keep a job's state with the cluster's scheduler."""
    client.publish_dataset(state, name=job_id, override=True)


def kill_name(job_id: str) -> str:
    """Return the name of the event that says whether a job is to be killed."""
    return f"{job_id}-kill"


KILLED_EARLY = "killed before it started"


def lost(worker: str) -> JobReport:
    """Return the report of a job whose worker is gone."""
    return JobReport(JobStatus.killed, None, None, "lost", f"its Dask worker {worker} is gone")
