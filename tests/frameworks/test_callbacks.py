"""The callbacks of Keras, Lightning and transformers, in trainings with the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import lightning.pytorch as lightning
import numpy as np
import pytest
import torch
import transformers

from sherpa_contrib.keras import SherpaCallback as KerasCallback
from sherpa_contrib.lightning import SherpaCallback as LightningCallback
from sherpa_contrib.transformers import SherpaCallback as TransformersCallback
from sherpa_core import Client, Study, Trial, UserError, optimize

EPOCHS = 4
X = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")

#: Trains with a callback and a learning rate; returns the validation loss after each epoch.
Train = Callable[[Any, float, Path], list[float]]


def with_keras(callback: Any, rate: float, folder: Path) -> list[float]:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    done = model.fit(
        X, Y, epochs=EPOCHS, validation_split=0.25, verbose=0, callbacks=[callback]
    )  # fmt: skip
    losses: list[float] = done.history["val_loss"]
    return losses


class LightningModel(lightning.LightningModule):
    def __init__(self, rate: float) -> None:
        super().__init__()
        self.layer, self.rate, self.losses = torch.nn.Linear(3, 1), rate, list[float]()

    def loss(self, batch: Any) -> Any:
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])

    def training_step(self, batch: Any, index: int) -> Any:
        loss = self.loss(batch)
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def validation_step(self, batch: Any, index: int) -> None:
        loss = self.loss(batch)
        self.log("val_loss", loss)
        self.log("mae", loss.sqrt())
        if not self.trainer.sanity_checking:
            self.losses.append(float(loss))

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), self.rate)


def with_lightning(callback: Any, rate: float, folder: Path) -> list[float]:
    data = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    train, held_out = (torch.utils.data.Subset(data, part) for part in (range(48), range(48, 64)))
    model = LightningModel(rate)
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=EPOCHS,
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(
        model,
        torch.utils.data.DataLoader(train, 16),
        torch.utils.data.DataLoader(held_out, 16),
    )
    return model.losses


class TransformersModel(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, inputs: Any, labels: Any) -> dict[str, Any]:
        found = self.layer(inputs)
        return {"loss": torch.nn.functional.mse_loss(found, labels), "logits": found}


def with_transformers(callback: Any, rate: float, folder: Path) -> list[float]:
    rows = [{"inputs": x, "labels": y} for x, y in zip(X, Y, strict=True)]
    trainer = transformers.Trainer(
        TransformersModel(),
        transformers.TrainingArguments(
            str(folder),
            num_train_epochs=EPOCHS,
            learning_rate=rate,
            eval_strategy="epoch",
            save_strategy="no",
            logging_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=True,
        ),
        train_dataset=rows[:48],
        eval_dataset=rows[48:],
        compute_metrics=lambda found: {"mae": np.abs(found.predictions - found.label_ids).mean()},
        callbacks=[callback],
    )
    trainer.train()
    trained = [each["eval_loss"] for each in trainer.state.log_history if "eval_loss" in each]
    trainer.evaluate()  # is no part of the training
    return trained


each_framework = pytest.mark.parametrize(
    ("callback", "train", "context"),
    [
        pytest.param(KerasCallback, with_keras, "val_mae", id="keras"),
        pytest.param(LightningCallback, with_lightning, "mae", id="lightning"),
        pytest.param(TransformersCallback, with_transformers, "eval_mae", id="transformers"),
    ],
)


@each_framework
def test_each_epoch_is_an_observation(
    callback: Any, train: Train, context: str, next_trial: Any, tmp_path: Path
) -> None:
    study, trial = next_trial(stop=False)
    losses = train(callback(trial, study, None, [context]), 0.1, tmp_path)

    assert trial.iterations == list(range(1, EPOCHS + 1))
    assert trial.objectives == pytest.approx(losses)
    assert all(each.context[context] > 0 for each in trial.observations)


@each_framework
def test_a_rule_of_the_study_ends_the_training(
    callback: Any, train: Train, context: str, next_trial: Any, tmp_path: Path
) -> None:
    study, trial = next_trial(stop=True)
    losses = train(callback(trial, study), 0.1, tmp_path)
    study.finalize(trial)

    assert len(losses) == 2
    assert trial.iterations == [1, 2]
    assert trial.status == "STOPPED"


@each_framework
def test_in_an_objective_function_the_training_ends_cleanly(
    callback: Any, train: Train, context: str, stopping_study: Study, tmp_path: Path
) -> None:
    def objective(trial: Any) -> None:
        losses = train(callback(trial), trial.parameters["rate"], tmp_path)
        (tmp_path / f"{trial.id}").write_text(f"{len(losses)}")  # it goes on after a stop

    stopping_study.optimize(objective, max_num_trials=1)

    (trial,) = stopping_study.history.ended
    assert trial.status == "STOPPED", trial.failure
    assert trial.iterations == [1, 2]
    assert 2 <= int((tmp_path / "1").read_text()) <= EPOCHS


@each_framework
def test_a_client_is_sent_the_metrics(
    callback: Any, train: Train, context: str, tmp_path: Path
) -> None:
    sent = []

    class Noting(Client):
        def send_metrics(self, *values: Any) -> None:
            sent.append(values)

    client = Noting(test_mode=True)
    losses = train(callback(client.get_trial(), client), 0.1, tmp_path)

    assert [each[1] for each in sent] == list(range(1, EPOCHS + 1))
    assert [each[2] for each in sent] == pytest.approx(losses)


@each_framework
def test_a_metric_that_is_not_there_is_named_with_those_that_are(
    callback: Any, train: Train, context: str, next_trial: Any, tmp_path: Path
) -> None:
    study, trial = next_trial(stop=False)
    with pytest.raises(UserError, match=rf"no metric val_acc: there are .*{context}"):
        train(callback(trial, study, "val_acc"), 0.1, tmp_path)


def test_the_study_and_the_client_give_the_callback_of_keras(
    next_trial: Callable[..., tuple[Study, Trial]], tmp_path: Path
) -> None:
    study, trial = next_trial(stop=False)
    losses = with_keras(study.keras_callback(trial, context_names=["loss"]), 0.1, tmp_path)
    client = Client(test_mode=True)
    with_keras(client.keras_send_metrics(client.get_trial()), 0.1, tmp_path)

    assert trial.objectives == pytest.approx(losses)
    assert all("loss" in each.context for each in trial.observations)


SCRIPT = """
from sherpa_core import Client
import keras, numpy, time

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(600 if epoch > 2 else 0)  # the runner's patience, not the number of epochs

client = Client()
trial = client.get_trial()
x = numpy.ones((8, 3), "float32")
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(trial.parameters["rate"]), "mse")
model.fit(x, x[:, :1], epochs=5, verbose=0, callbacks=[client.keras_send_metrics(trial), Slow()])
"""


def test_a_script_with_keras_is_ended_by_a_rule(stopping_study: Study, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    optimize(
        stopping_study.parameters,
        "random",
        True,
        filename=str(tmp_path / "train.py"),
        stopping_rule=stopping_study.engine.rules[0].plugin,
        output_dir=tmp_path / "output",
        max_num_trials=1,
        verbose=0,
    )

    (trial,) = Study.load(str(tmp_path / "output")).history.ended
    assert trial.status == "STOPPED", trial.failure
    assert trial.iterations == [1, 2]


def test_an_evaluation_outside_of_the_training_is_no_report(
    next_trial: Callable[..., tuple[Study, Trial]],
) -> None:
    study, trial = next_trial(stop=False)
    callback = TransformersCallback(trial, study)
    control, state = transformers.TrainerControl(), transformers.TrainerState()
    callback.on_evaluate(None, state, control, {"eval_loss": 1.0})
    callback.on_train_begin(None, state, control)
    callback.on_evaluate(None, state, control, {"eval_loss": 0.5})
    callback.on_train_end(None, state, control)
    study.finalize(trial)
    callback.on_evaluate(None, state, control, {"eval_loss": 0.1})

    assert trial.objectives == [0.5]
