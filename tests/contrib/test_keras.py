"""The Keras callback: what it reports, when it ends a training, and what it says without Keras."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from sherpa_core import Client, PluginError, Study, Trial, UserError


class Callback:
    """What the callback needs of Keras's own base class."""

    model: Any = None


class Model:
    """Calls its callback after each epoch, as `model.fit` does."""

    stop_training = False

    def fit(self, callback: Any, losses: list[float]) -> int:
        callback.model = self
        for epoch, loss in enumerate(losses):
            callback.on_epoch_end(epoch, {"loss": loss, "val_loss": loss + 1, "accuracy": 0.5})
            if self.stop_training:
                return epoch + 1
        return len(losses)


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> None:
    package, callbacks = ModuleType("keras"), ModuleType("keras.callbacks")
    callbacks.Callback = Callback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keras", package)
    monkeypatch.setitem(sys.modules, "keras.callbacks", callbacks)
    monkeypatch.delitem(sys.modules, "sherpa_contrib.keras", raising=False)


@pytest.mark.usefixtures("keras")
def test_it_watches_the_validation_loss_unless_told_otherwise(
    study: Study, next_trial: Callable[[], Trial]
) -> None:
    trial = next_trial()
    Model().fit(study.keras_callback(trial), [3.0, 2.0])
    assert [(each.iteration, each.objective) for each in trial.observations] == [(1, 4.0), (2, 3.0)]

    trial = next_trial()
    Model().fit(study.keras_callback(trial, "loss", ["accuracy"]), [3.0])
    assert trial.observations[0].objective == 3.0
    assert trial.observations[0].context == {"accuracy": 0.5}


@pytest.mark.usefixtures("keras")
def test_it_ends_the_training_when_the_trial_is_to_stop(
    study: Study, next_trial: Callable[[], Trial]
) -> None:
    trial = next_trial()
    callback = study.keras_callback(trial)
    assert Model().fit(callback, [3.0, 2.0]) == 2
    study.request_stop(trial)
    trained = Model()
    callback.model = trained
    callback.on_epoch_end(2, {"loss": 1.0})
    assert trained.stop_training
    study.finalize(trial)
    assert trial.status == "STOPPED"


@pytest.mark.usefixtures("keras")
def test_a_client_is_sent_the_metrics() -> None:
    client = Client(test_mode=True)
    callback = client.keras_send_metrics(client.get_trial(), "loss")

    assert Model().fit(callback, [3.0, 2.0]) == 2


@pytest.mark.usefixtures("keras")
def test_a_metric_that_keras_does_not_report_is_named(
    study: Study, next_trial: Callable[[], Trial]
) -> None:
    with pytest.raises(UserError, match=r"val_acc: there are loss, val_loss, accuracy"):
        Model().fit(study.keras_callback(next_trial(), "val_acc"), [3.0])


def test_without_keras_it_says_what_to_install(
    study: Study, next_trial: Callable[[], Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.delitem(sys.modules, "sherpa_contrib.keras", raising=False)
    with pytest.raises(PluginError, match="pip install keras"):
        study.keras_callback(next_trial())
