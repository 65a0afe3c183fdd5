"""What Slurm's words for a job's state mean."""

from __future__ import annotations

from sherpa_batch.record import ended_by_signal, exited
from sherpa_core.jobs import JobReport, JobStatus

_WAITING = frozenset(
    [
        "PENDING",
        "CONFIGURING",
        "REQUEUED",
        "REQUEUE_FED",
        "REQUEUE_HOLD",
        "RESV_DEL_HOLD",
        "SPECIAL_EXIT",
    ]
)

_ENDED = {
    "CANCELLED": ("cancelled", "it was cancelled in Slurm"),
    "TIMEOUT": ("timeout", "it ran longer than its time limit"),
    "DEADLINE": ("deadline", "its deadline came before its end"),
    "OUT_OF_MEMORY": ("out_of_memory", "it used more memory than it had asked for"),
    "NODE_FAIL": ("lost", "its node went down"),
    "BOOT_FAIL": ("lost", "its node did not boot"),
    "PREEMPTED": ("lost", "another job was preferred to it"),
    "REVOKED": ("lost", "another cluster took it over"),
}

#: Reasons for which every job may wait; the others want somebody's attention.
_USUAL = frozenset(
    ["None", "Priority", "Resources", "Dependency", "BeginTime", "Prolog", "Cleaning"]
)

_EXPLAINED = {
    "AssociationJobLimit": "too many of your jobs run at the same time",
    "BadConstraints": "no node has what it asks for",
    "InvalidAccount": "your account may not be used",
    "InvalidQOS": "its quality of service may not be used",
    "JobHeldAdmin": "an administrator holds it back",
    "JobHeldUser": "it is held; `scontrol release` lets it go",
    "PartitionConfig": "it asks for more than its partition's nodes have",
    "PartitionDown": "its partition takes no jobs to its nodes now",
    "PartitionInactive": "its partition starts no jobs now",
    "PartitionNodeLimit": "it asks for more nodes than its partition allows",
    "PartitionTimeLimit": "it asks for more time than its partition allows",
    "ReqNodeNotAvail": "nodes that it asks for are down or reserved",
}

_OUTPUT_CANNOT_BE_OPENED = 53  # Slurm says it as if it were a signal


def in_queue(state: str, reason: str) -> JobReport | None:
    """Return what the queue says of a job; None where only the job's details tell.

    Args:
        state: Slurm's word, such as `PENDING`.
        reason: why it waits, or ended, such as `Resources`.
    """
    if state in _WAITING:
        return JobReport(JobStatus.queued, reason="" if reason in _USUAL else reason)
    if state == "FAILED":
        return None
    return ended(state) or JobReport(JobStatus.running)


def ended(state: str) -> JobReport | None:
    """Return the report for a final state other than `FAILED`, None for any other word."""
    if state == "COMPLETED":
        return exited(0)
    if state not in _ENDED:
        return None
    reason, message = _ENDED[state]
    return JobReport(JobStatus.killed, None, None, reason, message)


def failed(code: int, signal: int, reason: str, output: str) -> JobReport:
    """Return the report of a job in the state `FAILED`.

    Args:
        code: exit code.
        signal: number of the signal that ended it, or 0.
        reason: Slurm's word for why.
        output: path of its output file.
    """
    if signal == _OUTPUT_CANNOT_BE_OPENED:
        problem = f"its output file {output!r} cannot be opened on its node"
        return JobReport(JobStatus.failed, None, None, "not_started", problem)
    if signal:
        return ended_by_signal(signal)
    if reason in ("None", "NonZeroExitCode"):
        return exited(code)
    return JobReport(JobStatus.failed, None, None, "not_started", explained(reason))


def explained(reason: str) -> str:
    """Return Slurm's word for why a job waits, with what it means where that is known."""
    word = reason.partition(",")[0]
    return f"{reason} ({_EXPLAINED[word]})" if word in _EXPLAINED else reason
