"""BatchScheduler: submits, follows and ends the jobs of an engine that schedules scripts."""

from __future__ import annotations

import abc
import glob
import math
import os
import re
import secrets
import shlex
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import attrs
from attrs import validators

from sherpa_batch import record as records
from sherpa_batch.job import BatchJob, InQueue, Known
from sherpa_batch.script import Submission, write_script
from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.plugin import Scheduler, option

#: Seconds after which a job that is gone is lost: accounting may be late, and a network's files.
GRACE = 30.0
_LOOK_AGAIN = 5.0  # seconds between two searches in the accounting for the same job
_LONGEST_NAME = 80  # characters


def _words(_instance: object, _field: object, value: str) -> None:
    try:
        shlex.split(value)
    except ValueError as error:
        raise UserError(f"submit_options {value!r} cannot be split into words: {error}") from None


@attrs.define(eq=False)
class BatchScheduler(Scheduler, abc.ABC):
    """Base class of schedulers for batch systems.

    An engine implements `resource_options`, `submit`, `cancel`, `queue` and, if there is more to
    be known about jobs that have left the queue, `find_end`.

    Args:
        submit_options: options of the engine's submit command, all in one string.
        environment: path of a file that is sourced by bash before each job.
        output_dir: folder for the jobs' output, instead of the study's.

    Attributes:
        engine: what messages call the engine.
        number_variable: the variable in which a job finds its own number.
        job_variables: variables of every job.
        forbidden: characters that the engine does not take as they are in an output's path.
        poll_interval: seconds between two queries of the engine, whatever the number of jobs.
        grace: seconds after which a job that is gone and has left no word is lost.

    Raises:
        UserError: `submit_options` has an open quotation.
    """

    engine: ClassVar[str]
    number_variable: ClassVar[str]
    job_variables: ClassVar[Mapping[str, str]] = {}
    forbidden: ClassVar[str] = ""
    grace: ClassVar[float] = GRACE

    submit_options: str = option(
        "options of the engine's submit command, all in one string",
        default="",
        validator=[validators.instance_of(str), _words],
    )
    environment: str = option(
        "path of a file that bash sources before each job",
        default="",
        converter=os.fspath,
        validator=validators.instance_of(str),
    )
    output_dir: str = option(
        "folder for the jobs' output, instead of the study's",
        default="",
        converter=os.fspath,
        validator=validators.instance_of(str),
    )
    remote: bool = attrs.field(init=False, repr=False, default=True)
    poll_interval: float = attrs.field(init=False, repr=False, default=1.0)
    _clock: Callable[[], float] = attrs.field(init=False, repr=False, default=time.monotonic)
    _seen: Mapping[str, InQueue] = attrs.field(init=False, repr=False, factory=dict)
    _seen_at: float = attrs.field(init=False, repr=False, default=-math.inf)
    _known: defaultdict[str, Known] = attrs.field(
        init=False, repr=False, factory=lambda: defaultdict(Known)
    )
    _unsure: dict[tuple[str, Path], Path] = attrs.field(init=False, repr=False, factory=dict)

    # What an engine implements

    @abc.abstractmethod
    def resource_options(self, resources: Mapping[str, int]) -> list[str]:
        """Return the submit options for `cpus`, `gpus`, `memory` (bytes) and `time` (seconds)."""

    @abc.abstractmethod
    def submit(self, submission: Submission) -> str:
        """Submit a job and return its number.

        Raises:
            SchedulerError: the engine refused it, in its own words.
            Unreachable: the engine does not answer, but may have got the job.
        """

    @abc.abstractmethod
    def cancel(self, number: str) -> None:
        """End a job, and return at once; one that is not there any more is no error.

        Raises:
            Unreachable: the engine does not answer.
        """

    @abc.abstractmethod
    def queue(self) -> Mapping[str, InQueue]:
        """Return all jobs of this user that the engine still knows, by number: one query.

        Raises:
            Unreachable: the engine does not answer: nothing is known.
        """

    def find_end(self, number: str, name: str) -> JobReport | None:
        """Return how a job ended that has left the queue, None if that is not known (yet).

        Raises:
            Unreachable: the engine does not answer.
        """
        return None

    def label(self, job_name: str) -> str:
        """Return what the engine's name of a job begins with, where the user has given one."""
        return job_name

    # What the core calls

    def submit_job(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        job_name: str = "",
        resources: Mapping[str, int] | None = None,
        work_dir: str = "",
        output_path: str = "",
    ) -> str:
        """Submit a job and return its id, with which every process can follow it.

        Args:
            command: the command's words; no shell sees them unquoted.
            env: variables added to the job's environment.
            job_name: what the job is called; the engine's name for it begins so.
            resources: what it asks for: `cpus`, `gpus`, `memory` (bytes), `time` (seconds).
            work_dir: folder to run in; the current one by default.
            output_path: file that standard output and error are appended to.

        Raises:
            SchedulerError: the engine refuses the job, or a file is missing.
            Unreachable: the engine does not answer.
        """
        if isinstance(command, str) or not command:
            raise SchedulerError(f"a command is a list of words, not {command!r}")
        job_name = job_name or Path(command[0]).name
        output = self._output(job_name, output_path)
        if (found := self._unsure_job(job_name, output)) is not None:
            return found
        token = secrets.token_hex(4)
        status, script = (output.with_name(f"{output.name}.{token}.{end}") for end in _FILES)
        options = (*shlex.split(self.submit_options), *self.resource_options(resources or {}))
        name = engine_name(self.label(job_name), token)
        try:
            self._check_path(output)
            output.parent.mkdir(parents=True, exist_ok=True)
            records.create(status, job_name, name)
            write_script(
                script,
                status,
                command,
                {**self.job_variables, **(env or {})},
                Path(work_dir).absolute(),
                self._environment_file(),
                self.number_variable,
            )
            number = self.submit(Submission(name, script, output, options))
        except (OSError, SchedulerError) as error:
            words = str(error)
            if isinstance(error, OSError):
                words = f"{error.filename!r} cannot be written here ({error.strerror})"
            problem = f"{self.engine}: job {job_name!r} cannot be submitted: {words}"
            if isinstance(error, Unreachable):  # it may have got the job: the next call will see
                self._unsure[job_name, output] = status
                raise Unreachable(problem) from error
            _remove(status)
            raise SchedulerError(problem) from error
        job_id = BatchJob(number, name, str(status)).id
        self._known[job_id].submitted = self._clock()
        return job_id

    def get_status(self, job_id: str) -> JobReport:
        """Return what is known of a job, whoever submitted it; asks at most once a second.

        Raises:
            SchedulerError: the id is none of this engine's.
            Unreachable: the engine does not answer.
        """
        return self.get_statuses([job_id])[job_id]

    def get_statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return what is known of each job: one query for all, at most once a second.

        Raises:
            SchedulerError: an id is none of this engine's.
            Unreachable: the engine does not answer.
        """
        jobs = {job_id: BatchJob.from_id(job_id, self.engine) for job_id in job_ids}
        return {job_id: self._report(job_id, job) for job_id, job in jobs.items()}

    def kill_job(self, job_id: str) -> None:
        """End a job; one that ended is no error.

        Raises:
            SchedulerError: the id is none of this engine's.
            Unreachable: the engine does not answer.
        """
        job = BatchJob.from_id(job_id, self.engine)
        seen = self._seen.get(job.number)
        if self._known[job_id].end is not None or (seen is not None and seen.name != job.name):
            return
        self.cancel(job.number)
        self._known[job_id].killed = True

    def find_job(self, job_name: str, output_path: str) -> str | None:
        """Return the id of the newest job that was submitted under a name, None if none was.

        Raises:
            Unreachable: the engine does not answer.
        """
        output = self._output(job_name, output_path)
        pattern = f"{glob.escape(output.name)}.*.{_FILES[0]}"
        for status in sorted(output.parent.glob(pattern), key=os.path.getmtime, reverse=True):
            record = records.read(status)
            if record is None or record.job_name != job_name:
                continue
            if record.number:
                return BatchJob(record.number, record.name, str(status)).id
            for number, seen in self._queue().items():
                if seen.name == record.name:
                    return BatchJob(number, record.name, str(status)).id
        return None

    # How it does that

    def _output(self, job_name: str, output_path: str) -> Path:
        output = Path(output_path or f"{Path(job_name).name}.out")
        return (Path(self.output_dir, output.name) if self.output_dir else output).absolute()

    def _check_path(self, output: Path) -> None:
        for character in self.forbidden:
            if character in str(output):
                raise SchedulerError(
                    f"it cannot write to {str(output)!r}, whose path holds {character!r}; give an "
                    "output_dir whose path does not"
                )

    def _unsure_job(self, job_name: str, output: Path) -> str | None:
        """Return the id of a job whose submission was cut off, if the engine has got it."""
        status = self._unsure.get((job_name, output))
        if status is None:
            return None
        self._seen_at = -math.inf
        found = self.find_job(job_name, str(output))
        if found is None:
            _remove(status)
        del self._unsure[job_name, output]
        return found

    def _environment_file(self) -> Path | None:
        if not self.environment:
            return None
        path = Path(self.environment).expanduser().absolute()
        if not path.is_file():
            raise SchedulerError(f"the environment file {str(path)!r} does not exist")
        return path

    def _queue(self) -> Mapping[str, InQueue]:
        """Return the queue as it was at most a poll interval ago."""
        now = self._clock()
        if now - self._seen_at >= self.poll_interval:
            with _asking():
                self._seen = self.queue()
            self._seen_at = now
        return self._seen

    def _report(self, job_id: str, job: BatchJob) -> JobReport:
        known = self._known[job_id]
        if known.end is not None:
            return known.end
        seen = self._queue().get(job.number)
        if seen is not None and seen.name != job.name:
            seen = None
        if seen is None and known.submitted >= self._seen_at:
            return JobReport(JobStatus.queued)
        found = seen.report if seen is not None else None
        if found is not None and not found.status.ended:
            report = self._noted_end(job, known)
            if report is None:
                return found
        else:
            report = self._end(job, known, found)
            if report is None:
                return JobReport(JobStatus.running, message="its end is being looked up")
        if report.reason not in ("exit", "signal"):
            where = f"{self.engine} job {job.number}"
            report = attrs.evolve(report, message=f"{where}: {report.message}")
        known.end = report
        with suppress(OSError):  # it is gone if the job itself came to its end
            Path(job.status).with_suffix(f".{_FILES[1]}").unlink()
        return report

    def _noted_end(self, job: BatchJob, known: Known) -> JobReport | None:
        """Return how a job ended that the engine shows as running, looking now and then.

        An engine that was down when the job ended may never hear of it.
        """
        now = self._clock()
        known.read = now if known.read is None else known.read
        if now - known.read < self.grace:
            return None
        known.read = now
        record = records.read(Path(job.status))
        return record.report if record else None

    def _end(self, job: BatchJob, known: Known, found: JobReport | None) -> JobReport | None:
        """Return how a job ended, from the engine and from its own record; None: not yet known."""
        record = records.read(Path(job.status))
        own = record.report if record else None
        if own is not None and (found is None or found.reason in ("exit", "signal")):
            return own
        now = self._clock()
        if found is None and now - known.searched > _LOOK_AGAIN:
            with _asking():
                found = self.find_end(job.number, job.name)
            known.searched = now
        if found is None and known.killed:
            return JobReport(JobStatus.killed, None, None, "cancelled", "killed as asked")
        # A success that the job has not noted may be none: a deletion by force looks like it.
        if found is not None and (record is None or found.status is not JobStatus.finished):
            return found
        known.missing = now if known.missing is None else known.missing
        if now - known.missing < self.grace:
            return None
        if record is not None and record.number:
            message = f"it vanished from {record.node} without a word of how it ended"
        else:
            message = "it vanished before it had started: was it deleted by hand?"
        return JobReport(JobStatus.killed, None, None, "lost", message)


_FILES = ("status", "job")


@contextmanager
def _asking() -> Iterator[None]:
    """Let a query that fails, for whatever reason, say nothing about jobs: they may run."""
    try:
        yield
    except Unreachable:
        raise
    except SchedulerError as error:
        raise Unreachable(str(error)) from error


def _remove(status: Path) -> None:
    """Remove the files of a job that was not submitted."""
    for end in _FILES:
        status.with_suffix(f".{end}").unlink(missing_ok=True)


def engine_name(job_name: str, token: str) -> str:
    """Return a job's name as every engine takes it: it begins like the job's own."""
    legal = re.sub(r"[^\w.-]", "_", job_name, flags=re.ASCII)[-_LONGEST_NAME:]
    return f"{'' if legal[:1].isalpha() else 'j'}{legal}.{token}"
