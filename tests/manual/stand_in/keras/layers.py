"""Layers keep what they were made with."""

from __future__ import annotations

from typing import Any


class Layer:
    def __init__(self, *sizes: Any, **options: Any) -> None:
        self.options = {"units": sizes[0] if sizes else None, **options}


class Dense(Layer):
    """A dense layer."""


class Flatten(Layer):
    """A layer that flattens."""
