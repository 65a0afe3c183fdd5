"""Writes a study's results, configuration and log into a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sherpa_core.errors import UserError
from sherpa_core.events import encode
from sherpa_core.history import History
from sherpa_core.locate import CONFIG, RESULTS, SAVED_LOG
from sherpa_core.log import Log
from sherpa_core.session import summary


def save(log: Log, folder: Path, with_log: bool) -> None:
    """Write results.csv and config.json, and the log where the storage does not outlive us."""
    from sherpa_core.results import write_csv

    make_folder(folder)
    history = log.history
    _replace(folder / RESULTS, lambda path: write_csv(history.results, history.space, path))
    text = json.dumps(config(history), indent=2, ensure_ascii=False)
    _replace(folder / CONFIG, lambda path: path.write_text(text + "\n", "utf-8"))
    if with_log:
        lines = "".join(f"{encode(event)}\n" for event in log.read(0))
        _replace(folder / SAVED_LOG, lambda path: path.write_text(lines, "utf-8"))


def make_folder(folder: Path) -> None:
    """Create an output folder where there is none, or raise `UserError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be an output folder: {error.strerror}") from error


def config(history: History) -> dict[str, Any]:
    """Return what is known of a study beside its trials, as JSON values."""
    return {
        **history.config,
        "algorithm": history.algorithm,
        "note": history.note,
        "tags": history.tags,
        "created": history.created,
        "sessions": summary(history),
    }


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file such that a reader finds either the old one or the whole new one."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
