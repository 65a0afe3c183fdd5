"""The runner: one loop over storage and jobs until the study is done."""

from __future__ import annotations

import logging
import math
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from typing import Any

from sherpa_core import events as ev
from sherpa_core.asking import decide
from sherpa_core.engine import Engine
from sherpa_core.errors import SchedulerError, StorageError, StudyStopped, UserError
from sherpa_core.events import Event
from sherpa_core.execution import Execution, Report, describe_end
from sherpa_core.history import History
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.judging import Judge
from sherpa_core.options import RunOptions
from sherpa_core.plugin import AlgorithmState
from sherpa_core.reports import observation_event
from sherpa_core.session import host, orphans
from sherpa_core.trial import Trial

logger = logging.getLogger(__name__)

LEASE = 90.0  # seconds for which a runner owns its trials; renewed three times as often
_QUICK_ASK = 0.05  # seconds: a quicker ask is waited for, a slower one goes on in its thread
_STOP_GRACE = 10.0  # seconds that a worker has to notice that its trial is to stop
_OUTAGE = 60.0  # seconds that a storage may be out of reach
_MAX_START_FAILURES = 3


class Runner:
    """Runs a study's trials until it is done.

    Args:
        engine: the study's engine.
        execution: how trials are run.
        options: how many, how long.
        progress: called at every turn of the loop, many times a second.

    Attributes:
        interrupted: number of interrupts (Ctrl-C) so far: one lets the running trials end, two
            kill them.
        started: time of the run's start, seconds since 1970.
    """

    def __init__(
        self,
        engine: Engine,
        execution: Execution,
        options: RunOptions,
        progress: Callable[[Runner], None] | None = None,
    ) -> None:
        self.engine = engine
        self.options = options
        self.interrupted = 0
        self.started = engine.log.clock()
        self._execution = execution
        self._progress = progress
        self._own: dict[int, Trial] = {}  # what this runner has jobs for
        self._restarts: list[Trial] = []
        self._ended: dict[int, JobReport] = {}
        self._held: list[Event] = []  # observations that came during an ask
        self._judge = Judge(engine, self._own)
        self._told: dict[int, float] = {}  # when a trial was told to stop
        self._killed: dict[int, str] = {}
        self._asking: Future[Event | AlgorithmState] | None = None
        self._asked_at = -1
        self._done = False
        self._leased = -math.inf
        self._start_failures = 0
        self._outage: float | None = None
        self._active = False
        self._looked_for_orphans = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sherpa-ask")

    @property
    def history(self) -> History:
        """The study's history."""
        return self.engine.history

    @property
    def running(self) -> list[int]:
        """Ids of the trials whose jobs this runner follows."""
        return list(self._own)

    def run(self) -> None:
        """Run until the study is done, its time is over, or it is interrupted.

        Raises:
            PluginError: the algorithm failed.
            SchedulerError: jobs cannot be started.
            StorageError: the storage is out of reach for a minute.
            StudyStopped: the algorithm waits although nothing is running.
        """
        self.engine.log.listeners.append(self._judge.listen)
        pause = 0.0
        try:
            with self._signals():
                self._begin()
                while not self._turn_guarded():
                    if self._progress is not None:
                        self._progress(self)
                    pause = 0.0 if self._active else min(max(2 * pause, 0.001), 0.1)
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
        log.append(
            {
                "type": ev.RUN_STARTED,
                "max_num_trials": options.max_num_trials,
                "max_concurrent": options.max_concurrent,
                "timeout": options.timeout,
            }
        )
        if self.history.stop_requested is not None:
            self.engine.stop(None)  # whoever runs a stopped study wants it to go on

    def _turn_guarded(self) -> bool:
        """Take one turn; a storage may be out of reach for a while."""
        try:
            over = self._turn()
            self._outage = None
            return over
        except StorageError as error:
            now = self.engine.log.clock()
            self._outage = self._outage or now
            if now - self._outage > _OUTAGE:
                raise
            logger.warning("the storage does not answer, trying again: %s", error)
            self._active = False
            self._execution.wait(0.5)
            return False

    def _turn(self) -> bool:
        self._active = False
        for news in self._execution.poll():
            self._active = True
            if isinstance(news, Report):
                self._take_report(news)
            else:
                self._ended[news.trial] = news.report
        asking = self._asking is not None and not self._asking.done()
        if not asking:
            self.engine.log.folding = True
            self.engine.log.refresh()
            while self._held:
                self.engine.log.append(self._held[0])
                self._held.pop(0)
            self._judge.write()
            self._finalize()
        self._enforce()
        self._renew_lease()
        if asking:
            return False
        self._adopt()
        self._fill()
        return self._is_over()

    def _take_report(self, report: Report) -> None:
        trial = self._own.get(report.trial)
        if trial is None:
            return report.answer("", True)
        try:
            event = observation_event(
                trial.id, trial.attempt, report.objective, report.iteration, report.context,
                trial._parameters,
            )  # fmt: skip
            if trial._has_iteration(event["iteration"]):
                raise UserError(
                    f"trial {trial.id} has an observation of iteration {event['iteration']}"
                )
        except UserError as error:
            return report.answer(str(error), False)
        if self._asking is not None and not self._asking.done():
            self._held.append(event)  # the history must not change during an ask
        else:
            self.engine.log.folding = True
            self.engine.log.append(event)
            self._judge.write()
        stop = trial.stop_requested is not None
        if stop:
            self._told.setdefault(trial.id, self.engine.log.clock())
        return report.answer("", stop)

    # Ends

    def _finalize(self) -> None:
        for id, report in list(self._ended.items()):
            trial = self.history.running.get(id)
            if trial is not None and trial is self._own.get(id):
                self._finalize_one(trial, report)
            self._own.pop(id, None)
            self._ended.pop(id, None)
            self._killed.pop(id, None)
            self._told.pop(id, None)

    def _finalize_one(self, trial: Trial, report: JobReport) -> None:
        killed = self._killed.get(trial.id)
        if killed == "interrupt":
            return  # it runs again when the study is continued
        if killed == "timeout":
            limit = self.options.trial_timeout
            return self.engine.finish(trial, "FAILED", f"timeout: it ran longer than {limit:g} s")
        if trial.stop_requested is not None:
            return self.engine.finish(trial, "STOPPED", trial.stop_requested)
        if report.status is JobStatus.finished:
            if not trial.num_observations:
                failure = "no observation: it ended without having reported an objective"
            elif trial.best is None:
                failure = "NaN: none of its objectives is a number"
            else:
                return self.engine.finish(trial, "COMPLETED")
        else:
            failure = describe_end(report)
            lost = report.reason == "lost" or report.signal in (signal.SIGKILL, signal.SIGTERM)
            if lost and report.reason != "out_of_memory":
                return self._restart(trial, failure)
        if self.options.resubmit_failed_trials:
            return self._restart(trial, failure)
        return self.engine.finish(trial, "FAILED", failure)

    def _restart(self, trial: Trial, reason: str) -> None:
        again = self.engine.restart(trial, reason, self.options.max_attempts)
        if again is not None:
            self._restarts.append(again)

    def _enforce(self) -> None:
        """End the jobs of trials that were stopped or took too long."""
        now = self.engine.log.clock()
        limit = self.options.trial_timeout
        for id, trial in self._own.items():
            if id in self._killed or id in self._ended:
                continue
            if trial.stop_requested is not None:
                told = self._told.setdefault(id, now)
                if self._execution.cooperative and now - told < _STOP_GRACE:
                    continue
                self._kill(trial, "stop")
            elif limit is not None and now - trial.started > limit:
                self._kill(trial, "timeout")

    def _kill(self, trial: Trial, why: str) -> None:
        self._killed[trial.id] = why
        try:
            self._execution.kill(trial)
        except SchedulerError as error:
            logger.warning("%s", error)

    def _kill_all(self) -> None:
        for trial in self._own.values():
            if trial.id not in self._killed and trial.id not in self._ended:
                self._kill(trial, "interrupt")

    # Starts

    def _adopt(self) -> None:
        """Take over the trials of runners that are gone: follow their jobs, or start them anew."""
        if self._looked_for_orphans or self.interrupted:
            return
        waiting = {trial.id for trial in self._restarts}
        log = self.engine.log
        for trial in orphans(self.history, log.writer, log.clock()):
            if trial.id in self._own or trial.id in waiting:
                continue
            owner = self.history.sessions[trial.writer]
            if self._execution.adopt(trial, owner.host == host()):
                if self.engine.adopt(trial):
                    self._own[trial.id] = trial
                    self._judge.judge_past(trial)
                    self._judge.write()
                else:
                    self._execution.release(trial)
            else:
                self._restart(trial, "lost with its runner")
        self._looked_for_orphans = True

    def _fill(self) -> None:
        while len(self._own) < self.options.max_concurrent and not self.interrupted:
            if self._restarts:
                self._start(self._restarts.pop(0))
                continue
            decision = self._decide()
            if decision is None or isinstance(decision, AlgorithmState):
                return
            trial = self.engine.add(decision)
            if trial is not None:
                self._start(trial)

    def _decide(self) -> Event | AlgorithmState | None:
        """Return the next decision, None while it is being made or nothing is to be decided."""
        engine = self.engine
        if self._asking is None:
            if self._asked_at == self.history.position or self._time_is_over():
                return None
            if self._done and not self.history.queue:
                return None
            if engine.is_over():
                self._done = True
                return None
            self._asked_at = self.history.position
            self._asking = self._thread.submit(
                decide, engine.algorithm, self.history, engine.random
            )
            engine.log.folding = False
            wait_for((self._asking,), _QUICK_ASK)
        if not self._asking.done():
            return None
        asked, self._asking = self._asking, None
        engine.log.folding = True
        self._active = True
        answer = asked.result()
        if answer is AlgorithmState.DONE:
            self._done = True
        elif answer is AlgorithmState.WAIT:
            if not self.history.running and self._asked_at == self.history.position:
                raise StudyStopped(
                    f"the algorithm {engine.algorithm.name!r} waits although no trial is running"
                )
        else:
            self._asked_at = -1
        return answer

    def _start(self, trial: Trial) -> None:
        self._active = True
        try:
            job = self._execution.start(trial)
        except SchedulerError as error:
            self.engine.finish(trial, "FAILED", f"could not start: {error}")
            self._start_failures += 1
            if self._start_failures >= _MAX_START_FAILURES:
                raise SchedulerError(
                    f"{self._start_failures} trials in a row could not be started: {error}"
                ) from error
            return
        self._start_failures = 0
        self._own[trial.id] = trial
        if self._execution.reattaches:
            self.engine.submitted(trial, job)

    def _time_is_over(self) -> bool:
        limit = self.options.timeout
        return limit is not None and self.engine.log.clock() - self.started > limit

    def _is_over(self) -> bool:
        if self._own or (self._asking is not None):
            return False
        if self.interrupted:
            return True
        if self._restarts:
            return False
        return (self._done and not self.history.queue) or self._time_is_over()

    # Around it

    def _renew_lease(self) -> None:
        now = self.engine.log.clock()
        if now - self._leased < LEASE / 3:
            return
        if self._own:
            self.engine.log.append({"type": ev.RUNNER_LEASE, "until": now + LEASE})
        self._leased = now
        self._looked_for_orphans = False  # look for new ones as often

    def _end(self) -> None:
        self.engine.log.listeners.remove(self._judge.listen)
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._execution.close()
        try:
            self.engine.log.append({"type": ev.RUNNER_LEASE, "until": 0})
        except StorageError as error:
            logger.warning("the end of the run could not be written down: %s", error)
        self.engine.tell("study_finished", history=self.history)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Count interrupts instead of dying; only the main thread receives signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(number: int, frame: Any) -> None:
            self.interrupted += 2 if number == signal.SIGTERM else 1
            if self.interrupted > 1:
                self._kill_all()

        kept = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
