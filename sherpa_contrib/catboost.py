"""CatBoost: a callback that reports after each round and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sherpa_contrib.reporting import Reporter


class SherpaCallback:
    """Reports after each boosting round; one of `callbacks` in `model.fit`.

    A metric's name is that of its data set and its own: `validation-RMSE`.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: the last one, in alphabetical
            order: name it where there are several.
        context_names: other metrics to report.
    """

    def __init__(
        self,
        trial: Any,
        to: Any = None,
        objective_name: str | None = None,
        context_names: Iterable[str] = (),
    ) -> None:
        self._report = Reporter(trial, to, objective_name, context_names)

    def after_iteration(self, info: Any) -> bool:
        """Report the round's metrics; False ends the training."""
        newest = {
            f"{data}-{name}": values[-1]
            for data, metrics in info.metrics.items()
            for name, values in metrics.items()
        }
        return not self._report(info.iteration, newest)
