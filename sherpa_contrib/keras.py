"""Keras: a callback that reports after each epoch and ends a training that is to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sherpa_core import PluginError, UserError

#: What is watched when no objective is named, in this order.
DEFAULT_OBJECTIVES = ("val_loss", "loss")


def callback(
    report: Callable[[int, float, dict[str, float]], None],
    should_stop: Callable[[], bool],
    objective_name: str | None,
    context_names: Sequence[str],
) -> Any:
    """Return a `keras.callbacks.Callback`.

    Args:
        report: is given iteration (the epoch, from 1), objective and context.
        should_stop: whether the training is to end.
        objective_name: the metric that is the objective. Default: val_loss, else loss.
        context_names: other metrics to report.

    Raises:
        PluginError: Keras is not installed.
    """
    try:
        from keras.callbacks import Callback
    except ImportError as error:
        raise PluginError(
            "the Keras callback needs Keras.", name="keras", hint="Install it: pip install keras"
        ) from error

    class SherpaCallback(Callback):  # type: ignore[misc, unused-ignore]
        """Reports to SHERPA after each epoch."""

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            """Report the epoch's metrics; end the training where the study says so."""
            metrics = dict(logs or {})
            objective = _pick(metrics, objective_name)
            context = {name: float(_pick(metrics, name)) for name in context_names}
            report(epoch + 1, float(objective), context)
            if should_stop():
                self.model.stop_training = True

    return SherpaCallback()


def _pick(metrics: Mapping[str, Any], name: str | None) -> Any:
    names = DEFAULT_OBJECTIVES if name is None else (name,)
    for each in names:
        if each in metrics:
            return metrics[each]
    raise UserError(
        f"Keras reported no metric {' or '.join(names)}: there are {', '.join(metrics) or 'none'}"
    )
