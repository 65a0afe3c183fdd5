"""Served storages: a study's own server, started beside the study and stopped with it.

A storage plugin with a classmethod `serve(folder, port=None, remote=False, **options)` can be
chosen by its name alone. The method starts the server that keeps the study in `folder`, or
connects to the one that runs there already, and returns a storage whose `close()` stops what it
has started.
"""

from __future__ import annotations

import atexit
import inspect
import json
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from sherpa_core import registry
from sherpa_core.errors import UserError, listed, nearest

#: The file in an output folder that says which storage serves it.
SERVED = "storage.json"

#: The storages of this process whose servers may run.
_started: weakref.WeakSet[Any] = weakref.WeakSet()


@attrs.frozen
class Served:
    """A storage that is to be served in a study's output folder.

    Args:
        name: the storage's name.
        options: what its `serve` takes beside the folder, the port and `remote`.
        port: the server's port. Default: the storage chooses.
        remote: whether other hosts must reach it; otherwise only this one can.

    Raises:
        UserError: the storage cannot be served, or has no such option.
        PluginError: it is not installed, or cannot be imported.
    """

    name: str
    options: Mapping[str, Any] = attrs.field(factory=dict, converter=dict)
    port: int | None = None
    remote: bool = False

    def __attrs_post_init__(self) -> None:
        arguments = inspect.signature(self._serve).parameters
        if any(each.kind is each.VAR_KEYWORD for each in arguments.values()):
            return
        for key in self.options:
            if key not in arguments or key in ("folder", "port", "remote"):
                allowed = [each for each in arguments if each not in ("folder", "remote")]
                raise UserError(
                    f"the storage {self.name!r} has no option {key!r}{nearest(key, allowed)}; "
                    f"there are {listed(allowed)}"
                )

    @property
    def _serve(self) -> Any:
        serve = getattr(registry.load("storage", self.name), "serve", None)
        if serve is None:
            raise UserError(
                f"the storage {self.name!r} has no server of its own: give its URL "
                f"({self.name}://...)"
            )
        return serve

    def start(self, folder: str | Path) -> Any:
        """Start the server, or connect to the one that runs, and return the storage.

        Args:
            folder: the study's output folder, which exists.
        """
        place = Path(folder).absolute()
        storage = self._serve(place, port=self.port, remote=self.remote, **self.options)
        _started.add(storage)
        atexit.register(close, storage)
        kept = {"name": self.name, "options": self.options, "port": self.port}
        (place / SERVED).write_text(json.dumps(kept) + "\n", "utf-8")
        return storage


def close(storage: Any) -> None:
    """Stop the server of a storage that `Served.start` returned; nothing for any other."""
    if storage in _started:
        _started.discard(storage)
        storage.close()


def is_name(storage: Any) -> bool:
    """Return whether this is the bare name of a storage that can be served."""
    if not isinstance(storage, str) or storage not in registry.entries("storage"):
        return False
    return hasattr(registry.load("storage", storage), "serve")


def served_in(folder: Path) -> Served | None:
    """Return how the study in a folder is served, None if it is not."""
    try:
        return Served(**json.loads((folder / SERVED).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise UserError(f"{folder / SERVED} does not say which storage it is: {error}") from None
