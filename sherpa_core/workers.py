"""Workers: processes that call an objective function, one trial after the other."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from sherpa_core.errors import TrialStopped, UserError
from sherpa_core.execution import Ended, Report
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.trial import Trial

Objective = Callable[["ObjectiveTrial"], Any]


class ObjectiveTrial(Trial):
    """The trial that an objective function is called with.

    Attributes:
        output_dir: the study's folder as text, empty if it has none.
    """

    __slots__ = ("_pipe", "last_iteration", "last_objective", "output_dir")

    def __init__(
        self, id: int, parameters: Mapping[str, Any], pipe: Connection, output_dir: str
    ) -> None:
        super().__init__(id, parameters)
        self.output_dir = output_dir
        self.last_iteration = 0
        self.last_objective: Any = None
        self._pipe = pipe

    def report(
        self,
        objective: float,
        iteration: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Report one observation.

        Args:
            objective: its value.
            iteration: for example the epoch. Default: one more than the last one.
            context: other metrics by name.

        Raises:
            TrialStopped: the trial is to end; let it pass.
            UserError: a value is not what it should be.
        """
        if iteration is None:
            iteration = self.last_iteration + 1
        self._pipe.send(("report", objective, iteration, dict(context or {})))
        error, stop = self._pipe.recv()
        if error:
            raise UserError(error)
        self.last_iteration, self.last_objective = int(iteration), objective
        if stop:
            raise TrialStopped(f"trial {self.id} is to stop")


def load_objective(objective: str | Objective) -> Objective:
    """Return the function that is meant by itself or by `module:function`.

    Raises:
        UserError: there is no such function.
    """
    if not isinstance(objective, str):
        if not callable(objective):
            raise UserError(f"objective must be a function or 'module:function', not {objective!r}")
        return objective
    module, colon, name = objective.partition(":")
    if not colon or not module or not name:
        raise UserError(f"objective must look like 'module:function', but is {objective!r}")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # the module is the user's own: it may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise UserError(f"objective {objective!r} cannot be imported: {reason}") from error
    if not callable(found):
        raise UserError(f"objective {objective!r} is not a function")
    function: Objective = found
    return function


class _Worker:
    """One worker process and the trial that it works on."""

    def __init__(self, objective: Objective, output_dir: Path | None) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, child = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(objective, child, self.pipe, output_dir), daemon=True
        )
        with warnings.catch_warnings():  # Python 3.12 warns of forks beside threads, even idle ones
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        child.close()
        self.trial: int | None = None


class WorkerExecution:
    """Runs trials by calling a function in reusable processes, which can be killed.

    Args:
        objective: called with an `ObjectiveTrial`; returns the objective, or reports it.
        output_dir: the study's folder; what a trial prints goes to `jobs/trial_<id>.out`.
            Default: it goes where this process prints.
    """

    def __init__(self, objective: Objective, output_dir: Path | None) -> None:
        self._objective = objective
        self._output_dir = output_dir
        self._workers: list[_Worker] = []
        if output_dir is not None:
            (output_dir / "jobs").mkdir(parents=True, exist_ok=True)

    reattaches = False
    cooperative = True

    def start(self, trial: Trial) -> str:
        """See `Execution.start`."""
        worker = next((each for each in self._workers if each.trial is None), None)
        if worker is None or not worker.process.is_alive():
            if worker is not None:
                self._workers.remove(worker)
            worker = _Worker(self._objective, self._output_dir)
            self._workers.append(worker)
        worker.trial = trial.id
        worker.pipe.send((trial.id, trial.parameters))
        return f"worker:{worker.process.pid}"

    def adopt(self, trial: Trial, same_host: bool) -> bool:
        """Workers end with their runner: there is nothing to take over."""
        return False

    def release(self, trial: Trial) -> None:
        """See `Execution.release`."""

    def poll(self) -> list[Report | Ended]:
        """See `Execution.poll`."""
        found: list[Report | Ended] = []
        for worker in [each for each in self._workers if each.trial is not None]:
            try:
                while worker.trial is not None and worker.pipe.poll():
                    found.append(self._receive(worker))
                    if isinstance(found[-1], Report):
                        break  # the worker waits for the answer
            except (EOFError, OSError):
                found.append(self._lost(worker))
        return found

    def kill(self, trial: Trial) -> None:
        """See `Execution.kill`."""
        for worker in self._workers:
            if worker.trial == trial.id and worker.process.pid:
                try:
                    os.killpg(worker.process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    worker.process.kill()

    def wait(self, seconds: float) -> None:
        """See `Execution.wait`."""
        wait([each.pipe for each in self._workers if each.trial is not None], seconds)

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.pipe.close()  # all of them first: a later worker holds copies of earlier pipes
        for worker in self._workers:
            worker.process.join(1)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    def _receive(self, worker: _Worker) -> Report | Ended:
        message = worker.pipe.recv()
        assert worker.trial is not None
        if message[0] == "report":

            def answer(error: str, stop: bool) -> None:
                try:
                    worker.pipe.send((error, stop))
                except OSError:
                    return  # the worker died meanwhile, which `poll` finds out

            return Report(worker.trial, message[1], message[2], message[3], answer)
        trial, worker.trial = worker.trial, None
        if message[0] == "done":
            return Ended(trial, JobReport(JobStatus.finished, 0))
        return Ended(trial, JobReport(JobStatus.failed, reason="exception", message=message[1]))

    def _lost(self, worker: _Worker) -> Ended:
        worker.process.join()
        self._workers.remove(worker)
        assert worker.trial is not None
        code = worker.process.exitcode or 0
        if code < 0:
            return Ended(worker.trial, JobReport(JobStatus.killed, signal=-code, reason="signal"))
        return Ended(worker.trial, JobReport(JobStatus.failed, exit_code=code, reason="exit"))


def _serve(
    objective: Objective, pipe: Connection, parents_end: Connection, output_dir: Path | None
) -> None:
    """A worker's life: receive a trial, call the function, tell how it ended."""
    parents_end.close()
    os.setpgid(0, 0)  # a kill takes the children of the function too
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            id, parameters = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        if output_dir is not None:
            _print_to(output_dir / "jobs" / f"trial_{id}.out")
        trial = ObjectiveTrial(id, parameters, pipe, str(output_dir or ""))
        try:
            result = objective(trial)
            if result is not None and not _same(result, trial.last_objective):
                trial.report(result)
            message = ("done", "")
        except TrialStopped:
            message = ("done", "")
        except (BrokenPipeError, EOFError, ConnectionError):
            os._exit(0)  # the runner is gone
        except BaseException as error:  # noqa: BLE001 - also SystemExit ends a trial only
            traceback.print_exc()
            if isinstance(error, SystemExit) and not error.code:
                message = ("done", "")
            else:
                message = ("failed", f"{type(error).__name__}: {error}")
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            pipe.send(message)
        except OSError:
            os._exit(0)


def _same(result: Any, last: Any) -> bool:
    if last is None:
        return False
    try:
        return bool(result == last) or (math.isnan(result) and math.isnan(last))
    except (TypeError, ValueError):
        return False


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _print_to(path: Path) -> None:
    """Send this process's output to a file from here on."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
