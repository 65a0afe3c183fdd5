"""XGBoost: a callback that reports after each round and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xgboost.callback import TrainingCallback

from sherpa_contrib.reporting import Reporter


class SherpaCallback(TrainingCallback):
    """Reports after each boosting round; one of `callbacks` in `xgboost.train` and estimators.

    A metric's name is that of its data set and its own: `validation-rmse`.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: the last one, with which XGBoost
            itself stops early.
        context_names: other metrics to report.
    """

    def __init__(
        self,
        trial: Any,
        to: Any = None,
        objective_name: str | None = None,
        context_names: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self._report = Reporter(trial, to, objective_name, context_names)

    def after_iteration(
        self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]
    ) -> bool:
        """Report the round's metrics; True ends the training."""
        newest = {
            f"{data}-{name}": values[-1]
            for data, metrics in evals_log.items()
            for name, values in metrics.items()
        }
        return self._report(epoch + 1, newest)
