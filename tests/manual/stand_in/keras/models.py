"""A model whose loss falls with each epoch, faster with a better learning rate and more units."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras.layers import Layer
from keras.optimizers import Adam


class Sequential:
    def __init__(self, layers: Sequence[Layer] = ()) -> None:
        self.layers = list(layers)
        self.optimizer = Adam()
        self.stop_training = False
        self.epochs = 0
        self._pace: float | None = None

    def add(self, layer: Layer) -> None:
        self.layers.append(layer)

    def compile(self, loss: str, optimizer: Any, metrics: Sequence[str]) -> None:
        if isinstance(optimizer, Adam):
            self.optimizer = optimizer

    @property
    def pace(self) -> float:
        if self._pace is None:
            units = next(
                (each.options["units"] for each in self.layers if each.options["units"]), 1
            )
            self._pace = units / (units + 50)
        return self._pace / (1 + abs(math.log10(self.optimizer.lr / 0.003)))

    def fit(
        self,
        x: Any,
        y: Any,
        epochs: int = 1,
        initial_epoch: int = 0,
        callbacks: Sequence[Any] = (),
        **options: Any,
    ) -> None:
        for each in callbacks:
            each.set_model(self)
        for epoch in range(initial_epoch, epochs):
            self.epochs += 1
            loss, accuracy = self.evaluate(x, y)
            logs = {"loss": loss, "accuracy": accuracy, "val_loss": loss + 0.1, "val_acc": accuracy}
            for each in callbacks:
                each.on_epoch_end(epoch, logs)
            if self.stop_training:
                return

    def evaluate(self, x: Any, y: Any) -> tuple[float, float]:
        loss = math.exp(-self.pace * self.epochs)
        return loss, 1 - loss

    def save(self, path: str) -> None:
        Path(path).write_text(json.dumps([self.epochs, self._pace, self.optimizer.lr]))


def load_model(path: str) -> Sequential:
    model = Sequential()
    model.epochs, model._pace, model.optimizer.lr = json.loads(Path(path).read_text())
    return model
