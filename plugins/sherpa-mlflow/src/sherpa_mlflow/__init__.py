"""The observer `mlflow`: a run for each study, and a nested run for each trial."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from sherpa_core.plugin import option
from sherpa_core.trial import Observation
from sherpa_tracking import Attempt, Tracker, numbers

if TYPE_CHECKING:
    from mlflow import MlflowClient

_STATUS = {"COMPLETED": "FINISHED", "STOPPED": "KILLED", "FAILED": "FAILED", "LOST": "KILLED"}
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
    _parents: dict[tuple[str, float], str] = attrs.field(factory=dict, init=False)
    _runs: dict[Attempt, str] = attrs.field(factory=dict, init=False)

    @property
    def _client(self) -> MlflowClient:
        if self._connected is None:
            from mlflow import MlflowClient  # takes a second: not in the runner's thread

            self._connected = MlflowClient(self.tracking_uri)
        return self._connected

    def begin(self, attempt: Attempt) -> None:
        """Begin the trial's run, in that of its study."""
        parent = self._parent(attempt.study, attempt.created)
        tags = {
            "mlflow.parentRunId": parent,
            "sherpa.trial": str(attempt.trial),
            "sherpa.attempt": str(attempt.number),
            "sherpa.origin": attempt.origin,
        }
        self._runs[attempt] = self._run(attempt.study, attempt.name, attempt.started, tags)
        for name, value in attempt.parameters.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self._client.log_param(self._runs[attempt], _legal(name), text)

    def observe(self, attempt: Attempt, observation: Observation) -> None:
        """Log the objective and the metrics that are numbers."""
        from mlflow.entities import Metric

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
        run = self._runs.pop(attempt)
        self._client.set_tag(run, "sherpa.status", status)
        if failure:
            self._client.set_tag(run, "sherpa.failure", failure)
        self._client.set_terminated(run, _STATUS[status], round(1000 * ended))

    def finish(self, study: str, created: float, best: Mapping[str, Any]) -> None:
        """Note the best result at the study's run."""
        run = self._parent(study, created)
        if best:
            self._client.set_tag(run, "sherpa.best_trial", str(best["Trial-ID"]))
            self._client.log_metric(run, "Objective", best["Objective"])
        self._client.set_terminated(run)

    def _parent(self, study: str, created: float) -> str:
        if (study, created) not in self._parents:
            tags = {"sherpa.study": study, "sherpa.created": str(created)}
            self._parents[study, created] = self._run(study, study, created, tags)
        return self._parents[study, created]

    def _run(self, study: str, name: str, started: float, tags: Mapping[str, str]) -> str:
        """Return the id of the run with these tags; it is made if it is not there."""
        client, wanted = self._client, self.experiment or study
        known = client.get_experiment_by_name(wanted)
        experiment = known.experiment_id if known else client.create_experiment(wanted)
        text = " and ".join(f"tags.`{name}` = {_quoted(value)}" for name, value in tags.items())
        for run in client.search_runs([experiment], text, max_results=1):
            client.update_run(run.info.run_id, status="RUNNING")
            return str(run.info.run_id)
        run = client.create_run(experiment, round(1000 * started), dict(tags), name)
        return str(run.info.run_id)


def _legal(name: str) -> str:
    """Return a name as MLflow takes it."""
    return re.sub(r"[^\w\-. /:]", "_", name, flags=re.ASCII)


def _quoted(text: str) -> str:
    quote = '"' if "'" in text else "'"
    return f"{quote}{text}{quote}"
