"""Status files: what a job itself has written down about its start and its end.

One line for each thing that happened; the job script appends them. So the end of a job is known
when its engine has forgotten it, and a success that only the engine claims can be doubted.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path

import attrs

from sherpa_core.jobs import JobReport, JobStatus


@attrs.frozen
class Record:
    """What a status file says.

    Args:
        job_name: the name that the job was submitted under.
        name: its name in the engine.
        number: the engine's number of the job, empty before it started.
        node: the host that it started on.
        report: how it ended, None if it has not noted an end.
    """

    job_name: str = ""
    name: str = ""
    number: str = ""
    node: str = ""
    report: JobReport | None = None


def create(path: Path, job_name: str, name: str) -> None:
    """Write a new status file, before the job is submitted."""
    path.touch(0o600, exist_ok=False)
    path.write_text(f"name {name} {json.dumps(job_name)}\n", "utf-8")


def read(path: Path) -> Record | None:
    """Return what a status file says, None if it is not there."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    record = Record()
    for line in lines:
        key, _, text = line.partition(" ")
        words = text.split(" ")
        if key == "name":
            record = attrs.evolve(record, name=words[0], job_name=_text(" ".join(words[1:])))
        elif key == "started" and len(words) == 3:
            # A job that its engine ran again has not ended, whatever its first run has noted.
            record = attrs.evolve(record, node=words[1], number=words[2], report=None)
        elif key == "ended" and len(words) >= 3:
            record = attrs.evolve(record, report=_report(words[1], " ".join(words[2:])))
    return record


def _text(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


def _report(kind: str, text: str) -> JobReport | None:
    if kind == "not_started":
        return JobReport(JobStatus.failed, None, None, kind, text)
    if not text.isdigit():  # the line is not complete: the disk is full, or it is being written
        return None
    number = int(text)
    if kind == "signal":
        return ended_by_signal(number)
    return exited(number)


def exited(code: int) -> JobReport:
    """Return the report of a job that exited by itself."""
    status = JobStatus.failed if code else JobStatus.finished
    return JobReport(status, code, None, "exit", f"exited with code {code}")


def ended_by_signal(number: int) -> JobReport:
    """Return the report of a job that a signal ended."""
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return JobReport(JobStatus.killed, None, number, "signal", f"ended by {name}")
