"""The observer `wandb`: a group for each study, a run for each trial."""

from __future__ import annotations

import hashlib
from typing import Any

import attrs

from sherpa_core.plugin import option
from sherpa_core.trial import Observation
from sherpa_tracking import Attempt, Tracker, numbers

_MODES = ("online", "offline")


@attrs.define(eq=False)
class WandbTracker(Tracker):
    """Hands on studies to Weights & Biases, in the background; who one is, `wandb login` knows."""

    project: str = option(
        "project of the runs", default="sherpa", validator=attrs.validators.instance_of(str)
    )
    mode: str = option(
        "online, or offline for a later `wandb sync`",
        default="online",
        validator=attrs.validators.in_(_MODES),
    )
    dir: str = option(
        "folder for the files of runs, in its subfolder wandb",
        default=".",
        validator=attrs.validators.instance_of(str),
    )
    _runs: dict[Attempt, Any] = attrs.field(factory=dict, init=False)

    def begin(self, attempt: Attempt) -> None:
        """Begin a run; one of an earlier time with this id is overwritten."""
        import wandb  # takes a second: not in the runner's thread

        who = f"{attempt.study}/{attempt.created}/{attempt.name}"
        if attempt in self._runs:
            self._runs.pop(attempt).finish()
        self._runs[attempt] = run = wandb.init(
            project=self.project,
            group=attempt.study[:128],  # the longest that is taken
            name=attempt.name,
            id=hashlib.sha256(who.encode()).hexdigest()[:16],
            config={"origin": attempt.origin, "parameters": dict(attempt.parameters)},
            mode=self.mode,  # type: ignore[arg-type]
            dir=self.dir,
            reinit="create_new",
            # The training is another process: neither its output nor its load are to be seen here.
            settings=wandb.Settings(silent=True, console="off", x_disable_stats=True),
        )
        run.define_metric("*", step_metric="iteration")

    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Log the objective and the metrics that are numbers over the iteration."""
        metrics = {"Objective": observation.objective, **numbers(observation.context)}
        self._runs[attempt].log({"iteration": observation.iteration, **metrics})

    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        """Note how the trial ended, and finish its run."""
        run = self._runs.pop(attempt)
        run.summary["status"] = status
        if failure:
            run.summary["failure"] = failure
        run.finish(0 if status in ("COMPLETED", "STOPPED") else 1)
