"""LightGBM: a callback that reports after each round and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lightgbm.callback import CallbackEnv, EarlyStopException

from sherpa_contrib.reporting import Reporter


class SherpaCallback:
    """Reports after each boosting round; one of `callbacks` in `lightgbm.train` and estimators.

    A metric's name is that of its data set and its own: `valid_0-l2`.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: the last one.
        context_names: other metrics to report.
    """

    order = 25  # before LightGBM's own early stopping, whose exception skips what comes later

    def __init__(
        self,
        trial: Any,
        to: Any = None,
        objective_name: str | None = None,
        context_names: Iterable[str] = (),
    ) -> None:
        self._report = Reporter(trial, to, objective_name, context_names)

    def __call__(self, env: CallbackEnv) -> None:
        """Report the round's metrics; LightGBM takes the exception as the training's regular end.

        Raises:
            EarlyStopException: the trial is to stop.
        """
        newest = env.evaluation_result_list or []
        if self._report(env.iteration + 1, {f"{data}-{name}": v for data, name, v, *_ in newest}):
            raise EarlyStopException(env.iteration, newest)
