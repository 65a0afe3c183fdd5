"""Execution: how trials are run, as jobs of a scheduler; `workers.py` runs functions."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import attrs

from sherpa_core.command import fill_command
from sherpa_core.errors import SchedulerError, SherpaError, Unreachable
from sherpa_core.events import Event, to_json
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.registry import describe
from sherpa_core.session import hide_secrets, hide_words
from sherpa_core.sockets import Socket
from sherpa_core.trial import Trial

#: A configuration whose JSON is longer is read from the storage instead of the environment.
MAX_ENVIRONMENT = 100_000
_LONGEST_FAILURE = 2_000  # characters
_SILENCE = 60.0  # seconds for which a scheduler may fail to answer

logger = logging.getLogger(__name__)


@attrs.frozen
class Report:
    """An observation that came directly from a worker, and how to answer it.

    Args:
        trial: the trial's id.
        event: the observation's event, checked.
        answer: called with an error for the reporter (empty: none), and whether to stop.
    """

    trial: int
    event: Event
    answer: Callable[[str, bool], None]


@attrs.frozen
class Ended:
    """A trial's job has ended."""

    trial: int
    report: JobReport


class Execution(Protocol):
    """Runs trials; driven by the runner from one thread.

    Attributes:
        reattaches: jobs outlive their runner, and another one may follow them.
        cooperative: a job is told when it is to stop, and killed only if it does not.
    """

    reattaches: bool
    cooperative: bool

    @property
    def task(self) -> Mapping[str, Any]:
        """What a trial runs, as the log keeps it; see `plugin.Run`."""
        ...

    def start(self, trial: Trial, load_dir: str, save_dir: str) -> Any:
        """Start an attempt and return its job id; raises SchedulerError if that fails.

        Args:
            trial: the trial.
            load_dir: folder with the checkpoint that it may load, empty if there is none.
            save_dir: folder for its own checkpoint, empty if the study has no folder.
        """
        ...

    def is_queued(self, trial: Trial) -> bool:
        """Return whether a trial's job waits for its turn."""
        ...

    def adopt(self, trial: Trial, same_host: bool) -> Any:
        """Take over a job that another runner started; None if it cannot be known.

        Args:
            trial: the trial.
            same_host: whether that runner was on this host.

        Returns:
            The job's id.

        Raises:
            Unreachable: the scheduler's engine does not answer.
        """
        ...

    def release(self, trial: Trial) -> None:
        """Forget a job that was adopted."""
        ...

    def poll(self) -> Iterable[Report | Ended]:
        """Return what happened since the last call."""
        ...

    def kill(self, trial: Trial) -> None:
        """End a trial's job; its end is reported by `poll`."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait until something may have happened, at most so long."""
        ...

    def close(self) -> None:
        """Release what was held; running jobs go on."""
        ...


class JobExecution:
    """Runs each attempt as a job of a scheduler.

    Args:
        scheduler: the bound scheduler.
        words: the command, with placeholders.
        output_dir: folder of the study; output goes to `jobs/trial_<id>.out` in it.
        work_dir: folder in which jobs run.
        study: the study's name.
        storage: URL of the storage, which jobs report to.
        resources: resources per trial, as `resources_of` gives them.
        address: host and port of the database, for scripts that ask for them.
        clock: a monotonic time in seconds.
        sleep: how to wait.
    """

    def __init__(
        self,
        scheduler: Socket,
        words: Sequence[str],
        output_dir: Path,
        work_dir: Path,
        study: str,
        storage: str,
        resources: Mapping[str, int] | None = None,
        address: tuple[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._scheduler = scheduler
        self._words = list(words)
        self._output_dir = output_dir.absolute()
        self._jobs_dir = self._output_dir / "jobs"
        self._work_dir = work_dir.absolute()
        self._study = study
        self._storage = storage
        self._resources = dict(resources or {})
        self._address = address
        self._clock = clock
        self._sleep = sleep
        self._jobs: dict[int, Any] = {}
        self._queued: set[int] = set()
        self._silent_since: float | None = None
        self._secret_written = False
        self._interval = float(getattr(scheduler.plugin, "poll_interval", 0.02))
        self._asked = -self._interval
        self._jobs_dir.mkdir(parents=True, exist_ok=True)

    reattaches = True
    cooperative = False

    @property
    def task(self) -> Mapping[str, Any]:
        """See `Execution.task`."""
        return {
            "command": hide_words(self._words),
            "scheduler": describe("scheduler", self._scheduler.plugin),
            "resources": self._resources,
            "work_dir": str(self._work_dir),
        }

    def start(self, trial: Trial, load_dir: str, save_dir: str) -> Any:
        """See `Execution.start`."""
        with self._named("submit_job"):
            job = self._scheduler.hook.submit_job(
                command=fill_command(self._words, trial.parameters),
                env=self._environment(trial, load_dir, save_dir),
                job_name=self._job_name(trial),
                resources=self._resources,
                work_dir=str(self._work_dir),
                output_path=self._output_path(trial),
            )
            if not isinstance(job, str | int) or job == "":
                raise self._scheduler.error(f"returned {job!r:.80} from submit_job as a job's id.")
        self._jobs[trial.id] = job
        return job

    def is_queued(self, trial: Trial) -> bool:
        """See `Execution.is_queued`."""
        return trial.id in self._queued

    def adopt(self, trial: Trial, same_host: bool) -> Any:
        """See `Execution.adopt`."""
        if not (same_host or getattr(self._scheduler.plugin, "remote", False)):
            return None
        try:
            job = self._find(trial) if trial.job is None else trial.job
            if job is None:
                return None
            report = self._report(self._scheduler.hook.get_status(job_id=job))
        except Unreachable:
            raise  # the job may run: starting it once more would double it
        except Exception:  # noqa: BLE001 - it may say in any way that it does not know the job
            return None
        # Who ended its jobs, as two interrupts do, had nothing against their trials.
        if report.status is JobStatus.other or report.reason in ("lost", "cancelled"):
            return None
        self._jobs[trial.id] = job
        return job

    def release(self, trial: Trial) -> None:
        """See `Execution.release`."""
        self._jobs.pop(trial.id, None)
        self._queued.discard(trial.id)

    def poll(self) -> list[Report | Ended]:
        """See `Execution.poll`; a scheduler that does not answer for a while is asked again.

        Raises:
            SchedulerError: it has not answered for a minute.
        """
        now = self._clock()
        if not self._jobs or now - self._asked < self._interval:
            return []
        self._asked = now
        ended: list[Report | Ended] = []
        try:
            known = self._statuses()
            self._silent_since = None
        except SchedulerError as error:
            self._silent_since = since = self._silent_since or now
            if now - since > _SILENCE:
                raise SchedulerError(str(error)) from error  # not `Unreachable`: it was borne
            logger.warning("asking the scheduler again: %s", error)
            self._asked = now + 1.0 - self._interval
            return ended
        self._queued = {
            id
            for id, job in self._jobs.items()
            if job in known and known[job].status is JobStatus.queued
        }
        for id, job in list(self._jobs.items()):
            if job in known and known[job].status.ended:
                del self._jobs[id]
                ended.append(Ended(id, known[job]))
        return ended

    def kill(self, trial: Trial) -> None:
        """See `Execution.kill`."""
        job = self._jobs.get(trial.id)
        if job is not None:
            with self._named("kill_job"):
                self._scheduler.hook.kill_job(job_id=job)

    def wait(self, seconds: float) -> None:
        """See `Execution.wait`."""
        self._sleep(seconds)

    def close(self) -> None:
        """See `Execution.close`."""
        if close := getattr(self._scheduler.plugin, "close", None):
            close()

    def _find(self, trial: Trial) -> Any:
        """Return the job of a runner that ended before it could write down the job's id."""
        if not self._scheduler.implements("find_job"):
            return None
        return self._scheduler.hook.find_job(
            job_name=self._job_name(trial), output_path=self._output_path(trial)
        )

    def _job_name(self, trial: Trial) -> str:
        return f"{self._study}-{trial.id}.{trial.attempt}"

    def _output_path(self, trial: Trial) -> str:
        return str(self._jobs_dir / f"trial_{trial.id}.out")

    def _statuses(self) -> dict[str, JobReport]:
        jobs = list(self._jobs.values())
        with self._named("get_status"):
            if self._scheduler.implements("get_statuses"):
                answers = dict(self._scheduler.hook.get_statuses(job_ids=jobs))
            else:
                answers = {job: self._scheduler.hook.get_status(job_id=job) for job in jobs}
        return {job: self._report(answer) for job, answer in answers.items()}

    def _report(self, answer: Any) -> JobReport:
        if isinstance(answer, JobReport):
            return answer
        if isinstance(answer, JobStatus):
            return JobReport(answer)
        raise self._scheduler.error(
            f"returned {answer!r:.80} as a job's status; allowed are JobStatus and JobReport."
        )

    def _named(self, doing: str) -> _Named:
        return _Named(self._scheduler, doing)

    def _environment(self, trial: Trial, load_dir: str, save_dir: str) -> dict[str, str]:
        environment = {
            "SHERPA_TRIAL_ID": str(trial.id),
            "SHERPA_ATTEMPT": str(trial.attempt),
            "SHERPA_STUDY": self._study,
            "SHERPA_OUTPUT_DIR": str(self._output_dir),
            "SHERPA_LOAD_DIR": load_dir,
            "SHERPA_SAVE_DIR": save_dir,
        }
        if self._address is not None:
            environment["SHERPA_DB_HOST"], environment["SHERPA_DB_PORT"] = map(str, self._address)
        text = to_json({"id": trial.id, "parameters": trial.parameters})
        if len(text) <= MAX_ENVIRONMENT:
            environment["SHERPA_TRIAL"] = text
        if hide_secrets(self._storage) == self._storage:
            environment["SHERPA_STORAGE"] = self._storage
        else:  # a password: a file that only its owner reads, never an environment
            environment["SHERPA_STORAGE_FILE"] = self._secret_file()
        return environment

    def _secret_file(self) -> str:
        path = self._output_dir / ".storage"
        if not self._secret_written:
            path.unlink(missing_ok=True)  # it may hold another password, or be open to all
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(self._storage)
            self._secret_written = True
        return str(path)


class _Named:
    """Turns whatever a scheduler raises into an error that names it."""

    def __init__(self, scheduler: Socket, doing: str) -> None:
        self._scheduler = scheduler
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, SherpaError):
            problem = f"failed in {self._doing}: {type(error).__name__}: {error}."
            raise SchedulerError(str(self._scheduler.error(problem))) from error


def describe_end(report: JobReport) -> str:
    """Return why a job failed, in words for the results; empty if it did not."""
    if report.status is JobStatus.finished:
        return ""
    if report.reason == "out_of_memory":
        text = "out of memory"
    elif report.signal is not None:
        text = f"signal {report.signal}"
        if report.signal in set(signal.Signals):
            text += f" ({signal.Signals(report.signal).name})"
    elif report.exit_code is not None:
        text = f"exit code {report.exit_code}"
    else:
        text = (report.reason or report.status.name).replace("_", " ")
    if report.message and report.reason not in ("exit", "signal"):
        text += f": {report.message}"
    return text[:_LONGEST_FAILURE].encode("utf-8", "replace").decode("utf-8")
