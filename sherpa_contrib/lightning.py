"""Lightning: a callback that reports after each epoch and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from sherpa_contrib.reporting import Reporter


class SherpaCallback(Callback):
    """Reports after each epoch what the module has logged; one of the trainer's `callbacks`.

    Where several processes train one model, the first of them reports, and all of them end.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: val_loss, else train_loss.
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
        names = ("val_loss", "train_loss")
        self._report = Reporter(trial, to, objective_name, context_names, names)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the epoch's metrics, validation included; end the training if it is to stop."""
        metrics = trainer.callback_metrics  # asking for them may bring all processes together
        stop = trainer.is_global_zero and self._report(trainer.current_epoch + 1, metrics)
        if trainer.strategy.reduce_boolean_decision(stop, all=False):
            trainer.should_stop = True
