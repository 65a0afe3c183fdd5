"""optimize: a study, an execution and a runner in one call."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sherpa_core import registry
from sherpa_core.checkpoints import Checkpoints
from sherpa_core.errors import UserError
from sherpa_core.execution import Execution, JobExecution, check_command, split_command
from sherpa_core.options import RunOptions
from sherpa_core.parameters import Parameter
from sherpa_core.runner import Runner
from sherpa_core.sockets import Socket, bind
from sherpa_core.space import SearchSpace
from sherpa_core.study import Study
from sherpa_core.workers import Objective, WorkerExecution, load_objective

logger = logging.getLogger(__name__)


class Job:
    """What a trial consists of: a function, or a command for a scheduler; checked at once.

    Args:
        space: the search space, whose names a command may use as `{name}`.
        objective: a function or `module:function`.
        command: a command line or its words.
        filename: a Python script.
        scheduler: name, dict or object. Default: the default scheduler.
        resources: resources per trial, in the scheduler's own words.
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
        self.resources = resources
        self.function: Objective | None = None
        self.scheduler: Socket | None = None
        self.words: list[str] = []
        if objective is not None:
            if command is not None or filename is not None:
                raise UserError("give either an objective function or a command, not both")
            if scheduler is not None or resources:
                raise UserError(
                    "an objective function runs in processes of the runner: a scheduler and "
                    "resources need a command or a filename"
                )
            self.function = load_objective(objective)
            return
        if filename is not None and work_dir is not None:
            filename = str(self.work_dir / filename)
        self.words = split_command(command, filename)
        self.scheduler = bind("scheduler", scheduler or registry.default("scheduler"))
        check_command(self.words, space, self.work_dir, self.remote)

    @property
    def remote(self) -> bool:
        """Whether trials may run on other hosts."""
        return bool(self.scheduler and getattr(self.scheduler.plugin, "remote", False))

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
                f"cannot reach the storage {study.engine.log.storage.name!r}: name another storage"
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
        )


def run(
    study: Study,
    job: Job,
    options: RunOptions,
    progress: Callable[[Runner], None] | None = None,
) -> Runner:
    """Run a study's trials until it is done, and return the runner that did it."""
    execution = job.execution(study)
    checkpoints = None
    if study.output_dir is not None:
        checkpoints = Checkpoints(study.output_dir / "checkpoints", study.engine.algorithm)
    runner = Runner(study.engine, execution, options, progress, checkpoints)
    try:
        runner.run()
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
    resources: Mapping[str, Any] | None = None,
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
        db_port: port of the database, for storages that have one.
        stopping_rule: name, dict or object.
        dashboard_port: port of the dashboard.
        resubmit_failed_trials: whether a trial that failed by itself runs again.
        verbose: 1 prints a line for each trial, 0 nothing.
        load: continue the study that `output_dir` holds, if there is one.
        mongodb_args: options of a MongoDB server that is started for the study.
        disable_dashboard: whether to start no dashboard.
        objective: a function `f(trial)`, or `"module:function"`, instead of a command. It returns
            the objective or calls `trial.report(objective, iteration, context)`.
        storage: URL or object. Default: a file in `output_dir`.
        name: the study's name.
        max_num_trials: number of trials after which none is started.
        timeout: seconds after which no trial is started.
        trial_timeout: seconds after which an attempt of a trial is ended.
        random_seed: seed of all suggestions.
        stopping_rules: further stopping rules.
        observers: names, dicts or objects.
        dashboard: names, dicts or objects.
        resources: resources per trial, in the scheduler's own words.

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
    job = Job(space, objective, command, filename, scheduler, resources)
    if storage is None and (db_port is not None or mongodb_args):
        logger.info("db_port and mongodb_args are not needed: the study keeps its own database")
    study = Study(
        space,
        algorithm,
        lower_is_better,
        stopping_rule,
        dashboard_port,
        disable_dashboard,
        output_dir or f"./output_{time.strftime('%Y%m%d-%H%M%S')}",
        random_seed,
        storage=storage,
        name=name,
        stopping_rules=stopping_rules,
        observers=observers,
        dashboard=dashboard,
        resume=load,
    )
    runner = run(study, job, options, _Printer() if verbose else None)
    study.save()
    if runner.interrupted > 1:
        raise KeyboardInterrupt
    return study.get_best_result()


class _Printer:
    """Prints a line when a trial starts and when it has ended."""

    def __init__(self) -> None:
        self._started: set[int] = set()
        self._ended = -1

    def __call__(self, runner: Runner) -> None:
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
