"""The base class of callbacks."""

from __future__ import annotations

from typing import Any


class Callback:
    """Is told about epochs."""

    model: Any = None

    def set_model(self, model: Any) -> None:
        self.model = model
