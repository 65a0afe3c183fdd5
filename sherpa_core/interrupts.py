"""Interrupts: Ctrl-C and SIGTERM are counted while a run goes on, instead of ending it."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

_SIGNALS = {signal.SIGINT: 1, signal.SIGTERM: 2}  # and what each counts


def waiting(running: int) -> str:
    """Return what a first interrupt is answered with."""
    return f"interrupted: waiting for {running} running; again kills them"


class Notice:
    """A runner's progress that answers the first Ctrl-C on standard error, and is silent else."""

    def __init__(self) -> None:
        self._said = False

    def __call__(self, runner: Any) -> None:
        """Say it once, if there is something to wait for."""
        if runner.interrupted == 1 and runner.running and not self._said:
            self._said = True
            print(waiting(len(runner.running)), file=sys.stderr, flush=True)


class Interrupts:
    """Counts interrupts inside a `with` block; only the main thread receives signals.

    The third Ctrl-C raises `KeyboardInterrupt` wherever the program is.

    Attributes:
        count: 1 after a Ctrl-C, 2 after another one or a SIGTERM.
    """

    def __init__(self) -> None:
        self.count = 0
        self._kept: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._kept = {number: signal.signal(number, self._receive) for number in _SIGNALS}

    def __exit__(self, *error: object) -> None:
        for number, handler in self._kept.items():
            signal.signal(number, handler or signal.SIG_DFL)  # None: it was set outside Python

    def _receive(self, number: int, frame: Any) -> None:
        self.count += _SIGNALS[signal.Signals(number)]
        if self.count > 2 and number == signal.SIGINT:
            raise KeyboardInterrupt
