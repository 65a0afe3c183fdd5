"""Hugging Face: a callback that reports each evaluation and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from sherpa_contrib.reporting import Reporter


class SherpaCallback(TrainerCallback):
    """Reports each evaluation of a training; one of the trainer's `callbacks`.

    Iterations count the evaluations, which `eval_strategy` asks for. Where several processes
    train one model, the first of them reports, and all of them end.

    Args:
        trial: the trial that is trained.
        to: its study or client; None for the trial of an objective function.
        objective_name: the metric that is the objective. Default: eval_loss.
        context_names: other metrics to report.
    """

    def __init__(
        self,
        trial: Any,
        to: Any = None,
        objective_name: str | None = None,
        context_names: Iterable[str] = (),
    ) -> None:
        self._report = Reporter(trial, to, objective_name, context_names, ("eval_loss",))
        self._training = False
        self._evaluations = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """Begin to listen: evaluations outside of the training are not the trial's."""
        self._training = True

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: Any
    ) -> None:
        """End to listen."""
        self._training = False

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: Mapping[str, float],
        **more: Any,
    ) -> None:
        """Report the evaluation's metrics; end the training if it is to stop."""
        if not self._training:
            return
        self._evaluations += 1
        stop = [state.is_world_process_zero and self._report(self._evaluations, metrics)]
        if broadcast_object_list(stop)[0]:  # what the first process was told
            control.should_training_stop = True
