"""What all callbacks share: an iteration is reported, and the answer is whether training ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sherpa_core import Client, TrialStopped, UserError


class Reporter:
    """Reports a training's iterations for one trial.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function, which reports itself.
        objective_name: the metric that is the objective. Default: the first of `defaults` that the
            framework reports; without `defaults` the last metric that it reports.
        context_names: other metrics to report.
        defaults: names of metrics.

    Raises:
        UserError: `to` is missing.
    """

    def __init__(
        self,
        trial: Any,
        to: Any = None,
        objective_name: str | None = None,
        context_names: Iterable[str] = (),
        defaults: Sequence[str] = (),
    ) -> None:
        if to is None and not hasattr(trial, "report"):
            raise UserError(
                f"trial {trial.id} cannot report by itself: give the callback the study or the "
                "client that it came from, SherpaCallback(trial, study)"
            )
        self._trial = trial
        self._to = to
        self._objective_names = defaults if objective_name is None else (objective_name,)
        self._context_names = tuple(context_names)

    def __call__(self, iteration: int, metrics: Mapping[str, Any]) -> bool:
        """Report an iteration (from 1); return whether the training is to end.

        Raises:
            UserError: the framework did not report a metric that was asked for.
        """
        objective = _pick(metrics, self._objective_names or tuple(metrics)[-1:])
        context = {name: _pick(metrics, (name,)) for name in self._context_names}
        if self._to is None:
            try:
                self._trial.report(objective, iteration, context)
            except TrialStopped:
                return True
            return False
        if isinstance(self._to, Client):
            self._to.send_metrics(self._trial, iteration, objective, context)
            return False  # the runner ends the process of a trial that is to stop
        self._to.add_observation(self._trial, objective, iteration, context)
        return bool(self._to.should_trial_stop(self._trial))


def _pick(metrics: Mapping[str, Any], names: Sequence[str]) -> float:
    for name in names:
        if name in metrics:
            return float(metrics[name])
    raise UserError(
        f"the training reported no metric {' or '.join(names) or 'at all'}: "
        f"there are {', '.join(metrics) or 'none'}"
    )
