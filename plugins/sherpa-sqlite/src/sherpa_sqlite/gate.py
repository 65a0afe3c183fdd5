"""The gate before the write lock: whoever waits here gets an even share of the turns.

SQLite's own busy handler sleeps longer the longer it has waited, so late comers overtake and
some writers starve. Here everybody asks again after the same short, jittered pause.
"""

from __future__ import annotations

import fcntl
import os
import time

_PAUSE = 0.0003  # seconds; shorter pauses cost processor time, longer ones fairness


def pause(seconds: float) -> None:
    """Sleep for between half and one and a half times `seconds`.

    The jitter is the clock's: drawing it from `random` would change the user's stream.
    """
    time.sleep(seconds * (0.5 + (time.perf_counter_ns() >> 4 & 0xFF) / 256))


class Gate:
    """An advisory lock on a file of its own; the system releases it when its holder dies.

    Only fairness depends on it. What is written is protected by SQLite's locks.

    Args:
        path: the file to lock, created when it is missing.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def enter(self, deadline: float) -> bool:
        """Wait for the turn until `time.monotonic()` reaches `deadline`; return whether it came.

        Raises:
            OSError: the file cannot be created or locked.
        """
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CREAT, 0o666)
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                pause(_PAUSE)
            else:
                return True

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back to the system."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
