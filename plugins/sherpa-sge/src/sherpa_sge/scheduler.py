"""SGEScheduler: submits, follows and ends jobs of Grid Engine."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar
from xml.etree import ElementTree

import attrs

from sherpa_batch import BatchScheduler, InQueue, Submission, run_program
from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.plugin import option
from sherpa_sge.accounting import last_report
from sherpa_sge.client import Client, program

_REASON = re.compile(r"^error reason\s+\d+:\s*(.*)$", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_][\w.-]*")


def _name(_instance: object, field: attrs.Attribute[str], value: str) -> None:
    if not _WORD.fullmatch(str(value)):
        raise UserError(f"{field.name} must be a name as Grid Engine knows it, but is {value!r}")


@attrs.define(eq=False)
class SGEScheduler(BatchScheduler):
    """Runs each job on Grid Engine, through DRMAA.

    Args:
        submit_options: options of `qsub`, all in one string, such as `-P project -q queue`.
        environment: path of a file that bash sources before each job.
        output_dir: folder for the jobs' output, instead of the study's.
        parallel_environment: where jobs with several cpus run (`qconf -spl` lists them).
        memory: name of the resource that limits memory, per slot.
        gpu: name of the resource that counts GPUs.

    Raises:
        UserError: `submit_options` has an open quotation or asks for an array, or a name is none.
    """

    engine: ClassVar[str] = "Grid Engine"
    number_variable: ClassVar[str] = "JOB_ID"
    forbidden: ClassVar[str] = "$\n"  # variables, and the end of an argument

    parallel_environment: str = option(
        "where jobs with several cpus run", default="smp", validator=_name
    )
    memory: str = option(
        "name of the resource that limits memory, per slot", default="h_vmem", validator=_name
    )
    gpu: str = option("name of the resource that counts GPUs", default="gpu", validator=_name)
    _client: Client = attrs.field(init=False, repr=False, factory=Client)

    def __attrs_post_init__(self) -> None:
        if "-t" in shlex.split(self.submit_options):
            raise UserError(f"submit_options {self.submit_options!r}: a trial is no array job (-t)")

    def resource_options(self, resources: Mapping[str, int]) -> list[str]:
        """See `BatchScheduler.resource_options`."""
        words = []
        slots = resources.get("cpus", 1)
        if slots > 1:
            words += ["-pe", self.parallel_environment, str(slots)]
        if "memory" in resources:  # Grid Engine multiplies it by the slots
            kibibytes = -(-resources["memory"] // (1024 * slots))
            words += ["-l", f"{self.memory}={kibibytes}K"]
        if "time" in resources:
            words += ["-l", f"h_rt={resources['time']}"]
        if resources.get("gpus"):
            words += ["-l", f"{self.gpu}={resources['gpus']}"]
        return words

    def label(self, job_name: str) -> str:
        """Return a job's name with what `-N` says instead of the study's name."""
        words = shlex.split(self.submit_options)
        if "-N" not in words[:-1]:
            return job_name
        return f"{words[words.index('-N') + 1]}-{job_name.rpartition('-')[2]}"

    def submit(self, submission: Submission) -> str:
        """See `BatchScheduler.submit`."""
        options = shlex.join(submission.options)
        try:
            answer = self._client.ask(
                do="submit",
                name=submission.name,
                script=str(submission.script),
                output=str(submission.output),
                options=options,
            )
        except SchedulerError as error:
            given = f" (submit options: {options})" if options else ""
            raise type(error)(f"{error}{given}") from None
        return str(answer["number"])

    def cancel(self, number: str) -> None:
        """See `BatchScheduler.cancel`."""
        try:
            self._client.ask(do="terminate", number=number)
        except SchedulerError as error:
            raise type(error)(f"Grid Engine job {number} cannot be killed: {error}") from None

    def queue(self) -> Mapping[str, InQueue]:
        """See `BatchScheduler.queue`."""
        user = pwd.getpwuid(os.getuid()).pw_name
        said = run_program([program("qstat"), "-xml", "-u", user])
        try:
            if said.returncode != 0:
                raise ValueError(said.stderr.strip() or f"exit status {said.returncode}")
            jobs = ElementTree.fromstring(said.stdout).iter("job_list")
            return {
                job.findtext("JB_job_number", ""): InQueue(
                    job.findtext("JB_name", ""), _status(job.findtext("state", ""))
                )
                for job in jobs
            }
        except (ValueError, ElementTree.ParseError) as error:
            words = "; ".join(str(error).splitlines())
            raise Unreachable(f"qstat fails: {words}; does `qhost` answer?") from None

    def find_end(self, number: str, name: str) -> JobReport | None:
        """See `BatchScheduler.find_end`."""
        if number not in self._seen:
            with suppress(Unreachable):  # the accounting of many years is a long file
                return last_report(run_program([program("qacct"), "-j", number]).stdout, name)
            return None
        reasons = _REASON.findall(run_program([program("qstat"), "-j", number]).stdout)
        if not reasons:
            return None
        self.cancel(number)  # it would stay in the queue, in error, until somebody removes it
        return JobReport(JobStatus.failed, None, None, "not_started", "; ".join(reasons))


def _status(state: str) -> JobReport | None:
    """Return what the letters of a state mean; None for an error (`Eqw`)."""
    if "E" in state:
        return None
    return JobReport(JobStatus.queued if "q" in state else JobStatus.running)
