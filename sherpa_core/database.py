"""The trial process's side under SHERPA's name, and storages by their class names."""

from __future__ import annotations

from typing import Any

from sherpa_core.client import Client
from sherpa_core.registry import class_named

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    return class_named(__name__, name, "storage")
