"""What the contract of algorithms plays: studies that hold an algorithm to its declarations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sherpa_core.plugin import AlgorithmState
from sherpa_core.trial import Trial
from sherpa_testkit.promises import promised
from sherpa_testkit.simulation import Simulation, Step, bowl

#: What becomes of a trial: its objectives, and the status it ends with (None: it goes on).
FATES: dict[str, tuple[Sequence[float], str | None]] = {
    "completed with the same objective": ((1.0,), "COMPLETED"),
    "failed": ((), "FAILED"),
    "failed after an observation": ((-5.0,), "FAILED"),
    "stopped": ((0.5,), "STOPPED"),
    "stopped without an observation": ((), "STOPPED"),
    "NaN": ((math.nan,), "COMPLETED"),
    "NaN at first": ((math.nan, 0.5), "COMPLETED"),
    "infinite": ((math.inf,), "COMPLETED"),
    "minus infinite": ((-math.inf,), "COMPLETED"),
    "running": ((), None),
    "running with an observation": ((0.5, 0.25), None),
}
PHASES = ("start-up", "model")

#: Parallel trials, all statuses, NaN, a new attempt, a user's trial; the best one changes often.
STORY = [
    *(Step("run", value=0.7), Step("ask"), Step("ask"), Step("observe", 1, math.nan)),
    *(Step("complete", 1), Step("queue", value=0.5), Step("run", value=-0.1), Step("ask")),
    *(Step("observe", 0, 0.4), Step("restart", 0), Step("ask"), Step("fail", 1)),
    *(Step("ask"), Step("observe", 0, -0.2), Step("stop", 0), Step("ask"), Step("fail", 0)),
    *(Step("ask"), Step("observe", 0, -0.3), Step("complete", 0), Step("run", value=-0.4)),
    *(Step("run", value=-0.5), Step("ask"), Step("run", value=0.9), Step("ask")),
]


class AlgorithmStudy(Simulation):
    """A simulated study that holds its algorithm to what the suite declares."""

    finite = False
    may_wait = False

    def ask(self) -> Trial | AlgorithmState:
        """Ask for the next trial and start it; DONE and WAIT must be allowed."""
        was_done = any(decision is AlgorithmState.DONE for _, decision in self.decisions)
        queued = bool(self.history.queue)
        answer = super().ask()
        if queued:
            return answer
        if was_done:
            with promised("DONE stays DONE"):
                assert answer is AlgorithmState.DONE
        if answer is AlgorithmState.DONE:
            with promised("only an algorithm that declares finite is DONE by itself"):
                assert self.finite
        if answer is AlgorithmState.WAIT:
            with promised("an algorithm waits only while trials are running"):
                assert self.history.running
            with promised("only an algorithm that declares may_wait waits for running trials"):
                assert self.may_wait
        return answer

    def next(self) -> Trial | None:
        """Return the next trial, ending running ones while it must wait; None when DONE."""
        while (answer := self.ask()) is AlgorithmState.WAIT:
            self.complete(self.running[0])
        return answer if isinstance(answer, Trial) else None

    def complete(self, trial: Trial) -> None:
        """Report the objective of a bowl over the unit cube, and complete the trial."""
        value = bowl(self.history.space, trial.parameters)
        self.observe(trial, value if self.history.lower_is_better else -value)
        self.finish(trial)

    def go_on(self, count: int) -> None:
        """Run this many trials one after the other, fewer if the algorithm is DONE."""
        for _ in range(count):
            trial = self.next()
            if trial is None:
                return
            self.complete(trial)
