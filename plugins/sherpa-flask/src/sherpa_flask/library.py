"""Library: the studies that a server shows, by keys that stay the same when it starts again."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from sherpa_core.errors import SherpaError
from sherpa_core.locate import open_place
from sherpa_core.session import hide_secrets
from sherpa_core.sockets import Socket
from sherpa_flask import facts
from sherpa_flask.encoding import plain
from sherpa_flask.feed import Feed
from sherpa_flask.insight import Insight


@attrs.frozen(eq=False)
class Place:
    """A storage, and which of its studies are shown.

    Args:
        name: what people know it by: a folder, or a URL without secrets.
        storage: the bound storage.
        folder: the output folder, None if that is not known.
        study: the only study that is shown. Default: all.
        can_stop: whether what is written reaches the runner.
    """

    name: str
    storage: Socket
    folder: Path | None = None
    study: str | None = None
    can_stop: bool = True

    @classmethod
    def of(cls, text: str) -> Place:
        """Return the place of an output folder, or a storage's URL (`URL#name` for one study).

        Raises:
            UserError: there is nothing.
            StorageError: the storage cannot be used.
        """
        folder = Path(text).absolute() if Path(text).exists() else None
        study = None if folder else text.partition("#")[2] or None
        storage = open_place(text)
        can_stop = getattr(storage.plugin, "shared", True)  # else it is a saved copy
        if folder is not None and not folder.is_dir():
            folder = folder.parent
        folder = folder or _folder_of(storage)
        return cls(hide_secrets(text), storage, folder, study, can_stop)

    def logs(self) -> Path | None:
        """Return the folder of a study's logs, None if it is not known or not of one study only.

        Raises:
            StorageError: the storage cannot be read.
        """
        # Counted each time: the study may come into being after its page was opened.
        alone = self.folder is not None and len(self.storage.hook.list_studies()) == 1
        return self.folder if alone else None

    def studies(self) -> Sequence[str]:
        """Return the names of its studies."""
        return [self.study] if self.study else self.storage.hook.list_studies()


def _folder_of(storage: Socket) -> Path | None:
    """Return the folder in which a storage's file lies, None if it is not a file."""
    path = getattr(storage.plugin, "path", None)
    return Path(path).absolute().parent if isinstance(path, str) and path else None


@attrs.frozen(eq=False)
class Shown:
    """One study of a library."""

    key: str
    place: Place
    feed: Feed
    insight: Insight


class Library:
    """The studies of several places.

    Args:
        places: the places.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._shown: dict[str, Shown] = {}
        self._lock = threading.Lock()

    def all(self) -> list[Shown]:
        """Return all studies that there are now, place by place.

        Raises:
            StorageError: a storage cannot be read.
        """
        return [self._get(place, name) for place in self._places for name in place.studies()]

    def find(self, key: str) -> Shown | None:
        """Return the study of that key, None if there is none."""
        found = self._shown.get(key)
        if found is None:
            self.all()
            found = self._shown.get(key)
        return found

    def _get(self, place: Place, name: str) -> Shown:
        where = hide_secrets(str(getattr(place.storage.plugin, "url", place.name)))
        key = hashlib.sha256(f"{where}#{name}".encode()).hexdigest()[:8]
        with self._lock:
            shown = self._shown.get(key)
            if shown is None:
                feed = Feed(place.storage, name, place.can_stop)
                shown = Shown(key, place, feed, Insight(feed))
                self._shown[key] = shown
            return shown

    def table(self) -> list[dict[str, Any]]:
        """Return one row for each study, the newest first; one that cannot be read says why."""
        rows = [_row(shown) for shown in self.all()]
        return sorted(rows, key=lambda row: -row.get("created", 0.0))


def _row(shown: Shown) -> dict[str, Any]:
    row = {
        "key": shown.key,
        "name": shown.feed.study,
        "url": f"study/{shown.key}/",
        "place": shown.place.name,
    }
    try:
        shown.feed.refresh(patient=True)
        with shown.feed.lock:
            history = shown.feed.history
            if not history.config:
                return {**row, "error": "this is not a study: its log does not begin with one"}
            return {
                **row,
                "created": history.created,
                "counts": facts.counts(history),
                "max_num_trials": facts.limit(history),
                "best": plain(history.best.objective) if history.best else None,
                "lower_is_better": history.lower_is_better,
                "state": facts.state(history, time.time()),
                "last_event": shown.feed.newest,
                "tags": history.tags,
                "note": history.note,
                "error": None,
            }
    except SherpaError as error:
        return {**row, "error": str(error)}
