"""Jobs as schedulers see them: status, report, and which process is which."""

from __future__ import annotations

import enum
import os
import subprocess

import attrs


class JobStatus(enum.Enum):
    """What became of a job. The last three are final."""

    queued = 1
    running = 2
    finished = 3
    failed = 4
    killed = 5
    other = 6

    @property
    def ended(self) -> bool:
        """Whether the job will not run any more."""
        return self in (JobStatus.finished, JobStatus.failed, JobStatus.killed)


@attrs.frozen
class JobReport:
    """A job's status with what is known about its end.

    Args:
        status: finished (exit code 0), failed, killed (by a signal from outside), or not ended.
        exit_code: the process's exit code, where it exited.
        signal: the number of the signal that ended it, where one did.
        reason: one word for machines: `exit`, `signal`, `timeout`, `out_of_memory`, `lost`,
            `cancelled`, `not_started`, or an engine's own word. `lost` means that the job vanished
            with its node or its runner; such a trial may run again. `cancelled` means that
            somebody has ended it.
        message: a sentence for people.
    """

    status: JobStatus
    exit_code: int | None = None
    signal: int | None = None
    reason: str = ""
    message: str = ""


def process_start(pid: int) -> str | None:
    """Return a text that stays the same while process `pid` lives, None when it does not.

    Process ids are used again; id and start time together name one process. A zombie counts
    as ended.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode()
    except (FileNotFoundError, ProcessLookupError):
        if os.path.isdir("/proc/self"):
            return None
    shown = subprocess.run(  # macOS has no /proc
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return None if not shown or shown[0].startswith("Z") else shown[-1].strip()


def is_alive(pid: int, started: str) -> bool:
    """Return whether the process that had `pid` and start time `started` still runs."""
    return process_start(pid) == started
