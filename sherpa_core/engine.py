"""Engine: what happens to the trials of one study; the study and the runner drive it."""

from __future__ import annotations

import logging
from typing import Any

from sherpa_core import events as ev
from sherpa_core.asking import TrialRandom, decide
from sherpa_core.errors import Conflict, StudyStopped, UserError, listed
from sherpa_core.events import Event
from sherpa_core.history import History
from sherpa_core.log import Log
from sherpa_core.plugin import AlgorithmState
from sherpa_core.sockets import AlgorithmSocket, RuleSocket, Socket
from sherpa_core.trial import Trial

logger = logging.getLogger(__name__)

#: How often a trial may be started when it was lost with its process.
MAX_ATTEMPTS = 3


class Engine:
    """The bound plugins of a study at work on its log. Not safe to use from several threads.

    Args:
        log: the study's log, read.
        algorithm: its algorithm.
        rules: its stopping rules.
        observers: its observers.

    Attributes:
        history: the history as far as it was read.
    """

    def __init__(
        self,
        log: Log,
        algorithm: AlgorithmSocket,
        rules: list[RuleSocket],
        observers: list[Socket],
    ) -> None:
        self.log = log
        self.history = log.history
        self.algorithm = algorithm
        self.rules = rules
        self.observers = observers
        self.random = TrialRandom(log.history.config["seed"])
        self._judged = 0  # number of ended trials when the rules last looked at the study
        if log.history.trials and algorithm.implements("load"):
            algorithm.call("load", num_trials=len(log.history.trials))
        if observers:
            log.listeners.append(self._tell_observers)

    def ask(self) -> Trial | AlgorithmState:
        """Return a new trial (or WAIT or DONE), leaving lost ones alone."""
        while True:
            if self.is_over():
                return AlgorithmState.DONE
            decision = decide(self.algorithm, self.history, self.random)
            if isinstance(decision, AlgorithmState):
                return decision
            trial = self.add(decision)
            if trial is not None:
                return trial

    def add(self, decision: Event) -> Trial | None:
        """Write down a trial that was decided on; None if another process was faster."""
        try:
            self.log.append(decision)
        except Conflict:
            return None
        return self.history.trials[decision["trial"]]

    def is_over(self) -> bool:
        """Return whether no further trial may start, whatever the algorithm says."""
        history = self.history
        limit = history.run.max_num_trials
        if limit is not None and len(history.trials) >= limit:
            return True
        if history.stop_requested is None and self._judged < len(history.ended):
            self._judged = len(history.ended)
            for rule in self.rules:
                if rule.should_study_stop(history):
                    self.stop(f"stopping rule {rule.name}")
                    break
        return history.stop_requested is not None

    def check_waiting(self, handed: set[int]) -> None:
        """Raise `StudyStopped` where the algorithm waits for nobody but who asks.

        Args:
            handed: ids of the trials that who asks was given.
        """
        running = set(self.history.running)
        if not running:
            raise StudyStopped(
                f"the algorithm {self.algorithm.name!r} waits although no trial is running"
            )
        if running <= handed:
            raise StudyStopped(
                f"the algorithm waits for trials that nobody works on: finalize {listed(running)} "
                "before the next one is asked for"
            )

    def restart(self, trial: Trial, reason: str, max_attempts: int = MAX_ATTEMPTS) -> Trial | None:
        """Begin the next attempt of a trial that was lost; at most `max_attempts` in all.

        Returns the trial, or None if it has ended or another process has taken it.
        """
        if trial.id not in self.history.running:
            return None
        if trial.attempt >= max_attempts:
            times = f", {trial.attempt} times" if trial.attempt > 1 else ""
            self.finish(trial, "FAILED", f"{reason}{times}")
            return None
        attempt = trial.attempt + 1
        event: Event = {
            "type": ev.ATTEMPT_STARTED,
            "key": f"trial/{trial.id}/attempt/{attempt}",
            "trial": trial.id,
            "attempt": attempt,
        }
        try:
            self.log.append(event)
        except Conflict:
            return None
        return trial

    def submitted(self, trial: Trial, job: str) -> None:
        """Write down the scheduler's id of a trial's job, so that another runner finds it."""
        self.log.append(
            {"type": ev.JOB_SUBMITTED, "trial": trial.id, "attempt": trial.attempt, "job": job}
        )

    def adopt(self, trial: Trial) -> bool:
        """Make a trial of a session that is gone one's own; False if another was faster."""
        event: Event = {
            "type": ev.JOB_SUBMITTED,
            "key": f"trial/{trial.id}/adopted/{trial.attempt}/{trial.writer}",
            "trial": trial.id,
            "attempt": trial.attempt,
            "job": trial.job,
        }
        try:
            self.log.append(event)
        except Conflict:
            return False
        return trial.writer == self.log.writer

    def finish(self, trial: Trial, status: str, failure: str = "") -> None:
        """Write down a trial's end, with the reason why it failed or was stopped."""
        event: Event = {
            "type": ev.TRIAL_FINALIZED,
            "key": f"trial/{trial.id}/final",
            "trial": trial.id,
            "status": str(status),
        }
        if failure:
            event["failure"] = failure
        try:
            self.log.append(event)
        except Conflict:
            if trial.id in self.history.running:
                raise
            logger.info("trial %s was ended by another process", trial.id)

    def request_stop(
        self, trial: Trial, reason: str = "stop requested", iteration: int | None = None
    ) -> None:
        """Ask for a trial's end; observations after `iteration` (if given) do not count."""
        self.log.append(
            {
                "type": ev.STOP_REQUESTED,
                "trial": trial.id,
                "attempt": trial.attempt,
                "iteration": iteration,
                "reason": reason,
            }
        )

    def stop(self, reason: str | None) -> None:
        """Start no further trial; None as reason takes that back."""
        self.log.append({"type": ev.STUDY_STOP_REQUESTED, "reason": reason})

    def best_result(self) -> dict[str, Any]:
        """Return the best result as the algorithm sees it, else the history's."""
        history = self.history
        if self.algorithm.implements("get_best_result"):
            own = self.algorithm.call(
                "get_best_result",
                parameters=history.space,
                history=history,
                lower_is_better=history.lower_is_better,
            )
            if own is not None:
                return dict(own)
        return history.best_result()

    def stopping_rule_for(self, trial: Trial, history: History | None = None) -> str:
        """Return the name of the first rule that ends the trial, empty if none does.

        Args:
            trial: the trial.
            history: the history as it was then. Default: as it is now.
        """
        for rule in self.rules:
            if rule.should_trial_stop(trial, history or self.history):
                return rule.name
        return ""

    def running_trial(self, trial: Trial) -> Trial:
        """Return the history's own object of a running trial, or raise `UserError`."""
        known = self.history.running.get(getattr(trial, "id", None))  # type: ignore[arg-type]
        if known is None:
            ended = self.history.trials.get(getattr(trial, "id", None))  # type: ignore[arg-type]
            if ended is not None:
                raise UserError(f"trial {ended.id} has ended already, as {ended.status}")
            raise UserError(f"{trial!r:.200} is not a trial of this study")
        return known

    def _tell_observers(self, event: Event) -> None:
        history = self.history
        kind = event["type"]
        trial = history.trials.get(event.get("trial", 0))
        if trial is None or trial.writer != self.log.writer:
            return
        facts: dict[str, Any] = {"trial": trial, "history": history, "position": history.position}
        if kind in (ev.TRIAL_ADDED, ev.ATTEMPT_STARTED):
            hook = "trial_started"
        elif kind == ev.TRIAL_FINALIZED:
            hook = "trial_finalized"
        elif kind == ev.OBSERVATION_ADDED:
            newest = history.last_observation()
            if newest is None or newest[0] is not trial:
                return  # it does not count
            if newest[1].iteration != event["iteration"]:
                return
            hook = "observation_added"
            facts["observation"] = newest[1]
        else:
            return
        self.tell(hook, **facts)

    def tell(self, hook: str, **facts: Any) -> None:
        """Call one hook of all observers; failures are logged, never fatal."""
        for observer in self.observers:
            if observer.implements(hook):
                with observer.guarded(hook):
                    getattr(observer.hook, hook)(**facts)
