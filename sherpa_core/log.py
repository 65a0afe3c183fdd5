"""A study's log in a storage, and the history that is folded from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sherpa_core.errors import Conflict, PluginError, SherpaError, StorageError
from sherpa_core.events import Event
from sherpa_core.history import History
from sherpa_core.session import new_nonce, session_event
from sherpa_core.sockets import Socket

_BATCH = 50_000  # events read at once: bounds the memory while a long log is opened


class Log:
    """Appends to and reads one study's log.

    Args:
        storage: the bound storage.
        study: the study's name.
        clock: the time in seconds since 1970.
        announce: whether the first append records who writes; needed to own trials.

    Attributes:
        history: the fold of what was read so far.
        writer: this session's nonce.
        distributions: distributions whose versions this session records when it first writes.
        listeners: called with each event after it was folded.
        folding: False while somebody is in the middle of reading the history (an algorithm in
            its thread, a listener): it stays as it is, and appended events wait in the storage
            until the next `refresh`.
    """

    def __init__(
        self,
        storage: Socket,
        study: str,
        clock: Callable[[], float] = time.time,
        announce: bool = True,
    ) -> None:
        self.storage = storage
        self.study = study
        self.clock = clock
        self.writer = new_nonce()
        self.distributions: list[str] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.folding = True
        self.history = History(self.read)
        self._joined = not announce
        self._behind = False  # something was appended and not folded
        self._append = storage.direct("append")

    def read(self, after: int, limit: int | None = None) -> Sequence[Event]:
        """Return the events behind position `after`, at most `limit`."""
        try:
            found: Sequence[Event] = self.storage.hook.read(
                study=self.study, after=after, limit=limit
            )
        except Exception as error:
            raise self._named(error, "read") from error
        return found

    def refresh(self) -> None:
        """Fold what others have written; nothing while `folding` is False."""
        while self.folding:
            self._behind = False
            events = self.read(self.history.position, _BATCH)
            self._fold(events)
            if len(events) < _BATCH:
                return

    def append(self, *events: Event) -> None:
        """Write events with this session's time and nonce, and fold all that is new.

        Raises:
            Conflict: a key is taken by another body; the log has been read again.
            UserError: an event is not JSON or too long; nothing was written.
            StorageError: the storage failed.
        """
        now = self.clock()
        if not self._joined:
            events = (session_event(self.distributions), *events)
        for event in events:
            event["time"] = now
            event["writer"] = self.writer
        try:
            last = self._append(study=self.study, events=events)
        except Conflict as conflict:
            self._joined = self._joined or conflict.index > 0
            self.refresh()
            raise
        except Exception as error:
            raise self._named(error, "append") from error
        self._joined = True
        if not self.folding:
            self._behind = True
            return
        if last == self.history.position + len(events):
            self._fold(events)
        else:
            self.refresh()

    def _fold(self, events: Sequence[Event]) -> None:
        if not self.listeners:
            self.history.fold(events)
            return
        self.folding = False  # a listener may append: that comes after what is folded here
        try:
            for event in events:
                self.history.fold((event,))
                for listener in self.listeners:
                    listener(event)
        finally:
            self.folding = True
        if self._behind:
            self.refresh()

    def _named(self, error: Exception, doing: str) -> SherpaError:
        if isinstance(error, SherpaError):
            return error
        failed: PluginError = self.storage.error(
            f"failed in {doing}: {type(error).__name__}: {error}."
        )
        return StorageError(str(failed))
