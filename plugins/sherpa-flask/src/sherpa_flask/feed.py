"""Feed: one study's history, folded as it grows, and what has changed since a page last asked."""

from __future__ import annotations

import threading
import time
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from sherpa_core import History, Trial
from sherpa_core import events as ev
from sherpa_core.errors import UserError
from sherpa_core.events import Event
from sherpa_core.log import Log
from sherpa_core.sockets import Socket
from sherpa_flask import facts, sampling
from sherpa_flask.columns import Columns

_PACE = 0.5  # seconds between two looks into the storage
_SHARE = 50  # it rests at least so many times as long as a look took: 2 % of a core at most
_LONGEST = 10.0  # seconds


class Feed:
    """One study of a storage, for all pages that show it. Safe to use from several threads.

    Args:
        storage: the bound storage.
        study: the study's name.
        can_stop: whether what is written there reaches a runner.
        max_observations: with more of them only a sample of the trials' curves is sent at once.

    Attributes:
        study: the study's name.
        can_stop: see above.
        lock: guards the history.
        newest: time of the last event, seconds since 1970.
        id: tells this study from another one of its name.
    """

    def __init__(
        self, storage: Socket, study: str, can_stop: bool = True, max_observations: int = 200_000
    ) -> None:
        self.study = study
        self.can_stop = can_stop
        self._storage = storage
        self._limit = max_observations
        self.lock = threading.RLock()
        self._looked = 0.0
        self._pause = 0.0
        self._begin()

    def _begin(self) -> None:
        self._log = Log(self._storage, self.study, announce=False)
        self._log.listeners.append(self._note)
        self.newest = 0.0
        self._first: Sequence[Event] = ()
        self.id = ""
        self._touched: dict[int, int] = {}  # trial -> position of its last event, in that order
        self._counted: dict[int, array[int]] = {}  # trial -> positions of its observations
        self._columns: Columns | None = None

    @property
    def history(self) -> History:
        """The history as far as it was read. It stays as it is while `lock` is held."""
        return self._log.history

    @property
    def position(self) -> int:
        """Number of events that were read."""
        return self._log.history.position

    def refresh(self, patient: bool = False) -> None:
        """Read what is new.

        Args:
            patient: look only if the last look is long enough ago.

        Raises:
            StorageError: the storage cannot be read.
        """
        with self.lock:
            if patient and time.monotonic() < self._looked + self._pause:
                return
            began = time.monotonic()
            first = self._log.read(0, 1)
            if first != self._first:  # the study was deleted, or is another one of its name
                self._begin()
                self._first = first
                if first:
                    self.id = f"{zlib.crc32(repr(sorted(first[0].items())).encode()):08x}"
            self._log.refresh()
            self._looked = time.monotonic()
            self._pause = min(max(_PACE, _SHARE * (self._looked - began)), _LONGEST)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next look."""
        return max(self._pause, _PACE)

    def _note(self, event: Event) -> None:
        self.newest = event.get("time", self.newest)
        trial = self._log.history.trials.get(event.get("trial", 0))
        if trial is None:
            return
        position = self._log.history.position
        self._touched.pop(trial.id, None)
        self._touched[trial.id] = position
        count = trial.num_observations
        counted = self._counted.get(trial.id)
        if counted is None:
            counted = self._counted[trial.id] = array("q")
        if count > len(counted):
            counted.append(position)
        else:
            del counted[count:]

    def cursor(self) -> str:
        """Return a text that says how far the log was read, and of which study."""
        with self.lock:
            return f"{self.id}-{self.position}"

    def known(self, cursor: str) -> int:
        """Return the position that a cursor stands for, 0 if it is not one of this study's."""
        id, _, position = cursor.partition("-")
        if id != self.id or not position.isdecimal():
            return 0
        return int(position) if len(position) < 16 and int(position) <= self.position else 0

    def answer(self, cursor: str, now: float | None = None) -> dict[str, Any]:
        """Return what has changed since a cursor, everything if it is not this study's.

        Args:
            cursor: what an answer before gave, or an empty text.
            now: the time, seconds since 1970.

        Raises:
            UserError: there is no such study.
        """
        with self.lock:
            history = self.history
            if not history.config:
                raise UserError(f"there is no study {self.study!r} any more")
            if self._columns is None:
                self._columns = Columns(history)
            after = self.known(cursor)
            trials = list(history.trials.values()) if not after else self._changed(after)
            sample = None if after else sampling.choose(history, self._limit)
            shown = trials if sample is None else sample.trials
            starts = [bisect_right(self._counted.get(trial.id, ()), after) for trial in shown]
            columns, curves = self._columns.trials(trials), self._columns.curves(shown, starts)
            return {
                "cursor": self.cursor(),
                "full": not after,
                "now": time.time() if now is None else now,
                "study": facts.of(history, self.can_stop, now),
                "parameters": self._columns.parameters(),
                "metrics": list(self._columns.metrics),
                "trials": columns,
                "observations": curves,
                "sampled": sample.facts if sample else None,
            }

    def _changed(self, after: int) -> list[Trial]:
        newest = takewhile(lambda id: self._touched[id] > after, reversed(self._touched))
        return [self.history.trials[id] for id in sorted(newest)]

    def trial(self, id: int) -> dict[str, Any]:
        """Return all of one trial, or raise `UserError`."""
        with self.lock:
            return facts.of_trial(self.history, self._known(id))

    def config(self) -> dict[str, Any]:
        """Return the study's configuration with its best result."""
        with self.lock:
            return {**self.history.config, "best": self.history.best_result() or None}

    def _known(self, id: int) -> Trial:
        trial = self.history.trials.get(id)
        if trial is None:
            raise UserError(f"the study {self.study!r} has no trial {id}")
        return trial

    def stop(self, id: int, reason: str) -> bool:
        """Ask for a running trial's end; False if it has ended already.

        Raises:
            UserError: there is no such trial.
            StorageError: it could not be written.
        """
        self.refresh()
        with self.lock:
            trial = self._known(id)
            if id not in self.history.running:
                return False
            self._log.append(
                {
                    "type": ev.STOP_REQUESTED,
                    "trial": id,
                    "attempt": trial.attempt,
                    "iteration": None,
                    "reason": reason,
                }
            )
            return True
