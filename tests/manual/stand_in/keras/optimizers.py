"""An optimizer that has a learning rate."""

from __future__ import annotations


class Adam:
    def __init__(self, lr: float = 0.001) -> None:
        self.lr = lr
