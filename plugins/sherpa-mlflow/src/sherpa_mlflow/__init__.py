"""The observer `mlflow`: a run for each study, and a nested run for each trial."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

from sherpa_core.plugin import option
from sherpa_core.trial import Observation
from sherpa_tracking import Attempt, Tracker, numbers

_STATUS = {"COMPLETED": "FINISHED", "STOPPED": "KILLED", "FAILED": "FAILED", "LOST": "KILLED"}
_MOST_PARAMETERS = 100  # in one request
_TEXT = attrs.validators.optional(attrs.validators.instance_of(str))


@attrs.define(eq=False)
class MLflowTracker(Tracker):
    """Hands on studies to MLflow, in the background; runs are found again by their tags."""

    tracking_uri: str | None = option(
        "MLflow's server or store; None: as MLFLOW_TRACKING_URI says",
        default=None,
        validator=_TEXT,
    )
    experiment: str | None = option(
        "name of the experiment; None: the study's name", default=None, validator=_TEXT
    )
    _connected: MlflowClient | None = attrs.field(default=None, init=False)
    _places: dict[tuple[str, float], tuple[str, str]] = attrs.field(factory=dict, init=False)
    _runs: dict[Attempt, str] = attrs.field(factory=dict, init=False)

    @property
    def _client(self) -> MlflowClient:
        if self._connected is None:  # a new store takes seconds: not in the runner's thread
            self._connected = MlflowClient(self.tracking_uri)
        return self._connected

    def delivered(self, study: str, created: float) -> set[str]:
        """Return the names of the trials whose runs have ended."""
        experiment, parent = self._place(study, created)
        runs = self._find(experiment, {"mlflow.parentRunId": parent})
        return {run.info.run_name for run in runs if run.info.status in _STATUS.values()}

    def begin(self, attempt: Attempt) -> None:
        """Begin the trial's run, in that of its study."""
        run = self._known(attempt)
        if run is not None:
            self._client.update_run(run, "RUNNING")
        else:
            experiment, _ = self._place(attempt.study, attempt.created)
            tags = {**self._tags(attempt), "sherpa.origin": attempt.origin}
            run = self._create(experiment, attempt.name, attempt.started, tags)
        self._runs[attempt] = run
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in attempt.parameters.items()
        }
        parameters = [Param(_legal(name), text) for name, text in texts.items()]
        for start in range(0, len(parameters), _MOST_PARAMETERS):
            self._client.log_batch(run, params=parameters[start : start + _MOST_PARAMETERS])

    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Log the objective and the metrics that are numbers."""
        # MLflow drops what it has: name, value, step and time of an observation never change.
        time = round(1000 * observation.time)
        metrics = {"Objective": observation.objective, **numbers(observation.context)}
        found = [
            Metric(_legal(name), value, time, observation.iteration)
            for name, value in metrics.items()
        ]
        self._client.log_batch(self._runs[attempt], found)

    def end(self, attempt: Attempt, status: str, failure: str, ended: float) -> None:
        """End the trial's run."""
        run = self._runs.pop(attempt, None) or self._known(attempt)
        if run is None:
            return
        self._client.set_tag(run, "sherpa.status", status)
        if failure:
            self._client.set_tag(run, "sherpa.failure", failure)
        self._client.set_terminated(run, _STATUS[status], round(1000 * ended))

    def finish(self, study: str, created: float, best: Mapping[str, Any]) -> None:
        """Note the best result at the study's run."""
        _, run = self._place(study, created)
        if best:
            self._client.set_tag(run, "sherpa.best_trial", str(best["Trial-ID"]))
            self._client.log_metric(run, "Objective", best["Objective"])
        self._client.set_terminated(run)

    def _place(self, study: str, created: float) -> tuple[str, str]:
        """Return the ids of the experiment and of the study's run; they are made if need be."""
        if (study, created) not in self._places:
            experiment = self._experiment(self.experiment or study)
            tags = {"sherpa.created": str(created)}  # a study's name may have any characters
            runs = self._find(experiment, tags)
            ids = [run.info.run_id for run in runs if run.data.tags.get("sherpa.study") == study]
            if ids:
                self._client.update_run(ids[0], "RUNNING")
            else:
                ids = [self._create(experiment, study, created, {**tags, "sherpa.study": study})]
            self._places[study, created] = experiment, ids[0]
        return self._places[study, created]

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known is None:
            try:
                return str(self._client.create_experiment(name))
            except MlflowException:  # another runner was faster
                known = self._client.get_experiment_by_name(name)
                if known is None:
                    raise
        return str(known.experiment_id)

    def _tags(self, attempt: Attempt) -> dict[str, str]:
        return {
            "mlflow.parentRunId": self._place(attempt.study, attempt.created)[1],
            "sherpa.trial": str(attempt.trial),
            "sherpa.attempt": str(attempt.number),
        }

    def _known(self, attempt: Attempt) -> str | None:
        """Return the id of the run that an earlier process has begun, if there is one."""
        experiment, _ = self._place(attempt.study, attempt.created)
        return next((run.info.run_id for run in self._find(experiment, self._tags(attempt))), None)

    def _find(self, experiment: str, tags: Mapping[str, str]) -> Iterator[Run]:
        text = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        token = None
        while token != "":
            page = self._client.search_runs([experiment], text, page_token=token)
            yield from page
            token = page.token or ""

    def _create(self, experiment: str, name: str, started: float, tags: dict[str, str]) -> str:
        return str(
            self._client.create_run(experiment, round(1000 * started), tags, name).info.run_id
        )


def _legal(name: str) -> str:
    """Return a parameter's or metric's name as MLflow takes it: it makes paths of them."""
    legal = re.sub(r"[^\w\-. /:]", "_", name)[:250]
    if posixpath.normpath(legal) != legal or legal.startswith((".", "/")):
        legal = re.sub(r"[./]", "_", legal)
    return legal
