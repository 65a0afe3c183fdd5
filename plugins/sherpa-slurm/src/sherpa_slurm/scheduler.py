"""SLURMScheduler: submits, follows and ends jobs with Slurm's own programs."""

from __future__ import annotations

import logging
import math
import os
import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

import attrs

from sherpa_batch import BatchScheduler, InQueue, Submission, run_program
from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_slurm import states

#: Options of sbatch that make of one job none, or several, or let the submission wait for its end.
_IMPOSSIBLE = ("--array", "-a", "--clusters", "-M", "--test-only", "--wait", "-W", "--wrap")

#: Of the variables of Slurm's programs, those that say where the cluster is. The others describe a
#: job that this process runs in, or somebody's favourite output.
_KEPT = frozenset({"SLURM_CONF", "SLURM_JWT"})

_NOT_THERE = "Invalid job id"
#: What Slurm's programs say when the controller does not answer, and may be asked again.
_SILENT = re.compile("Unable to contact|timed out|Connection refused|Zero Bytes")
#: What to try when Slurm's answer holds these words.
_HINTS = {
    "invalid partition": "`sinfo -s` lists the partitions",
    "Invalid account": "`sacctmgr show associations user=$USER` lists your accounts",
    "Invalid qos": "`sacctmgr show qos` lists them",
    "Invalid generic resource": "`sinfo -o '%P %G'` shows which partitions have GPUs",
    "can not be satisfied": "`sinfo -o '%P %c %m'` shows the cpus and the memory of the nodes",
}
_TAIL = 8192  # bytes of an output file in which Slurm's last words stand

logger = logging.getLogger(__name__)


@attrs.define(eq=False)
class SLURMScheduler(BatchScheduler):
    """Runs every job through Slurm's sbatch.

    Args:
        submit_options: options of sbatch, such as `-p gpu --account=lab`, all in one string.
        environment: path of a file that bash sources before each job.
        output_dir: folder for the jobs' output, instead of the study's.

    Raises:
        UserError: `submit_options` has an open quotation, or an option that cannot be followed.
    """

    engine: ClassVar[str] = "Slurm"
    number_variable: ClassVar[str] = "SLURM_JOB_ID"
    forbidden: ClassVar[str] = "\\"  # Slurm removes it, and then reads `%%` as two signs
    #: `--export=NONE` would otherwise hold for `srun` inside a job, too.
    job_variables: ClassVar[Mapping[str, str]] = {"SLURM_EXPORT_ENV": "ALL"}

    _warned: set[str] = attrs.field(init=False, repr=False, factory=lambda: {""})

    def __attrs_post_init__(self) -> None:
        for word in shlex.split(self.submit_options):
            if word.partition("=")[0] in _IMPOSSIBLE:
                raise UserError(
                    f"submit_options cannot hold {word!r}: each trial is one job of one cluster, "
                    "and nothing waits for its end"
                )

    def get_statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """See `BatchScheduler.get_statuses`; warns once of each reason why jobs may never start."""
        reports = super().get_statuses(job_ids)
        for report in reports.values():
            if report.status is JobStatus.queued and report.reason not in self._warned:
                self._warned.add(report.reason)
                logger.warning("%s", report.message)
        return reports

    def resource_options(self, resources: Mapping[str, int]) -> list[str]:
        """See `BatchScheduler.resource_options`; memory is in MiB, time in minutes, rounded up."""
        options = []
        if "cpus" in resources:
            options.append(f"--cpus-per-task={resources['cpus']}")
        if "memory" in resources:
            options.append(f"--mem={math.ceil(resources['memory'] / 2**20)}M")
        if "time" in resources:
            options.append(f"--time={math.ceil(resources['time'] / 60)}")
        if resources.get("gpus"):
            options.append(f"--gres=gpu:{resources['gpus']}")
        return options

    def submit(self, submission: Submission) -> str:
        """See `BatchScheduler.submit`."""
        said = _run(
            "sbatch",
            "--parsable",
            "--export=NONE",
            "--no-requeue",  # what is to run again, a study decides
            "--chdir=/",  # the script goes to its folder by itself, and notices if it cannot
            *submission.options,
            f"--job-name={submission.name}",
            f"--output={str(submission.output).replace('%', '%%')}",
            "--open-mode=append",
            str(submission.script),
        )
        answer = re.search(r"^\d+(?=;|$)", said.stdout, re.MULTILINE)
        if said.returncode == 0 and answer is not None:
            return answer[0]
        error = _error(said)
        if isinstance(error, Unreachable):  # the controller may have taken the job all the same
            for number, job in self.queue().items():
                if job.name == submission.name:
                    return number
        raise error

    def cancel(self, number: str) -> None:
        """See `BatchScheduler.cancel`."""
        said = _run("scancel", number)
        if said.returncode and _NOT_THERE not in said.stderr:
            raise _error(said)

    def queue(self) -> dict[str, InQueue]:
        """See `BatchScheduler.queue`."""
        user = f"--user={os.getuid()}"
        said = _run("squeue", user, "--all", "--noheader", "--states=all", "--format=%A|%T|%r|%j")
        if said.returncode:
            raise _error(said)
        jobs = {}
        for line in said.stdout.splitlines():
            number, _, rest = line.partition("|")
            state, _, rest = rest.partition("|")
            reason, _, name = rest.partition("|")
            report = states.in_queue(state, reason)
            if report is not None and report.reason and report.status is JobStatus.queued:
                why = f"Slurm job {number} ({name}) does not start: {states.explained(reason)}"
                report = attrs.evolve(report, message=why)
            jobs[number] = InQueue(name, report)
        return jobs

    def find_end(self, number: str, name: str) -> JobReport | None:
        """See `BatchScheduler.find_end`: from the controller, else from the accounting."""
        said = _run("scontrol", "--oneliner", "show", "job", number)
        if said.returncode == 0:
            return _details(said.stdout, number, name)
        if _NOT_THERE not in said.stderr:
            raise _error(said)
        with suppress(SchedulerError):  # not every cluster has an accounting
            fields = "--format=State,ExitCode,Reason,JobName"
            said = _run("sacct", "-X", "-n", "-P", "-j", number, fields)
            for line in said.stdout.splitlines():
                *told, found = line.split("|", 3)
                if found == name:
                    state, code, reason = told
                    return _end(number, state.partition(" ")[0], code, reason, "")
        return None


def _details(text: str, number: str, name: str) -> JobReport | None:
    """Return how a job ended according to `scontrol show job`."""
    found = dict(re.findall(r"(?<!\S)(\w+)=(.*?)(?=\s+\w+=|\s*$)", text))
    if found.get("JobName") != name:
        return None
    output = found.get("StdOut", "")
    return _end(number, found["JobState"], found["ExitCode"], found["Reason"], output)


def _end(number: str, state: str, exit_code: str, reason: str, output: str) -> JobReport | None:
    if state != "FAILED":
        return states.ended(state)
    code, _, signal = exit_code.partition(":")
    report = states.failed(int(code), int(signal), reason, output)
    if report.status is JobStatus.killed and _is_said_to_exceed_memory(number, output):
        return states.ended("OUT_OF_MEMORY")
    return report


def _is_said_to_exceed_memory(number: str, output: str) -> bool:
    """Return whether Slurm has written that into a job's output: without cgroups, nowhere else."""
    try:
        with open(output, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            last = file.read().decode("utf-8", "replace")
    except OSError:
        return False
    said = rf"^slurmstepd.*StepId={number}\.\w+ exceeded .*memory limit"
    return re.search(said, last, re.MULTILINE) is not None


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    misleading = [
        name
        for name in os.environ
        if name.startswith(("SLURM_", "SQUEUE_", "SACCT_")) and name not in _KEPT
    ]
    return run_program(words, env=dict.fromkeys(misleading))


def _error(said: subprocess.CompletedProcess[str]) -> SchedulerError:
    """Return an error with Slurm's own words."""
    program: str = said.args[0]
    told = said.stderr or said.stdout
    lines = [re.sub(rf"^{program}: (error: )?", "", line) for line in told.splitlines()]
    words = "; ".join(line.strip() for line in lines if line.strip())
    words += "".join(f"; {hint}" for part, hint in _HINTS.items() if part in words)
    kind = Unreachable if _SILENT.search(words) else SchedulerError
    return kind(f"{program}: {words or f'exit code {said.returncode}'}")
