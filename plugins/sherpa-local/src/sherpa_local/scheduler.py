"""LocalScheduler: starts, watches and ends jobs of this machine."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
from attrs import validators

from sherpa_core.errors import SchedulerError, UserError
from sherpa_core.jobs import JobReport, JobStatus, is_alive, process_start
from sherpa_core.plugin import Scheduler, option
from sherpa_local.pool import Pool

_WRAPPER = str(Path(__file__).with_name("wrapper.py"))
_RECORD = 512  # bytes: the wrapper writes over them, which needs no more room on the disk

#: Variables that a job may lack: those of a job that this process itself runs in are not its own.
_OF_ANOTHER_JOB = frozenset(
    f"SHERPA_{name}" for name in ("TRIAL", "LOAD_DIR", "SAVE_DIR", "RESOURCE", "DB_HOST", "DB_PORT")
)

#: Variables by which libraries learn how many threads they may start.
_THREADS = tuple(
    f"{name}_NUM_THREADS" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB", "BLIS")
)


def _words(_instance: object, _field: object, value: str) -> None:
    try:
        shlex.split(value)
    except ValueError as error:
        raise UserError(f"submit_options {value!r} cannot be split into words: {error}") from None


def _names(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value  # a text is refused by the validator, not taken letter by letter
    return tuple(str(name) for name in value)


@attrs.frozen
class _Job:
    """What names a job in any process: its id is the JSON of this."""

    # Ids come from the log: a wrong one must not reach a process that is no job.
    pid: int = attrs.field(validator=[validators.instance_of(int), validators.gt(1)])
    start: str = attrs.field(validator=validators.instance_of(str))
    status: str = attrs.field(validator=validators.instance_of(str))
    resource: str = attrs.field(validator=validators.instance_of(str))

    @classmethod
    def from_id(cls, job_id: str) -> _Job:
        try:
            return cls(**json.loads(job_id))
        except (TypeError, ValueError):
            raise SchedulerError(f"{job_id!r} is not a job of the local scheduler") from None


@attrs.define(eq=False)
class LocalScheduler(Scheduler):
    """Runs each job as a process group of this machine.

    A small wrapper process watches the job and writes how it ended to a file beside the output,
    so that a job can be followed by any process, also when the one that started it is gone.

    Args:
        submit_options: words put before the command, such as `nice -n 10`.
        output_dir: folder for the jobs' output, instead of the study's.
        resources: names handed out as SHERPA_RESOURCE, each to one job at a time; a job gets ''
            when none is free. A job that asks for GPUs waits until it gets so many of them, by
            default of those in CUDA_VISIBLE_DEVICES.
        grace: seconds from SIGTERM to SIGKILL when a job is killed.
        max_output: bytes of a job's output that are kept, beside its last 64 KiB.
        keep_running: whether jobs go on when the process that started them is gone.

    Raises:
        UserError: `submit_options` has an open quotation.
    """

    submit_options: str = option(
        "words put before the command, such as `nice -n 10`",
        default="",
        validator=[validators.instance_of(str), _words],
    )
    output_dir: str = option(
        "folder for the jobs' output, instead of the study's",
        default="",
        converter=os.fspath,
        validator=validators.instance_of(str),
    )
    resources: tuple[str, ...] | None = option(
        "names handed out as SHERPA_RESOURCE, each to one job at a time",
        default=None,
        converter=_names,
        validator=validators.optional(validators.instance_of(tuple)),
    )
    grace: float = option(
        "seconds from SIGTERM to SIGKILL when a job is killed",
        default=5.0,
        validator=validators.ge(0),
    )
    max_output: int = option(
        "bytes of a job's output that are kept, beside its last 64 KiB",
        default=100_000_000,
        validator=[validators.instance_of(int), validators.ge(0)],
    )
    keep_running: bool = option(
        "whether jobs go on when the process that started them is gone",
        default=True,
        validator=validators.instance_of(bool),
    )
    _pool: Pool = attrs.field(init=False, repr=False)
    _children: dict[str, int | None] = attrs.field(init=False, repr=False, factory=dict)
    #: The GPUs that a job waits for, in the order of submission.
    _queue: dict[str, int] = attrs.field(init=False, repr=False, factory=dict)
    #: The writing ends of the pipes to wrappers.
    _lines: dict[str, int] = attrs.field(init=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._pool = Pool(self.resources)

    def submit_job(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        job_name: str = "",
        work_dir: str = "",
        output_path: str = "",
        resources: Mapping[str, int] | None = None,
    ) -> str:
        """Start a job and return its id, with which every process can follow it.

        Args:
            command: the command's words; no shell sees them.
            env: variables added to this process's environment.
            job_name: what messages call the job, and its output where no path is given.
            work_dir: folder to run in; the current one by default.
            output_path: file that standard output and error are appended to.
            resources: `gpus` are taken from the pool, the job waits for them; `cpus` is the
                number of threads that libraries start; `time` in seconds ends the job; `memory`
                is not enforced.

        Raises:
            UserError: it asks for more GPUs than there are.
            SchedulerError: the command, the folder or the output file cannot be used.
        """
        if isinstance(command, str) or not command:
            raise SchedulerError(f"a command is a list of words, not {command!r}")
        words = [*shlex.split(self.submit_options), *command]
        asked = resources or {}
        gpus = asked.get("gpus", 0)
        self._pool.check(gpus)
        resource = self._pool.free(gpus or 1) if not (gpus and self._queue) else None
        queued = bool(gpus) and resource is None
        environment = self._environment(env or {}, resource or "", asked)
        name = job_name or words[0]
        _require_command(words[0], environment.get("PATH", os.defpath), work_dir, name)
        output = Path(output_path or f"{Path(name).name}.out")
        if self.output_dir:
            output = Path(self.output_dir, output.name)
        try:
            pid, status, line = self._start(
                words, environment, work_dir, output.absolute(), asked.get("time", 0), queued
            )
        except (OSError, TypeError, ValueError) as error:
            raise SchedulerError(f"job {name!r} cannot be started: {error}") from error
        held = environment["SHERPA_RESOURCE"] if gpus or self.resources is not None else ""
        job = _Job(pid, process_start(pid) or "", status, held)
        job_id = json.dumps(attrs.asdict(job))
        self._children[job_id] = None
        if line is not None:
            self._lines[job_id] = line
        if queued:
            self._queue[job_id] = gpus
        self._pool.hold(job_id, held)
        return job_id

    def get_status(self, job_id: str) -> JobReport:
        """Return what is known of a job, whoever started it.

        Raises:
            SchedulerError: the id is none of this scheduler's.
        """
        job = _Job.from_id(job_id)
        if self._runs(job_id, job):
            queued = job_id in self._queue or not self._follow(job_id, job)
            return JobReport(JobStatus.queued if queued else JobStatus.running)
        self._let_go(job_id)
        kind, number, message = _last_record(job)
        if kind == "running":
            _end_orphan(job, number)
        if kind in ("starting", "queued", "running"):
            wait_status = self._children.get(job_id) or 0
            by = os.WTERMSIG(wait_status) if os.WIFSIGNALED(wait_status) else None
            message = "the job vanished without a word of how it ended"
            return JobReport(JobStatus.killed, None, by, "lost", message)
        return _report(kind, number, message)

    def get_statuses(self, job_ids: Sequence[str]) -> dict[str, JobReport]:
        """Return what `get_status` says of each job."""
        return {job_id: self.get_status(job_id) for job_id in job_ids}

    def kill_job(self, job_id: str) -> None:
        """Ask a job and its children to end; what is left after the grace time is killed.

        Raises:
            SchedulerError: the id is none of this scheduler's.
        """
        job = _Job.from_id(job_id)
        if self._runs(job_id, job):
            with suppress(ProcessLookupError):  # it ended in between
                os.kill(job.pid, signal.SIGTERM)  # the wrapper does the rest, with or without us
        else:
            self.get_status(job_id)  # ends what a lost wrapper may have left behind

    def _environment(
        self, env: Mapping[str, str], resource: str, asked: Mapping[str, int]
    ) -> dict[str, str]:
        inherited = {key: text for key, text in os.environ.items() if key not in _OF_ANOTHER_JOB}
        if "cpus" in asked:
            inherited = dict.fromkeys(_THREADS, str(asked["cpus"])) | inherited
        environment = {**inherited, "SHERPA_RESOURCE": "", **env}
        if "gpus" in asked:
            resource = resource if asked["gpus"] else ""
            environment["CUDA_VISIBLE_DEVICES"] = resource
        if "gpus" in asked or self.resources is not None:
            environment["SHERPA_RESOURCE"] = resource
        return environment

    def _start(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        work_dir: str,
        output: Path,
        limit: int,
        queued: bool,
    ) -> tuple[int, str, int | None]:
        """Start a wrapper and return its id, its file and the writing end of its line."""
        output.parent.mkdir(parents=True, exist_ok=True)
        read: int = subprocess.DEVNULL
        write = None
        if queued or not self.keep_running:
            read, write = os.pipe()
        with open(output, "ab") as stream:
            descriptor, status = tempfile.mkstemp(".status", f"{output.name}.", output.parent)
            # Blocked until the wrapper handles it: a kill may come before it is ready.
            mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            try:
                with open(descriptor, "w") as file:
                    file.write(("queued 0" if queued else "starting").ljust(_RECORD))
                limits = [str(float(self.grace)), str(self.max_output), str(limit)]
                line = " ".join(["queued"] * queued + ["tied"] * (not self.keep_running))
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", _WRAPPER, status, *limits, line, *words],
                    stdin=read,
                    stdout=stream,
                    stderr=stream,
                    cwd=work_dir or None,
                    env=environment,
                    start_new_session=True,
                )
            except BaseException:
                os.unlink(status)
                if write is not None:
                    os.close(write)
                raise
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
                if read >= 0:
                    os.close(read)
        process.returncode = 0  # Popen would warn of a job that outlives this object: it may
        return process.pid, status, write

    def _runs(self, job_id: str, job: _Job) -> bool:
        if job_id not in self._children:
            return is_alive(job.pid, job.start)
        if self._children[job_id] is not None:
            return False
        try:
            pid, wait_status = os.waitpid(job.pid, os.WNOHANG)
        except ChildProcessError:  # a fork of the process that started it asks
            return is_alive(job.pid, job.start)
        if pid:
            self._children[job_id] = wait_status
        return not pid

    def _follow(self, job_id: str, job: _Job) -> bool:
        """Note what a running job holds; return False if it still waits for that."""
        if job_id in self._children or self._pool.is_known(job_id):
            return True
        kind, _, resource = _last_record(job)
        self._pool.hold(job_id, resource if kind == "running" else job.resource)
        return kind != "queued"

    def _let_go(self, job_id: str) -> None:
        """Take back what a job held, and start those that waited for it."""
        self._pool.release(job_id)
        self._queue.pop(job_id, None)
        if job_id in self._lines:
            os.close(self._lines.pop(job_id))
        for waiting, gpus in list(self._queue.items()):
            names = self._pool.free(gpus)
            if names is None:
                return
            del self._queue[waiting]
            self._pool.hold(waiting, names)
            with suppress(BrokenPipeError):  # it was killed: its end is seen at the next poll
                os.write(self._lines[waiting], names.encode() + b"\n")
            if self.keep_running:
                os.close(self._lines.pop(waiting))


def _require_command(word: str, path: str, work_dir: str, name: str) -> None:
    folders = [""] if os.sep in word else path.split(os.pathsep)
    found = [
        file for folder in folders if os.path.isfile(file := os.path.join(work_dir, folder, word))
    ]
    if not found:
        raise SchedulerError(f"job {name!r} cannot be started: there is no command {word!r}")
    if not any(os.access(file, os.X_OK) for file in found):
        raise SchedulerError(f"job {name!r} cannot be started: {found[0]!r} is not executable")


def _last_record(job: _Job) -> tuple[str, int, str]:
    """Return how a job ended, in its wrapper's words."""
    try:
        words = Path(job.status).read_text(errors="replace").strip().split(maxsplit=2)
        return words[0], int(words[1]), "".join(words[2:])
    except (OSError, ValueError, IndexError):  # removed, or emptied by a crash of the machine
        return "starting", 0, ""


def _end_orphan(job: _Job, pid: int) -> None:
    """Kill a job whose wrapper is gone: nobody reads its output, and it may run again."""
    with suppress(OSError):
        if os.getsid(pid) == job.pid:  # else the process id belongs to somebody else by now
            os.killpg(pid, signal.SIGKILL)


def _report(kind: str, number: int, message: str) -> JobReport:
    if kind == "exit":
        status = JobStatus.failed if number else JobStatus.finished
        return JobReport(status, number, None, "exit", f"exited with code {number}")
    if kind == "not_started":
        return JobReport(JobStatus.failed, number, None, "not_started", message)
    if kind == "timeout":
        return JobReport(JobStatus.killed, None, number, kind, "it took longer than it may")
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if kind == "out_of_memory":
        return JobReport(
            JobStatus.killed, None, number, kind, "ended by the kernel, which ran out of memory"
        )
    by_whom = "killed as asked" if kind == "killed" else "ended"
    return JobReport(JobStatus.killed, None, number, "signal", f"{by_whom} by {name}")
