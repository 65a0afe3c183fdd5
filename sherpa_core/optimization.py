"""optimize: a study, an execution and a runner in one call."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sherpa_core import registry
from sherpa_core.command import check_command, split_command
from sherpa_core.errors import UserError
from sherpa_core.execution import Execution, JobExecution
from sherpa_core.interrupts import Notice
from sherpa_core.objective import Objective, load_objective
from sherpa_core.options import RunOptions
from sherpa_core.parameters import Parameter
from sherpa_core.resources import resources_of
from sherpa_core.runner import Runner
from sherpa_core.serving import Served, is_name
from sherpa_core.session import hide_secrets
from sherpa_core.sockets import Socket, bind
from sherpa_core.space import SearchSpace
from sherpa_core.study import Study
from sherpa_core.workers import WorkerExecution

logger = logging.getLogger(__name__)


class Job:
    """What a trial consists of: a function, or a command for a scheduler; checked at once.

    Args:
        space: the search space, whose names a command may use as `{name}`.
        objective: a function or `module:function`.
        command: a command line or its words.
        filename: a Python script.
        scheduler: name, dict or object. Default: the default scheduler for a command; a function
            runs in processes of the runner.
        resources: resources per trial, as for `resources_of`.
        work_dir: folder in which jobs run. Default: this one.

    Raises:
        UserError: nothing or too much to run is given, or it does not exist.
        PluginError: the scheduler is missing or broken.
    """

    def __init__(
        self,
        space: SearchSpace,
        objective: str | Objective | None = None,
        command: str | Sequence[str] | None = None,
        filename: str | None = None,
        scheduler: Any = None,
        resources: Mapping[str, Any] | None = None,
        work_dir: str | Path | None = None,
    ) -> None:
        self.work_dir = Path(work_dir or ".").absolute()
        self.resources = resources_of(resources)
        self.function: Objective | None = None
        self.scheduler: Socket | None = None
        self.words: list[str] = []
        if objective is not None:
            if command is not None or filename is not None:
                raise UserError("give either an objective function or a command, not both")
            self.function = load_objective(objective)
            if scheduler is None and self.resources:
                raise UserError("resources_per_trial need a scheduler, which hands them out")
            if scheduler is None:
                return
            if not isinstance(objective, str):
                raise UserError(
                    "a scheduler starts programs, which find a function by its name: give "
                    "objective='module:function', or no scheduler"
                )
            command = [sys.executable, "-m", "sherpa_core.function_job", objective]
            self.function = None
        if filename is not None and work_dir is not None:
            filename = str(self.work_dir / filename)
        self.words = split_command(command, filename)
        self.scheduler = bind("scheduler", scheduler or registry.default("scheduler"))
        check_command(self.words, space, self.work_dir, self.remote)
        if self.resources and not self.scheduler.wants("submit_job", "resources"):
            raise UserError(
                f"the scheduler {self.scheduler.name!r} takes no resources_per_trial: "
                "it hands out none"
            )

    @property
    def remote(self) -> bool:
        """Whether trials may run on other hosts."""
        return bool(self.scheduler and getattr(self.scheduler.plugin, "remote", False))

    def storage(
        self,
        storage: Any,
        port: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the storage for a study of this job.

        Args:
            storage: what was given: URL, object, the name of a storage that can be served, or
                None, which means one that the job's processes reach.
            port: the port of the database that is started.
            options: its options.

        Raises:
            UserError: options without a database that is started.
        """
        if is_name(storage) or (isinstance(storage, Served) and self.remote):
            known = storage if isinstance(storage, Served) else Served(storage)
            return Served(known.name, options or known.options, port or known.port, self.remote)
        if storage is not None:
            if port is not None or options:
                raise UserError(
                    "db_port and mongodb_args are for a database that is started for the study: "
                    f"the storage {hide_secrets(str(storage))!r} is there already"
                )
            return storage
        database = registry.default("database")
        if (port is not None or options) and database in registry.entries("storage"):
            return Served(database, options or {}, port, self.remote)
        if self.remote:
            return Served(registry.default("remote storage"), {}, port, True)
        if port is not None or options:
            logger.info("db_port and mongodb_args are not needed: the study keeps its own database")
        return None

    def execution(self, study: Study) -> Execution:
        """Return how the trials of a study are run.

        Raises:
            UserError: trial processes could not reach the study's storage.
        """
        if self.function is not None:
            return WorkerExecution(self.function, study.output_dir)
        assert self.scheduler is not None
        storage = study.engine.log.storage.plugin
        url = str(getattr(storage, "url", ""))
        if not getattr(storage, "shared", True) or not url:
            raise UserError(
                "the study's storage lives in this process, where trial processes cannot report "
                "to: give an output_dir or a storage"
            )
        if self.remote and not getattr(storage, "remote", False):
            raise UserError(
                f"the scheduler {self.scheduler.name!r} may run trials on other hosts, which "
                f"cannot reach the storage {study.engine.log.storage.name!r}: name no storage, "
                "or one that other hosts reach"
            )
        if study.output_dir is None:
            raise UserError("give an output_dir: the jobs' output is written there")
        return JobExecution(
            self.scheduler,
            self.words,
            study.output_dir,
            self.work_dir,
            study.name,
            url,
            self.resources,
            getattr(storage, "address", None),
        )


def run(
    study: Study,
    job: Job,
    options: RunOptions,
    progress: Callable[[Runner], None] | None = None,
) -> Runner:
    """Run a study's trials until it is done, save and close it, and return the runner."""
    execution = job.execution(study)
    runner = Runner(study.engine, execution, options, progress, study.checkpoints())
    try:
        runner.run()
        if study.output_dir is not None:
            study.save()
    finally:
        study.close()
    return runner


def optimize(
    parameters: Iterable[Parameter],
    algorithm: Any,
    lower_is_better: bool,
    scheduler: Any = None,
    command: str | Sequence[str] | None = None,
    filename: str | None = None,
    output_dir: str | Path | None = None,
    max_concurrent: int = 1,
    db_port: int | None = None,
    stopping_rule: Any = None,
    dashboard_port: int | None = None,
    resubmit_failed_trials: bool = False,
    verbose: int = 1,
    load: bool = False,
    mongodb_args: Mapping[str, Any] | None = None,
    disable_dashboard: bool = False,
    *,
    objective: str | Objective | None = None,
    storage: Any = None,
    name: str | None = None,
    max_num_trials: int | None = None,
    timeout: float | None = None,
    trial_timeout: float | None = None,
    random_seed: int | None = None,
    stopping_rules: Any = None,
    observers: Any = None,
    dashboard: Any = None,
    resources_per_trial: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a study with a scheduler and return its best result.

    Args:
        parameters: the search space.
        algorithm: name, dict or object.
        lower_is_better: whether the objective is minimized.
        scheduler: name, dict or object. Default: the local one.
        command: the command of a trial: a line (`"python train.py --lr {lr}"`) or its words.
        filename: a Python script instead of a command.
        output_dir: folder for results, jobs' output and the database. Default:
            `./output_<timestamp>`.
        max_concurrent: number of trials at a time.
        db_port: port of the database that is started for the study.
        stopping_rule: name, dict or object.
        dashboard_port: port of the dashboard.
        resubmit_failed_trials: whether a trial that failed by itself runs again.
        verbose: 1 prints a line for each trial, 0 nothing.
        load: continue the study that `output_dir` holds, if there is one.
        mongodb_args: options of a MongoDB server that is started for the study.
        disable_dashboard: whether to start no dashboard.
        objective: a function `f(trial)`, or `"module:function"`, instead of a command. It returns
            the objective or calls `trial.report(objective, iteration, context)`.
        storage: URL or object, or the name of a storage that is then served for the study, such
            as "http" or "mongodb". Default: a file in `output_dir`; where the scheduler runs
            trials on other hosts, that file served over HTTP.
        name: the study's name.
        max_num_trials: number of trials after which none is started.
        timeout: seconds after which no trial is started.
        trial_timeout: seconds after which an attempt of a trial is ended.
        random_seed: seed of all suggestions.
        stopping_rules: further stopping rules.
        observers: names, dicts or objects.
        dashboard: names, dicts or objects.
        resources_per_trial: what a trial asks its scheduler for: `cpus`, `gpus`, `memory` (bytes
            or "4 GB"), `time` (seconds or "2 h").

    Returns:
        The best result as `Study.get_best_result` gives it.

    Raises:
        UserError: wrong arguments; nothing was written.
        PluginError: a plugin is missing, broken, or failed.
        KeyboardInterrupt: a second Ctrl-C; the study can be continued with `load=True`.
    """
    options = RunOptions(
        max_concurrent, max_num_trials, timeout, trial_timeout, resubmit_failed_trials
    )
    space = SearchSpace(parameters)
    job = Job(space, objective, command, filename, scheduler, resources_per_trial)
    study = Study(
        space,
        algorithm,
        lower_is_better,
        stopping_rule,
        dashboard_port,
        disable_dashboard,
        output_dir or f"./output_{time.strftime('%Y%m%d-%H%M%S')}",
        random_seed,
        storage=job.storage(storage, db_port, mongodb_args),
        name=name,
        stopping_rules=stopping_rules,
        observers=observers,
        dashboard=dashboard,
        resume=load,
    )
    runner = run(study, job, options, _Printer() if verbose else None)
    if runner.interrupted > 1:
        raise KeyboardInterrupt
    return study.engine.best_result()


class _Printer:
    """Prints a line when a trial starts and when it has ended."""

    def __init__(self) -> None:
        self._started: set[int] = set()
        self._ended = -1
        self._notice = Notice()

    def __call__(self, runner: Runner) -> None:
        self._notice(runner)
        for id in runner.running:
            if id not in self._started:
                self._started.add(id)
                print(f"trial {id} started: {runner.history.trials[id].parameters}", flush=True)
        ended = runner.history.ended
        if self._ended < 0:
            self._ended = len(ended)
        for trial in ended[self._ended :]:
            why = f" ({trial.failure})" if trial.failure else ""
            print(f"trial {trial.id} {trial.status}: {trial.objective:g}{why}", flush=True)
        self._ended = len(ended)
