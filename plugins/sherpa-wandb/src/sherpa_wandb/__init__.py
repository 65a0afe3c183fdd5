"""The observer `wandb`: a group for each study, a run for each trial."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import attrs
import wandb

from sherpa_core import UserError
from sherpa_core.plugin import option
from sherpa_core.trial import Observation
from sherpa_tracking import Attempt, Tracker, numbers

_MODES = (None, "online", "offline")


@attrs.define(eq=False)
class WandbTracker(Tracker):
    """Hands on studies to Weights & Biases, in the background; who one is, `wandb login` knows."""

    project: str = option(
        "project of the runs", default="sherpa", validator=attrs.validators.instance_of(str)
    )
    mode: str | None = option(
        "online, or offline for a later `wandb sync`; None: as WANDB_MODE says, else online",
        default=None,
        validator=attrs.validators.in_(_MODES),
    )
    dir: str = option(
        "folder for the files of runs, in its subfolder wandb",
        default=".",
        validator=attrs.validators.instance_of(str),
    )
    _runs: dict[Attempt, Any] = attrs.field(factory=dict, init=False)

    def delivered(self, study: str, created: float) -> set[str]:
        """Return the names of the runs that are complete."""
        return {path.name for path in self._marks(study, created).glob("*")}

    def begin(self, attempt: Attempt) -> None:
        """Begin a run; one of an earlier time with this id is overwritten.

        Raises:
            UserError: W&B does not know who one is.
        """
        mode = self.mode or os.environ.get("WANDB_MODE", "online")
        # Asked here, W&B answers; asked by `init` on a terminal, it would ask back.
        if mode == "online" and not wandb.login(prompt=False, verify=False):
            raise UserError('W&B does not know who you are: wandb login, or mode = "offline"')
        if attempt in self._runs:
            self._runs.pop(attempt).finish()
        self._runs[attempt] = run = wandb.init(
            project=self.project,
            group=attempt.study[:128],  # the longest that is taken
            name=attempt.name,
            id=_digest(attempt.study, attempt.created, attempt.name),
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
        if attempt not in self._runs:
            return  # lost with an earlier process, which W&B sees by itself
        run = self._runs.pop(attempt)
        run.summary["status"] = status
        if failure:
            run.summary["failure"] = failure
        run.finish(0 if status in ("COMPLETED", "STOPPED") else 1)
        folder = self._marks(attempt.study, attempt.created)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / attempt.name).touch()

    def _marks(self, study: str, created: float) -> Path:
        """Return the folder that has an empty file for each run that is complete."""
        return Path(self.dir, "wandb", "sherpa", _digest(study, created))


def _digest(*about: Any) -> str:
    return hashlib.sha256("/".join(map(str, about)).encode()).hexdigest()[:16]
