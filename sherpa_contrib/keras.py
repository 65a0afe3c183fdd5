"""Keras: a callback that reports after each epoch and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keras.callbacks import Callback

from sherpa_contrib.reporting import Reporter


class SherpaCallback(Callback):
    """Reports after each epoch; one of `callbacks` in `model.fit`.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: val_loss, else loss.
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
        self._report = Reporter(trial, to, objective_name, context_names, ("val_loss", "loss"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Report the epoch's metrics; end the training where the study says so."""
        if self._report(epoch + 1, dict(logs or {})):
            self.model.stop_training = True
