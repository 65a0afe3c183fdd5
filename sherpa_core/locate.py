"""Where studies are: output folders and storage URLs with a study's name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sherpa_core import events as ev
from sherpa_core import registry
from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.events import Event, decode
from sherpa_core.log import Log
from sherpa_core.memory import MemoryStorage
from sherpa_core.serving import SERVED, Served, served_in
from sherpa_core.sockets import Socket, bind

#: The default storage's file in an output folder.
DATABASE = "study.db"
#: The log that `Study.save` writes where the study's own storage does not lead to it.
SAVED_LOG = "study.jsonl"
CONFIG = "config.json"
RESULTS = "results.csv"


def storage_url(folder: str | Path) -> str:
    """Return the URL of the default storage in an output folder."""
    return f"{registry.default('storage')}://{Path(folder).absolute() / DATABASE}"


def has_storage(folder: Path) -> bool:
    """Return whether an output folder leads to the storage of its study."""
    return (folder / DATABASE).exists() or (folder / SERVED).exists()


def in_output_dir(folder: Path, served: Served | None = None) -> Any:
    """Return the storage of the study that an output folder holds or will hold.

    Args:
        folder: the output folder.
        served: how it is to be served. Default: as it was before, else by the default storage.

    Raises:
        UserError: the folder's study is in another storage already.
    """
    before = None if (folder / DATABASE).exists() else served_in(folder)
    if served is not None and before is not None and served.name != before.name:
        raise UserError(f"{folder} holds a study already, in the storage {before.name!r}")
    chosen = served or before
    return storage_url(folder) if chosen is None else chosen.start(folder)


def open_log(
    place: str | Path,
    study: str | None = None,
    clock: Callable[[], float] = time.time,
    announce: bool = True,
) -> Log:
    """Open the log of a study that exists, and read it.

    Args:
        place: an output folder, or a storage URL, with `#name` where it holds several studies.
        study: the study's name, instead of `#name`.
        clock: the time in seconds since 1970.
        announce: see `Log`.

    Raises:
        UserError: there is no such study; the message says which there are.
    """
    text = str(place)
    if "#" in text and not Path(text).exists():  # a folder may be called so
        text, _, name = text.partition("#")
        study = study or name
    storage = _open(text)
    names: Sequence[str] = storage.hook.list_studies()
    if study is None:
        if len(names) != 1:
            found = f"it holds {listed(names)}; choose one: {text}#NAME" if names else "it is empty"
            raise UserError(f"{text} does not name one study: {found}")
        study = names[0]
    if study not in names:
        hint = nearest(study, names)
        raise UserError(f"{text} holds no study {study!r}{hint or f': there is {listed(names)}'}")
    log = Log(storage, study, clock, announce)
    log.refresh()
    if not log.history.config:
        raise UserError(f"{text}#{study} is not a study: its log does not begin with one")
    return log


def open_place(place: str | Path) -> Socket:
    """Return the bound storage of an output folder or URL, without opening a study."""
    text = str(place)
    return _open(text if Path(text).exists() else text.partition("#")[0])


def _open(text: str) -> Socket:
    if "://" in text or text.partition(":")[0] in registry.entries("storage"):
        return bind("storage", text)
    path = Path(text)
    if path.is_dir():
        if has_storage(path):
            return bind("storage", in_output_dir(path))
        if (path / SAVED_LOG).exists():
            return Socket("storage", _read_saved(path / SAVED_LOG))
        raise UserError(
            f"{text} holds no study: there is neither {DATABASE} nor {SAVED_LOG} in this folder; "
            "if it is kept in a storage elsewhere, give that storage's URL: URL#NAME"
        )
    if not path.exists():
        raise UserError(f"{text} does not exist: give an output folder or a storage URL")
    return bind("storage", text)


def _read_saved(path: Path) -> Any:
    """Return an in-memory storage that holds the log saved at `path`."""
    storage = MemoryStorage()
    events: list[Event] = []
    for number, line in enumerate(path.read_text("utf-8").rstrip("\n").split("\n"), 1):
        try:
            events.append(decode(line))
            events[-1]["type"]
        except (ValueError, TypeError, KeyError):
            raise UserError(f"{path}, line {number}: this is not an event of a study") from None
    created = [event for event in events if event["type"] == ev.STUDY_CREATED]
    name = created[0].get("config", {}).get("name") if created else None
    if not name:
        raise UserError(f"{path} is not the log of a study")
    storage.append(name, events)
    return storage
