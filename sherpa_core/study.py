"""Study: asks the algorithm, takes observations, and keeps what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sherpa_core import confirmation, creation, serving
from sherpa_core import events as ev
from sherpa_core.dashboards import Dashboards
from sherpa_core.engine import Engine
from sherpa_core.errors import Conflict, UserError, listed
from sherpa_core.events import Event
from sherpa_core.interrupts import Notice
from sherpa_core.locate import open_log
from sherpa_core.log import Log
from sherpa_core.objective import Objective, load_objective
from sherpa_core.options import RunOptions
from sherpa_core.parameters import Parameter
from sherpa_core.plugin import AlgorithmState
from sherpa_core.registry import load
from sherpa_core.reports import observation_event
from sherpa_core.runner import Runner
from sherpa_core.session import orphans
from sherpa_core.study_view import StudyView
from sherpa_core.trial import FINAL, Trial
from sherpa_core.workers import WorkerExecution


class Study(StudyView):
    """A search for the hyperparameters with the best objective. Safe to use from several threads.

    Args:
        parameters: the search space, a list of `Parameter` objects.
        algorithm: a name (`"random"`), a dict of name and options, or an object.
        lower_is_better: whether the objective is minimized.
        stopping_rule: a rule that ends bad trials early: a name, a dict or an object.
        dashboard_port: port of the dashboard. Default: it chooses one.
        disable_dashboard: whether to start no dashboard.
        output_dir: folder for results; also for the study's database unless `storage` is given.
        random_seed: makes suggestions reproducible; 0 to 2**63 - 1. Default: drawn and recorded.
        storage: URL, object or `Served`. Default: a file in `output_dir`, else memory.
        name: the study's name in its storage. Default: a unique one.
        stopping_rules: further stopping rules.
        observers: names, dicts or objects that are told what happens.
        dashboard: names, dicts or objects. Default: the one that is installed.
        tags: words to find the study by.
        resume: continue the study of that name if there is one.
        clock: the time in seconds since 1970; for tests.

    Attributes:
        engine: what the runner drives.
        output_dir: the folder for results, None if there is none.

    Raises:
        UserError: wrong arguments, or the study exists already; nothing was written.
        PluginError: a plugin is missing or broken.
        StorageError: the storage cannot be used.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        algorithm: Any,
        lower_is_better: bool = True,
        stopping_rule: Any = None,
        dashboard_port: int | None = None,
        disable_dashboard: bool = False,
        output_dir: str | Path | None = None,
        random_seed: int | None = None,
        *,
        storage: Any = None,
        name: str | None = None,
        stopping_rules: Any = None,
        observers: Any = None,
        dashboard: Any = None,
        tags: Iterable[str] = (),
        resume: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        plan = creation.Plan.of(
            parameters, algorithm, lower_is_better, stopping_rule, stopping_rules, observers,
            random_seed, name, tags,
        )  # fmt: skip
        dashboards = Dashboards(dashboard, not disable_dashboard, dashboard_port)
        log = plan.open(storage, output_dir, clock, resume)
        self._start(log, plan, dashboards, output_dir)

    @classmethod
    def load(
        cls,
        place: str | Path,
        algorithm: Any = None,
        *,
        stopping_rules: Any = None,
        observers: Any = None,
        dashboard: Any = None,
        dashboard_port: int | None = None,
        disable_dashboard: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> Study:
        """Continue a study.

        Args:
            place: its output folder, or the URL of its storage (`URL#name` for one of several).
            algorithm: another algorithm from here on. Default: the study's own.
            stopping_rules: other rules. Default: the study's own.
            observers: see `Study`.
            dashboard: see `Study`.
            dashboard_port: see `Study`.
            disable_dashboard: see `Study`.
            clock: see `Study`.

        Raises:
            UserError: there is no such study, or its algorithm is no installed plugin.
        """
        log = open_log(place, clock=clock)
        plan = creation.Plan.recorded(log, algorithm, stopping_rules, observers)
        dashboards = Dashboards(dashboard, not disable_dashboard, dashboard_port)
        return cls._of(place, log, plan, dashboards)

    @classmethod
    def _of(cls, place: str | Path, log: Log, plan: creation.Plan, dashboards: Dashboards) -> Study:
        study = cls.__new__(cls)
        study._start(log, plan, dashboards, place if Path(str(place)).is_dir() else None)
        return study

    def _start(
        self,
        log: Log,
        plan: creation.Plan,
        dashboards: Dashboards,
        output_dir: str | Path | None,
    ) -> None:
        engine = Engine(log, plan.algorithm, plan.rules, plan.observers)
        super().__init__(engine, Path(output_dir) if output_dir is not None else None)
        self._dashboards = dashboards
        self._told_to_stop: dict[int, str] = {}
        self._orphans = orphans(log.history, log.writer, log.clock())
        dashboards.start(log.storage, log.study, self.output_dir)

    def best(
        self, confirm: int = 0, repeats: int = 5, objective: Callable[[Trial], float] | None = None
    ) -> confirmation.Confirmation:
        """Return what new runs of the best configurations gave: the best of many was also lucky.

        Args:
            confirm: number of configurations to run again; missing runs are queued. Default: none.
            repeats: number of runs of each.
            objective: called with each missing run's trial. Default: the runs stay queued.

        Raises:
            UserError: a configuration continued another trial's model and cannot run by itself.
        """
        with self._lock:
            self.refresh()
            return confirmation.confirm(self.engine, confirm, repeats, objective)

    def optimize(
        self,
        objective: str | Objective,
        max_num_trials: int | None = None,
        workers: int = 1,
        timeout: float | None = None,
        trial_timeout: float | None = None,
    ) -> dict[str, Any]:
        """Train trials with a function, in processes of their own, until the study is done.

        Args:
            objective: `f(trial)` or `"module:function"`; it returns the objective, or reports it
                with `trial.report(objective, iteration, context)`.
            max_num_trials: number of trials of the study after which none is started.
            workers: number of trials at a time.
            timeout: seconds after which no trial is started.
            trial_timeout: seconds after which a trial is ended.

        Returns:
            The best result as `get_best_result` gives it.

        Raises:
            UserError: wrong arguments; nothing was started.
            PluginError: the algorithm failed.
            KeyboardInterrupt: a second Ctrl-C.
        """
        options = RunOptions(workers, max_num_trials, timeout, trial_timeout)
        execution = WorkerExecution(load_objective(objective), self.output_dir)
        runner = Runner(self.engine, execution, options, Notice(), self.checkpoints())
        runner.run()
        if runner.interrupted > 1:
            raise KeyboardInterrupt
        return self.get_best_result()

    def get_suggestion(self) -> Trial | AlgorithmState:
        """Return the next trial, `AlgorithmState.WAIT` or `AlgorithmState.DONE`.

        Trials that were lost with their process come first, then queued ones.

        Raises:
            PluginError: the algorithm failed or broke its promise; the study is as before.
        """
        with self._lock:
            if self._shared:
                self.refresh()
            while True:
                while self._orphans:
                    adopted = self.engine.restart(self._orphans.pop(0), "lost with its process")
                    if adopted is not None:
                        return adopted
                answer = self.engine.ask()
                if isinstance(answer, Trial) or not self._shared:
                    return answer
                # Before it waits for a trial or ends: is there one that nobody works on any more?
                self._orphans = orphans(self.history, self._log.writer, self._log.clock())
                if not self._orphans:
                    return answer

    def __iter__(self) -> Iterator[Trial]:
        """Yield trials until the algorithm is done; waits while others' trials run."""
        handed: set[int] = set()
        pause = 0.001
        while True:
            answer = self.get_suggestion()
            if isinstance(answer, Trial):
                handed.add(answer.id)
                pause = 0.001
                yield answer
            elif answer is AlgorithmState.DONE:
                with self._lock:
                    self.engine.tell("study_finished", history=self.history)
                return
            else:
                self.engine.check_waiting(handed)
                time.sleep(pause)
                pause = min(2 * pause, 0.1)

    def add_trial(self, trial: Trial) -> None:
        """Queue a trial: it comes before the algorithm's, and is numbered when it is taken."""
        if not isinstance(trial, Trial):
            raise UserError(f"add_trial takes a Trial, but got {trial!r:.80}; see also enqueue")
        self.enqueue(trial.parameters)

    def enqueue(self, parameters: Mapping[str, Any]) -> None:
        """Queue a configuration; queued ones are taken first in, first out.

        Raises:
            UserError: it is not in the search space.
        """
        with self._lock:
            valid = self.history.space.validate(parameters)
            self._log.append({"type": ev.TRIAL_QUEUED, "parameters": valid})

    def add_observation(
        self,
        trial: Trial,
        objective: float,
        iteration: int = 1,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Add one observation of a running trial.

        Args:
            trial: the trial.
            objective: its value; NaN is kept but never best.
            iteration: for example the epoch; each at most once per trial.
            context: other metrics by name.

        Raises:
            UserError: the trial is unknown or has ended, the iteration was there already, or a
                value is not what it should be; nothing was changed.
        """
        with self._lock:
            known = self.engine.running_trial(trial)
            names = {**self.history.space.by_name, **known._parameters} if context else {}
            event = observation_event(known.id, known.attempt, objective, iteration, context, names)
            try:
                if not known._has_iteration(event["iteration"]):
                    return self._log.append(event)
            except Conflict:  # another process was faster
                pass
            raise UserError(f"trial {known.id} has an observation of iteration {iteration!r}")

    def should_trial_stop(self, trial: Trial) -> bool:
        """Return whether a stopping rule or a person ends the trial."""
        with self._lock:
            if self._shared:
                self.refresh()
            known = self.engine.running_trial(trial)
            if known.stop_requested is not None:
                return True
            rule = self.engine.stopping_rule_for(known)
            if rule:
                self._told_to_stop[known.id] = f"stopping rule {rule}"
            return bool(rule)

    def finalize(self, trial: Trial, status: str | None = None) -> None:
        """End a trial.

        Args:
            trial: the trial.
            status: COMPLETED, FAILED or STOPPED. Default: STOPPED if it was told to stop, else
                COMPLETED.

        Raises:
            UserError: the trial is unknown or has ended, the status is wrong, or the trial is
                completed without an observation; nothing was changed.
        """
        with self._lock:
            if self._shared:
                self.refresh()
            known = self.engine.running_trial(trial)
            why = known.stop_requested or self._told_to_stop.get(known.id, "")
            if status is None:
                status = "STOPPED" if why else "COMPLETED"
            if status not in FINAL:
                raise UserError(f"status must be one of {listed(map(str, FINAL))}, not {status!r}")
            if status == "COMPLETED" and not known.num_observations:
                raise UserError(
                    f"trial {known.id} has no observation: finalize it as FAILED or STOPPED"
                )
            self._told_to_stop.pop(known.id, None)
            self.engine.finish(known, status, why if status == "STOPPED" else "")

    def request_stop(self, trial: Trial, reason: str = "stop requested") -> None:
        """Ask for a running trial's end: `should_trial_stop` is True from now on."""
        with self._lock:
            self.engine.request_stop(self.engine.running_trial(trial), reason)

    def stop(self, reason: str | None = "stop requested") -> None:
        """Start no further trial; None as reason takes an earlier request back."""
        with self._lock:
            self.engine.stop(reason)

    def set_note(self, note: str, tags: Iterable[str] | None = None) -> None:
        """Write down a note, and tags if given."""
        event: Event = {"type": ev.NOTE_SET, "note": str(note)}
        if tags is not None:
            event["tags"] = [str(tag) for tag in tags]
        with self._lock:
            self._log.append(event)

    def keras_callback(
        self, trial: Trial, objective_name: str | None = None, context_names: Iterable[str] = ()
    ) -> Any:
        """Return a Keras callback that adds an observation after each epoch.

        Args:
            trial: the trial that is trained.
            objective_name: the metric that is the objective. Default: val_loss, else loss.
            context_names: other metrics to keep.
        """
        return load("callback", "keras")(trial, self, objective_name, context_names)

    def close(self) -> None:
        """Stop the dashboards, and the storage's server where the study has one of its own."""
        self._dashboards.stop()
        serving.close(self._log.storage.plugin)

    @classmethod
    def load_dashboard(cls, path: str | Path) -> Study:
        """Show a study's dashboard.

        Returns:
            The study. It can also be continued, if its plugins are installed.

        Raises:
            UserError: there is no such study.
        """
        log = open_log(path)
        return cls._of(path, log, creation.Plan.shown(log), Dashboards(None, True, None))
