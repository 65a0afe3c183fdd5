"""A training task for the benchmarks: a small network on the digits data, one epoch at a time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sherpa_core import Continuous, Ordinal, Parameter

Array = NDArray[np.float64]

_HIDDEN = 64
_CLASSES = 10
#: Where the images to train on end, and those to choose by; the rest is for the final report.
_TRAINING, _CHOOSING = 900, 1300


def training_space() -> list[Parameter]:
    """Return the five parameters of the manual's comparison, in wide ranges."""
    return [
        Continuous("lr", [1e-5, 100.0], "log"),
        Continuous("decay", [1e-6, 10.0], "log"),
        Continuous("momentum", [0.0, 0.999]),
        Ordinal("batch_size", [32, 64, 128, 256]),
        Continuous("dropout", [0.0, 0.95]),
    ]


@cache
def _data() -> tuple[Array, NDArray[np.intp]]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    return images[order] / 16.0, labels[order]


class Network:
    """A network with one hidden layer, trained by stochastic gradient descent with momentum.

    Args:
        seed: of its weights and of the order of its training data.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights = [
            rng.normal(0, (2 / 64) ** 0.5, (64, _HIDDEN)),
            np.zeros(_HIDDEN),
            rng.normal(0, (1 / _HIDDEN) ** 0.5, (_HIDDEN, _CLASSES)),
            np.zeros(_CLASSES),
        ]
        self.velocity = [np.zeros_like(each) for each in self.weights]
        self.steps = 0
        self.seed = seed

    def save(self, path: Path) -> None:
        """Write the network to a file."""
        arrays = {f"w{i}": each for i, each in enumerate(self.weights)}
        arrays |= {f"v{i}": each for i, each in enumerate(self.velocity)}
        np.savez(path, steps=self.steps, seed=self.seed, **arrays)

    @classmethod
    def load(cls, path: Path) -> Network:
        """Return the network that `save` wrote."""
        network = cls.__new__(cls)
        with np.load(path) as file:
            network.weights = [file[f"w{i}"] for i in range(4)]
            network.velocity = [file[f"v{i}"] for i in range(4)]
            network.steps, network.seed = int(file["steps"]), int(file["seed"])
        return network

    def train(self, settings: dict[str, Any]) -> tuple[float, float]:
        """Train one epoch; return the accuracy on the images to choose by, and on unseen ones."""
        images, labels = _data()
        rng = np.random.default_rng((self.seed, self.steps))
        order, size = rng.permutation(_TRAINING), settings["batch_size"]
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            self._step(images[batch], labels[batch], settings, rng)
        w1, b1, w2, b2 = self.weights
        scores = np.maximum(images[_TRAINING:] @ w1 + b1, 0) @ w2 + b2
        right = scores.argmax(1) == labels[_TRAINING:]
        held = _CHOOSING - _TRAINING
        return float(right[:held].mean()), float(right[held:].mean())

    def _step(
        self,
        images: Array,
        labels: NDArray[np.intp],
        settings: dict[str, Any],
        rng: np.random.Generator,
    ) -> None:
        w1, b1, w2, b2 = self.weights
        keep = 1 - settings["dropout"]
        with np.errstate(all="ignore"):  # a learning rate that is too high diverges
            hidden = np.maximum(images @ w1 + b1, 0)
            mask = (rng.random(hidden.shape) < keep) / keep
            dropped = hidden * mask
            scores = dropped @ w2 + b2
            shares = np.exp(scores - scores.max(1, keepdims=True))
            shares /= shares.sum(1, keepdims=True)
            shares[np.arange(len(labels)), labels] -= 1
            shares /= len(labels)
            back = (shares @ w2.T) * mask * (hidden > 0)
            slopes = [images.T @ back, back.sum(0), dropped.T @ shares, shares.sum(0)]
            rate = settings["lr"] / (1 + settings["decay"] * self.steps)
            for weight, velocity, slope in zip(self.weights, self.velocity, slopes, strict=True):
                velocity *= settings["momentum"]
                velocity -= rate * slope
                weight += velocity
        self.steps += 1
