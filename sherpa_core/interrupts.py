"""Interrupts: Ctrl-C and SIGTERM are counted while a run goes on, instead of ending it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_SIGNALS = {signal.SIGINT: 1, signal.SIGTERM: 2}  # and what each counts


def _to_standard_error(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Notice:
    """A runner's progress that answers the first Ctrl-C, and is silent else.

    Args:
        say: what shows a line. Default: it goes to standard error.
    """

    def __init__(self, say: Callable[[str], None] = _to_standard_error) -> None:
        self._say = say
        self._said = False

    def __call__(self, runner: Any) -> None:
        """Say it once, if there is something to wait for."""
        if runner.interrupted == 1 and runner.running and not self._said:
            self._said = True
            self._say(f"interrupted: waiting for {len(runner.running)} running; again kills them")


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
