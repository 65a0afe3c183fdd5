"""The hook specifications: what each kind of plugin may implement, and when it is called.

A plugin is any object whose methods carry these names. It names only the arguments that it
wants, in any order; `results` (a data frame) is built only when somebody names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sherpa_core.events import Event
    from sherpa_core.history import History
    from sherpa_core.jobs import JobReport, JobStatus
    from sherpa_core.plugin import AlgorithmState, Run, Suggestion
    from sherpa_core.space import SearchSpace
    from sherpa_core.trial import Observation, Trial

# mypy: disable-error-code="empty-body"

PROJECT = "sherpa"
_first = pluggy.HookspecMarker(PROJECT)(firstresult=True)
_all = pluggy.HookspecMarker(PROJECT)


class AlgorithmSpec:
    """Group `sherpa.algorithms`: proposes trials. One acts in a study."""

    @_first
    def get_suggestion(
        self,
        parameters: SearchSpace,
        results: pd.DataFrame,
        lower_is_better: bool,
        history: History,
        rng: np.random.Generator,
        run: Run,
    ) -> Mapping[str, Any] | Suggestion | AlgorithmState | None:
        """Called whenever a trial may start. A pure function of its arguments and options.

        Returns the parameters of the next trial (a dict or a `Suggestion`),
        `AlgorithmState.WAIT` while a running trial must end first, or
        `AlgorithmState.DONE` (or None) when there is nothing more to try.
        """

    @_first
    def check_parameters(self, parameters: SearchSpace) -> None:
        """Called before a study is created or continued: raise `UserError` if it does not fit."""

    @_first
    def get_best_result(
        self, parameters: SearchSpace, history: History, lower_is_better: bool
    ) -> Mapping[str, Any] | None:
        """Called by `study.get_best_result()`; None leaves the answer to the study."""

    @_first
    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Called when trials have ended: the ids whose checkpoints may still be loaded."""

    @_first
    def load(self, num_trials: int) -> None:
        """Called once when a study of `num_trials` trials is continued."""


class StoppingRuleSpec:
    """Group `sherpa.stopping_rules`: ends trials or the study. Any number; one True stops."""

    @_all
    def should_trial_stop(
        self,
        trial: Trial,
        parameters: SearchSpace,
        results: pd.DataFrame,
        lower_is_better: bool,
        history: History,
    ) -> bool:
        """Called after each observation of a running trial, at that point of the log."""

    @_all
    def should_study_stop(self, history: History, lower_is_better: bool) -> bool:
        """Called after each trial that ended: True starts no further trial."""


class SchedulerSpec:
    """Group `sherpa.schedulers`: runs jobs. One acts in a study.

    An attribute `remote = True` says that jobs may run on other hosts, `poll_interval`
    (seconds, default 0.02) how often its status may be asked. A method `close()`
    is called when a run ends; the scheduler may be used again after it.
    """

    @_first
    def submit_job(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        job_name: str,
        resources: Mapping[str, Any],
        work_dir: str,
        output_path: str,
    ) -> str:
        """Called to start one attempt of a trial; returns the job's id at once.

        `command` is a list of words, never a shell line. `env` is added to the environment.
        Standard output and error go to the file `output_path`. `job_name` is unique for a
        study, trial and attempt. `resources` has what the trial asks for: `cpus`, `gpus`,
        `memory` (bytes), `time` (seconds), whole numbers, each only where it is given.
        """

    @_first
    def get_status(self, job_id: str) -> JobStatus | JobReport:
        """Called for a job that `get_statuses` does not cover."""

    @_first
    def get_statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus | JobReport]:
        """Called at each poll for all running jobs at once; optional, saves queries."""

    @_first
    def find_job(self, job_name: str, output_path: str) -> str | None:
        """Called for a trial whose runner was gone before it wrote down the job's id.

        Returns the id of the job that was submitted under this name, None if there is none.
        Optional: without it such a trial is started once more.
        """

    @_first
    def kill_job(self, job_id: str) -> None:
        """Called to end a job and its children; returns at once, a job that ended is no error."""


class StorageSpec:
    """Group `sherpa.storages` (the name is the URL's scheme): keeps logs. One acts in a study.

    Constructed with the URL as its first argument. Reports trouble with `StorageError`.
    Attributes: `url` is what other processes of the study connect to, `shared = False` says that
    they cannot, `remote = True` that other hosts can, `address = (host, port)` is for scripts
    that ask for it. A storage with a server of its own has
    `serve(folder, port, remote, **options)`, see `sherpa_core.serving`.
    """

    @_first
    def append(self, study: str, events: Sequence[Event]) -> int:
        """Called to write events at the log's end, in order; durable when it returns.

        Returns the position of the last event when every one was newly written, otherwise
        (a key was already there with the same body) 0. Positions count from 1, without gaps.

        Raises `Conflict` for a key that is there with another body (`events.same_body`): the
        events before it are written, it and those after it are not. Raises `UserError` for
        what is not JSON before anything is written.
        """

    @_first
    def read(self, study: str, after: int, limit: int | None) -> Sequence[Event]:
        """Called to read the events at positions after + 1, after + 2, ... (at most `limit`).

        A study that is not there reads as empty.
        """

    @_first
    def list_studies(self) -> Sequence[str]:
        """Called to list the names of all studies that have events, sorted."""

    @_first
    def delete_study(self, study: str) -> None:
        """Called to remove a study's log for good; one that is not there is no error."""


class DashboardSpec:
    """Group `sherpa.dashboards`: shows a study while it runs. Any number."""

    @_first
    def start_dashboard(
        self, storage: Any, study: str, host: str, port: int | None, output_dir: str | None
    ) -> str:
        """Called when a study starts; returns the page's URL.

        `storage` is the study's storage plugin (see `StorageSpec`), safe to read from another
        thread; the dashboard folds a `History` of its own. `output_dir` is the study's folder,
        None if it has none: what trial 7 printed is in its file `jobs/trial_7.out`.
        """

    @_first
    def stop_dashboard(self) -> None:
        """Called when the study ends."""


class ObserverSpec:
    """Group `sherpa.observers`: is told what happens. Any number; an error is only logged.

    Called by the process that owns the trial, at least once per event; `position` is the
    event's place in the log.
    """

    @_all
    def trial_started(self, trial: Trial, history: History, position: int) -> None:
        """Called when a trial (or a new attempt of it) has started."""

    @_all
    def observation_added(
        self, trial: Trial, observation: Observation, history: History, position: int
    ) -> None:
        """Called for each observation that counts."""

    @_all
    def trial_finalized(self, trial: Trial, history: History, position: int) -> None:
        """Called when a trial has ended, whatever its status."""

    @_all
    def study_finished(self, history: History) -> None:
        """Called once when a run of the study ends."""


SPECS: dict[str, type] = {
    "algorithm": AlgorithmSpec,
    "stopping_rule": StoppingRuleSpec,
    "scheduler": SchedulerSpec,
    "storage": StorageSpec,
    "dashboard": DashboardSpec,
    "observer": ObserverSpec,
}

#: The hooks that every plugin of a kind must implement.
REQUIRED: dict[str, tuple[str, ...]] = {
    "algorithm": ("get_suggestion",),
    "stopping_rule": (),
    "scheduler": ("submit_job", "get_status", "kill_job"),
    "storage": ("append", "read", "list_studies", "delete_study"),
    "dashboard": ("start_dashboard",),
    "observer": (),
}
