"""The runner: one loop over storage and jobs until the study is done."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import attrs

from sherpa_core import events as ev
from sherpa_core.asking import Asker
from sherpa_core.checkpoints import Checkpoints
from sherpa_core.engine import Engine
from sherpa_core.errors import (
    Conflict,
    SchedulerError,
    StorageError,
    StudyStopped,
    Unreachable,
    UserError,
)
from sherpa_core.events import Event
from sherpa_core.execution import Execution, Report
from sherpa_core.history import History
from sherpa_core.interrupts import Interrupts
from sherpa_core.jobs import JobReport
from sherpa_core.judging import Judge, judge_end
from sherpa_core.options import RunOptions
from sherpa_core.patience import Patience
from sherpa_core.plugin import AlgorithmState
from sherpa_core.session import end_session, host, orphans
from sherpa_core.starts import Unstarted
from sherpa_core.trial import Trial

logger = logging.getLogger(__name__)

LEASE = 90.0  # seconds for which a runner owns its trials; renewed three times as often
_QUICK_ASK = 0.05  # seconds: a quicker ask is waited for, a slower one goes on in its thread
_STOP_GRACE = 10.0  # seconds that a worker has to notice that its trial is to stop
_KILL_AGAIN = 60.0  # seconds after which a job that was killed and still runs is killed again
_OUTAGE = 60.0  # seconds that a storage or an engine may be out of reach
_LONGEST_PAUSE = 0.1  # seconds between two turns


@attrs.define(eq=False)
class _Task:
    """An attempt of a trial whose job this runner follows."""

    trial: Trial
    attempt: int
    job: Any
    since: float  # when its time began to count
    told: float | None = None  # when it was told to stop
    why_killed: str = ""
    killed: float = -math.inf
    report: JobReport | None = None  # how its job ended


class Runner:
    """Runs a study's trials until it is done.

    Args:
        engine: the study's engine.
        execution: how trials are run.
        options: how many, how long.
        progress: called at every turn of the loop, many times a second.
        checkpoints: the folders for the trials' checkpoints. Default: they get none.

    Attributes:
        started: time of the run's start, seconds since 1970.
    """

    def __init__(
        self,
        engine: Engine,
        execution: Execution,
        options: RunOptions,
        progress: Callable[[Runner], None] | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.engine = engine
        self.options = options
        self.started = engine.log.clock()
        self._interrupts = Interrupts()
        self._execution = execution
        self._progress = progress
        self._checkpoints = checkpoints
        self._tasks: dict[int, _Task] = {}
        self._judge = Judge(engine, self._tasks)
        self._reports: deque[Report] = deque()
        self._asker = Asker()
        self._asked_at = -1  # the position of the last ask that gave no trial
        self._exhausted = False  # the algorithm is done
        self._leased = self._looked = -math.inf
        self._unstarted = Unstarted()
        self._patience = Patience(_OUTAGE, engine.log.clock)

    @property
    def history(self) -> History:
        """The study's history."""
        return self.engine.history

    @property
    def running(self) -> list[int]:
        """Ids of the trials whose jobs this runner follows."""
        return list(self._tasks)

    @property
    def interrupted(self) -> int:
        """Number of interrupts so far: one lets the running trials end, two kill them."""
        return self._interrupts.count

    def run(self) -> None:
        """Run until the study is done, its time is over, or it is interrupted.

        Raises:
            PluginError: the algorithm failed.
            SchedulerError: jobs cannot be started, or the scheduler is out of reach for a minute.
            StorageError: the storage is out of reach for a minute.
            StudyStopped: the algorithm waits although nothing is running.
        """
        self.engine.log.listeners.append(self._judge.listen)
        pause = 0.0
        try:
            with self._interrupts:
                self._begin()
                over = False
                while not over:
                    before = self.history.position, len(self._tasks)
                    over = self._turn_guarded()
                    if self._progress is not None:
                        self._progress(self)
                    active = (self.history.position, len(self._tasks)) != before
                    pause = 0.0 if active or over else min(max(2 * pause, 0.001), _LONGEST_PAUSE)
                    if pause:
                        self._execution.wait(pause)
        except BaseException:
            self._kill_all()
            raise
        finally:
            self._end()

    # The loop

    def _begin(self) -> None:
        options, log = self.options, self.engine.log
        log.refresh()
        self._leased = log.clock()
        names = ("max_num_trials", "max_concurrent", "timeout")
        given = {name: getattr(options, name) for name in names}
        lease = {"type": ev.RUNNER_LEASE, "until": self._leased + LEASE}
        log.append({"type": ev.RUN_STARTED, **given, "task": self._execution.task}, lease)
        if self.history.stop_requested is not None:
            self.engine.stop(None)  # whoever runs a stopped study wants it to go on

    def _turn_guarded(self) -> bool:
        """Take one turn; a storage or a scheduler's engine may be out of reach for a while."""
        try:
            over = self._turn()
        except (StorageError, Unreachable) as error:
            self._patience.bear(error)
            self._execution.wait(0.5)
            return False
        self._patience.renew()
        return over

    def _turn(self) -> bool:
        """Do all that can be done now; return whether the run is over.

        Every step can be taken again: a storage may fail in the middle of it.
        """
        for news in self._execution.poll():
            if isinstance(news, Report):
                self._reports.append(news)
            elif news.trial in self._tasks:
                self._tasks[news.trial].report = news.report
        if self.interrupted > 1:
            self._kill_all()
        self._enforce()
        log = self.engine.log
        # An algorithm reads the history: until it has answered, what comes is stored, not folded.
        log.folding = not self._asker.busy or self._is_closing()
        log.refresh()
        while self._reports:
            self._take(self._reports[0])
            self._reports.popleft()
        self._renew_lease()
        if not log.folding:
            return False
        self._judge.write()
        self._settle()
        if not self._is_closing():
            self._adopt()
            self._fill()
        return self._is_over()

    def _take(self, report: Report) -> None:
        task = self._tasks.get(report.trial)
        if task is None:
            return report.answer("", True)
        try:
            self.engine.log.append(report.event)
        except (UserError, Conflict) as error:
            return report.answer(str(error), False)
        self._judge.write()
        report.answer("", task.trial.stop_requested is not None)

    def _is_closing(self) -> bool:
        """Return whether no trial is started any more."""
        limit = self.options.timeout
        spent = self.engine.log.clock() - self.started
        return self.interrupted > 0 or (limit is not None and spent > limit)

    def _is_over(self) -> bool:
        if self._tasks:
            return False
        if not self.interrupted:
            self._unstarted.check()
        if self._is_closing():
            return True
        if self._asker.asked or self._waiting():
            return False
        return self.engine.is_over() or (self._exhausted and not self.history.queue)

    # Ends

    def _settle(self) -> None:
        """Write down how trials ended, and let go of those that are another runner's by now."""
        for id, task in list(self._tasks.items()):
            trial = task.trial
            current = id in self.history.running and trial.attempt == task.attempt
            if current and trial.writer == self.engine.log.writer:
                self._announce(task)
                if task.report is None:
                    continue
                self._finish(task, task.report)
            elif not current and task.report is None:
                self._kill(task, "superseded")
            self._execution.release(trial)
            del self._tasks[id]
            if self._checkpoints is not None:
                self._checkpoints.clean(self.history)

    def _finish(self, task: _Task, report: JobReport) -> None:
        trial, engine = task.trial, self.engine
        status, failure, lost = judge_end(trial, report)
        if trial.stop_requested is not None:
            engine.finish(trial, "STOPPED", trial.stop_requested)
        elif status == "COMPLETED":
            engine.finish(trial, status)
        elif task.why_killed == "interrupt":
            pass  # it runs again when the study is continued
        elif task.why_killed == "timeout":
            limit = self.options.trial_timeout
            engine.finish(trial, "FAILED", f"timeout: it ran longer than {limit:g} s")
        elif lost or self.options.resubmit_failed_trials:
            engine.restart(trial, failure, self.options.max_attempts)
        else:
            engine.finish(trial, status, failure)

    def _enforce(self) -> None:
        """End the jobs of trials that were stopped or took too long."""
        now = self.engine.log.clock()
        limit = self.options.trial_timeout
        for task in self._tasks.values():
            if task.report is not None:
                continue
            if task.why_killed:
                if now - task.killed > _KILL_AGAIN:
                    self._kill(task, task.why_killed)
            elif task.trial.stop_requested is not None:
                task.told = now if task.told is None else task.told
                if not self._execution.cooperative or now - task.told > _STOP_GRACE:
                    self._kill(task, "stop")
            elif self._execution.is_queued(task.trial):
                task.since = now
            elif limit is not None and now - task.since > limit:
                self._kill(task, "timeout")

    def _kill(self, task: _Task, why: str) -> None:
        task.why_killed, task.killed = why, self.engine.log.clock()
        try:
            self._execution.kill(task.trial)
        except SchedulerError as error:
            logger.warning("%s", error)

    def _kill_all(self) -> None:
        for task in self._tasks.values():
            if not task.why_killed and task.report is None:
                self._kill(task, "interrupt")

    # Starts

    def _adopt(self) -> None:
        """Take over the trials of runners that are gone: follow their jobs, or start them anew."""
        log = self.engine.log
        if log.clock() - self._looked < LEASE / 3:
            return
        for trial in orphans(self.history, log.writer, log.clock()):
            owner = self.history.sessions[trial.writer]
            job = self._execution.adopt(trial, owner.host == host())
            if job is None:
                self.engine.restart(trial, "lost with its runner", self.options.max_attempts)
            elif self.engine.adopt(trial):
                self._tasks[trial.id] = _Task(trial, trial.attempt, job, trial.started)
                self._judge.judge_past(trial)
                self._judge.write()
            else:
                self._execution.release(trial)
        self._looked = log.clock()

    def _waiting(self) -> list[Trial]:
        """Return the trials that are to be started: added or restarted, and without a job."""
        return [
            trial
            for id, trial in self.history.running.items()
            if trial.writer == self.engine.log.writer
            and trial.job is None
            and id not in self._tasks
            and trial not in self._unstarted
        ]

    def _fill(self) -> None:
        waiting = self._waiting()
        while len(self._tasks) < self.options.max_concurrent:
            if waiting:
                self._start(waiting.pop(0))
                continue
            decision = self._decide()
            if decision is None:
                return
            trial = self.engine.add(decision)
            if trial is not None:
                self._start(trial)

    def _decide(self) -> Event | None:
        """Return the next trial's event, None if there is none or it is still being decided."""
        engine, asker, position = self.engine, self._asker, self.history.position
        if not asker.asked:
            if self._asked_at == position or engine.is_over():
                return None
            if self._exhausted and not self.history.queue:
                return None
            self._asked_at = position
            engine.log.folding = False
            asker.ask(engine.algorithm, self.history, engine.random, _QUICK_ASK)
        if asker.busy:
            return None
        engine.log.folding = True
        answer = asker.take()
        if answer is AlgorithmState.DONE:
            self._exhausted = True
        elif answer is AlgorithmState.WAIT:
            if not self.history.running and self._asked_at == position:
                raise StudyStopped(
                    f"the algorithm {engine.algorithm.name!r} waits although no trial is running"
                )
        else:
            self._asked_at = -1
        return None if isinstance(answer, AlgorithmState) else answer

    def _start(self, trial: Trial) -> None:
        try:
            folders = self._checkpoints.prepare(trial) if self._checkpoints else ("", "")
            job = self._execution.start(trial, *folders)
        except SchedulerError as error:
            return self._unstarted.add(trial, error)
        self._unstarted.settle(self.engine)
        task = _Task(trial, trial.attempt, job, self.engine.log.clock())
        self._tasks[trial.id] = task
        self._announce(task)

    def _announce(self, task: _Task) -> None:
        """Write down a job's id, so that another runner can follow it."""
        if self._execution.reattaches and task.trial.job is None:
            self.engine.submitted(task.trial, task.job)

    # Around it

    def _renew_lease(self) -> None:
        now = self.engine.log.clock()
        if now - self._leased >= LEASE / 3:
            self.engine.log.append({"type": ev.RUNNER_LEASE, "until": now + LEASE})
            self._leased = now

    def _end(self) -> None:
        log = self.engine.log
        log.listeners.remove(self._judge.listen)
        log.folding = True
        self._asker.close()
        self._execution.close()
        try:
            log.append({"type": ev.RUNNER_LEASE, "until": 0})
        except StorageError as error:
            end_session(log.writer)
            logger.warning("the end of the run could not be written down: %s", error)
        self.engine.tell("study_finished", history=self.history)
