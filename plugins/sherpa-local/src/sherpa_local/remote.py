"""A job that travels to the worker of an engine, and how it is run there."""

from __future__ import annotations

import functools
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import attrs

from sherpa_core.errors import SchedulerError, SherpaError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_local.scheduler import LocalScheduler

_SECRET = "SHERPA_STORAGE_FILE"
_INTERVAL = 0.05  # seconds between two looks at a running job

_lock = threading.Lock()  # a worker runs jobs in several threads


@attrs.frozen
class RemoteJob:
    """What a worker must know of a job.

    Args:
        command: its words. Where the first is the sender's Python, the worker's runs it.
        env: variables added to the worker's environment.
        name: what messages call the job.
        work_dir: folder on the worker's host to run in.
        output_path: file on the worker's host that gets the output.
        resources: what it asks for, see `SchedulerSpec.submit_job`.
        secret: the contents of the file SHERPA_STORAGE_FILE, which that host may not have.
        python: the sender's interpreter.
    """

    command: Sequence[str]
    env: Mapping[str, str] = attrs.field(repr=False)
    name: str
    work_dir: str
    output_path: str
    resources: Mapping[str, int]
    secret: str | None = attrs.field(repr=False)
    python: str

    @classmethod
    def packed(
        cls,
        command: Sequence[str],
        env: Mapping[str, str] | None,
        name: str,
        work_dir: str,
        output_path: str,
        resources: Mapping[str, int] | None,
    ) -> RemoteJob:
        """Return a job that can be sent, with the secret that its environment names.

        Raises:
            SchedulerError: the command is no list of words, or the secret cannot be read.
        """
        if isinstance(command, str) or not command:
            raise SchedulerError(f"a command is a list of words, not {command!r}")
        variables, secret = dict(env or {}), None
        if path := variables.pop(_SECRET, None):
            try:
                secret = Path(path).read_text(encoding="utf-8")
            except OSError as error:
                raise SchedulerError(f"job {name!r} cannot be sent: {error}") from error
        return cls(
            list(command),
            variables,
            name,
            os.path.abspath(work_dir),
            os.path.abspath(output_path or f"{Path(name or command[0]).name}.out"),
            dict(resources or {}),
            secret,
            sys.executable,
        )

    def run(
        self, is_unwanted: Callable[[float], bool], devices: tuple[str, ...] | None = None
    ) -> JobReport:
        """Run the job to its end on this host. It ends with this process, too.

        Args:
            is_unwanted: waits up to so many seconds; returns whether the job is to be killed.
            devices: the GPUs that this process hands out to its jobs. Default: those in
                CUDA_VISIBLE_DEVICES.
        """
        env = dict(self.env)
        try:
            with nullcontext() if self.secret is None else _secret_file(self.secret) as path:
                if path:
                    env[_SECRET] = path
                return self._run(env, is_unwanted, devices)
        except (OSError, SherpaError) as error:
            message = f"{error} (on {socket.gethostname()})"
            return JobReport(JobStatus.failed, None, None, "not_started", message)

    def _run(
        self,
        env: Mapping[str, str],
        is_unwanted: Callable[[float], bool],
        devices: tuple[str, ...] | None,
    ) -> JobReport:
        command = list(self.command)
        if command[0] == self.python:
            command[0] = sys.executable
        with _lock:
            scheduler = _scheduler(devices if "gpus" in self.resources else None)
            job_id = scheduler.submit_job(
                command, env, self.name, self.work_dir, self.output_path, self.resources
            )
        killed = False
        while True:
            with _lock:
                report = scheduler.get_status(job_id)
            if report.status.ended:
                return report
            if killed:
                time.sleep(_INTERVAL)
            elif is_unwanted(_INTERVAL):
                scheduler.kill_job(job_id)
                killed = True


@contextmanager
def _secret_file(text: str) -> Iterator[str]:
    """Provide a file that only its owner can read."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="sherpa-") as file:
        file.write(text)
        file.flush()
        yield file.name


@functools.cache
def _scheduler(devices: tuple[str, ...] | None) -> LocalScheduler:
    """Return the scheduler of this process, whose jobs share its GPUs."""
    return LocalScheduler(resources=devices, keep_running=False)


def to_dict(report: JobReport) -> dict[str, Any]:
    """Return a report as plain values, which every protocol carries."""
    return {**attrs.asdict(report, recurse=False), "status": report.status.name}


def from_dict(values: Mapping[str, Any]) -> JobReport:
    """Return the report that `to_dict` made these values of."""
    return JobReport(**{**values, "status": JobStatus[values["status"]]})


def require_id(job_id: str, prefix: str, engine: str) -> str:
    """Return a job's id; raises `SchedulerError` if it is none of this engine's."""
    if not str(job_id).startswith(prefix):
        raise SchedulerError(f"{job_id!r} is not a job of the {engine} scheduler")
    return job_id
