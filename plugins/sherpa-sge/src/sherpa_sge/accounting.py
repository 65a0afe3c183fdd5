"""Reads Grid Engine's accounting: how a job ended."""

from __future__ import annotations

from collections.abc import Iterator

from sherpa_batch.record import ended_by_signal, exited
from sherpa_core.jobs import JobReport, JobStatus

#: Values of `failed`, see sge_status(5).
_RESCHEDULED = 25
_NO_OUTPUT = 26
_COULD_NOT_START = (_NO_OUTPUT, 27, 28, 29, 30)  # shell, folder, AFS, or it gave itself up
_LIMIT = 37
_KILLED = 100


def last_report(text: str, name: str) -> JobReport | None:
    """Return how a job ended, from what `qacct -j NUMBER` says; None if it says nothing of it.

    Args:
        text: what qacct has printed. A job that ran again has several records, and its number
            may have been another job's before.
        name: the job's name.
    """
    found = [record for record in _records(text) if record.get("jobname") == name]
    return _report(found[-1]) if found else None


def _records(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("=" * 30):
        lines = (line.split(None, 1) for line in block.splitlines())
        record = {words[0]: words[1].strip() for words in lines if len(words) == 2}
        if record:
            yield record


def _report(record: dict[str, str]) -> JobReport | None:
    failed, _, words = record.get("failed", "").partition(":")
    code, status = _number(failed), _number(record.get("exit_status", ""))
    words = words.strip()
    if code == 0:
        return exited(status)
    if code == _RESCHEDULED:
        return None
    if code == _KILLED and status > 128:
        return ended_by_signal(status - 128)
    if code == _LIMIT:
        message = f"it was killed at one of its limits ({words}): h_rt, h_cpu or h_vmem"
        return JobReport(JobStatus.killed, None, None, "timeout", message)
    if code in _COULD_NOT_START:
        message = f"it could not start: {words} (failed {code})"
        if code == _NO_OUTPUT:
            message += "; can its node write to the folder of its output?"
        return JobReport(JobStatus.failed, None, None, "not_started", message)
    return JobReport(JobStatus.killed, None, None, "lost", f"{words} (failed {code})")


def _number(text: str) -> int:
    first = text.split(None, 1)[0] if text.strip() else ""
    return int(first) if first.isdigit() else 0
