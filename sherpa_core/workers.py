"""Workers: processes that call an objective function, one trial after the other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sherpa_core.errors import SchedulerError
from sherpa_core.events import Event
from sherpa_core.execution import Ended, Report
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.objective import Objective, ObjectiveTrial, call
from sherpa_core.trial import Trial

_PATIENCE = 1.0  # seconds in which a process that is about to end does
_WATCH = 0.2  # seconds after which a worker looks whether its runner lives


class _Worker:
    """One worker process and the trial that it works on."""

    def __init__(
        self, objective: Objective, output_dir: Path | None, others: list[_Worker]
    ) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, child = context.Pipe()
        runners_ends = [self.pipe, *(worker.pipe for worker in others)]
        # No daemon: the function may start processes of its own.
        self.process = context.Process(
            target=_serve, args=(objective, child, runners_ends, output_dir, os.getpid())
        )
        try:
            with warnings.catch_warnings():  # Python 3.12 warns of threads, even idle ones
                warnings.simplefilter("ignore", DeprecationWarning)
                self.process.start()
        except BaseException:
            self.pipe.close()
            raise
        finally:
            child.close()
        self.trial: int | None = None

    def kill(self) -> None:
        """Kill the process and its children."""
        pid = self.process.pid
        if pid is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS: a group of zombies
                os.killpg(pid, signal.SIGKILL)
        self.process.kill()  # it may not be in a group of its own yet

    def end(self) -> int:
        """End the process and its children, at once if it works, and return its exit code."""
        if self.trial is not None:
            self.kill()
        self.pipe.close()
        deadline = time.monotonic() + _PATIENCE  # `join` cannot wait for who closed everything
        while self.process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.001)
        self.kill()
        self.process.join()
        return self.process.exitcode or 0


class WorkerExecution:
    """Runs trials by calling a function in reusable processes, which can be killed.

    Args:
        objective: called with an `ObjectiveTrial`; returns the objective, or reports it.
        output_dir: the study's folder; what a trial prints goes to `jobs/trial_<id>.out`.
            There is no limit to it. Default: it goes where this process prints.
    """

    def __init__(self, objective: Objective, output_dir: Path | None) -> None:
        self._objective = objective
        self._output_dir = output_dir
        self._workers: list[_Worker] = []
        if output_dir is not None:
            (output_dir / "jobs").mkdir(parents=True, exist_ok=True)

    reattaches = False
    cooperative = True

    @property
    def task(self) -> Mapping[str, str]:
        """See `Execution.task`."""
        module, name = self._objective.__module__, getattr(self._objective, "__qualname__", "")
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not self._objective:  # a lambda, a function inside of another one, an object
            return {}
        return {"objective": f"{module}:{name}", "work_dir": os.getcwd()}

    def start(self, trial: Trial, load_dir: str, save_dir: str) -> str:
        """See `Execution.start`."""
        for worker in [each for each in self._workers if each.trial is None]:
            try:
                worker.pipe.send((trial.id, trial.attempt, trial.parameters, load_dir, save_dir))
            except OSError:  # it died while it was idle
                worker.end()
                self._workers.remove(worker)
            else:
                worker.trial = trial.id
                return f"worker:{worker.process.pid}"
        try:
            self._workers.append(_Worker(self._objective, self._output_dir, self._workers))
        except OSError as error:
            raise SchedulerError(f"no worker process can be started: {error}") from error
        return self.start(trial, load_dir, save_dir)

    def is_queued(self, trial: Trial) -> bool:
        """See `Execution.is_queued`."""
        return False

    def adopt(self, trial: Trial, same_host: bool) -> None:
        """Workers end with their runner: there is nothing to take over."""

    def release(self, trial: Trial) -> None:
        """See `Execution.release`."""

    def poll(self) -> list[Report | Ended]:
        """See `Execution.poll`."""
        found: list[Report | Ended] = []
        for worker in [each for each in self._workers if each.trial is not None]:
            try:
                # A worker's children may hold its pipe open, so its end has two signs.
                alive = worker.process.is_alive()
                if worker.pipe.poll():
                    found.append(self._receive(worker))
                elif not alive:
                    found.append(self._lost(worker))
            except (EOFError, OSError):
                found.append(self._lost(worker))
        return found

    def kill(self, trial: Trial) -> None:
        """See `Execution.kill`."""
        for worker in self._workers:
            if worker.trial == trial.id:
                worker.kill()

    def wait(self, seconds: float) -> None:
        """See `Execution.wait`."""
        wait([each.pipe for each in self._workers if each.trial is not None], seconds)

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _receive(self, worker: _Worker) -> Report | Ended:
        message = worker.pipe.recv()
        assert worker.trial is not None
        if isinstance(message, JobReport):
            trial, worker.trial = worker.trial, None
            return Ended(trial, message)

        def answer(error: str, stop: bool) -> None:
            with suppress(OSError):  # the worker died meanwhile, which `poll` finds out
                worker.pipe.send((error, stop))

        return Report(worker.trial, message, answer)

    def _lost(self, worker: _Worker) -> Ended:
        self._workers.remove(worker)
        trial, worker.trial = worker.trial, None
        assert trial is not None
        code = worker.end()
        if code < 0:
            return Ended(trial, JobReport(JobStatus.killed, signal=-code, reason="signal"))
        return Ended(trial, JobReport(JobStatus.failed, exit_code=code, reason="exit"))


def _serve(
    objective: Objective,
    pipe: Connection,
    runners_ends: list[Connection],
    output_dir: Path | None,
    runner: int,
) -> None:
    """A worker's life: receive a trial, call the function, tell how it ended."""
    os.setpgid(0, 0)  # a kill takes the children of the function too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for each in runners_ends:
        each.close()
    threading.Thread(target=_end_with, args=(runner,), daemon=True).start()

    def report(event: Event) -> tuple[str, bool]:
        pipe.send(event)
        answer: tuple[str, bool] = pipe.recv()
        return answer

    while True:
        try:
            id, attempt, parameters, load_dir, save_dir = pipe.recv()
            if output_dir is not None:
                with suppress(OSError):  # a full disk is no reason to end the trial
                    _print_to(output_dir / "jobs" / f"trial_{id}.out")
            folder = str(output_dir or "")
            trial = ObjectiveTrial(id, parameters, report, folder, load_dir, save_dir)
            trial.attempt = attempt
            pipe.send(call(objective, trial))
        except (EOFError, OSError):
            os._exit(0)  # the runner is gone, or has no more work


def _end_with(runner: int) -> None:
    # Other processes may hold copies of the runner's ends of pipes, so their end is no sign.
    while os.getppid() == runner:
        time.sleep(_WATCH)
    os.killpg(0, signal.SIGKILL)


def _print_to(path: Path) -> None:
    """Send this process's output to a file from here on."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    # In notebooks `sys.stdout` is no file; elsewhere it may hold text of the runner.
    sys.stdout, sys.stderr = (
        open(each, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
        for each in (1, 2)
    )
