"""Jobs of a batch system: their ids, what the queue shows, and what this process knows of them."""

from __future__ import annotations

import json
import math

import attrs
from attrs import validators

from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobReport


@attrs.frozen
class BatchJob:
    """What names a job in any process: its id is the JSON of this.

    Args:
        number: what the engine calls it.
        name: its name in the engine, which guards against a number that was given out again.
        status: path of its status file.
    """

    number: str = attrs.field(validator=validators.matches_re(r"[0-9][\w.\[\]-]*"))
    name: str = attrs.field(validator=validators.matches_re(r"[A-Za-z_][\w.-]*"))
    status: str = attrs.field(validator=validators.instance_of(str))

    @classmethod
    def from_id(cls, job_id: str, engine: str) -> BatchJob:
        """Return the job that an id names; raises SchedulerError if it names none."""
        try:
            return cls(**json.loads(job_id))
        except (TypeError, ValueError):
            raise SchedulerError(f"{job_id!r} is not a job of {engine}") from None

    @property
    def id(self) -> str:
        """The job's id."""
        return json.dumps(attrs.asdict(self))


@attrs.frozen
class InQueue:
    """A job as the engine's queue shows it.

    Args:
        name: the job's full name.
        report: queued or running; or how it ended, as far as the queue says it. None: it will
            not run, and `find_end` knows why.
    """

    name: str
    report: JobReport | None


@attrs.define
class Known:
    """What this process knows of a job; times are the clock's."""

    submitted: float = -math.inf
    killed: bool = False  # by this process
    missing: float | None = None  # since when it has left the queue without a word
    searched: float = -math.inf
    read: float | None = None
    end: JobReport | None = None
