"""Progress of a run: one live line on a terminal, else a line every so often."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sherpa_core.cli.output import show, span
from sherpa_core.interrupts import Notice
from sherpa_core.runner import Runner

_REFRESH = 0.2  # seconds between two updates of the live line
_EVERY = 5.0  # seconds between two lines, at first; they grow rarer in a long run


class Progress:
    """Shows how a run goes on; called by the runner at every turn.

    Args:
        console: where to.
        clock: a monotonic time in seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._started = self._next = clock()
        self._ended_before = -1
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._notice = Notice(self._say)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def __call__(self, runner: Runner) -> None:
        """Show where the run stands, if it is time to."""
        now = self._clock()
        if self._ended_before < 0:
            self._ended_before = len(runner.history.ended)
        self._notice(runner)
        if now < self._next:
            return
        if self._console.is_terminal:
            self._next = now + _REFRESH
            lines = [self.line(runner, now), self._best(runner)]
            self._live.update(
                Text("\n".join(lines), no_wrap=True, overflow="ellipsis"), refresh=True
            )
        else:
            self._next = now + max(_EVERY, (now - self._started) / 20)
            self._say(self.line(runner, now))

    def line(self, runner: Runner, now: float) -> str:
        """Return what is done, running, failed and best, and how long it may take."""
        history = runner.history
        limit = _limit(runner)
        done = f"{len(history.ended)}/{limit}" if limit else str(len(history.ended))
        parts = [f"{done} trials done", f"{len(history.running)} running"]
        parts += [
            f"{history.count(status)} {status.lower()}"
            for status in ("FAILED", "STOPPED")
            if history.count(status)
        ]
        parts.append(span(now - self._started))
        parts += self._left(runner, limit, now - self._started)
        if history.best is not None:
            parts.append(f"best {show(history.best.objective)} (trial {history.best.id})")
        return " · ".join(parts)

    def _left(self, runner: Runner, limit: int | None, elapsed: float) -> list[str]:
        """Return how long the run may still take, if anything is known of it."""
        done = len(runner.history.ended) - self._ended_before
        guess = math.inf
        if limit and done:
            guess = (limit - len(runner.history.ended)) * elapsed / done
        if runner.options.timeout is not None and runner.options.timeout - elapsed < guess:
            return [f"at most {span(runner.options.timeout - elapsed)} left"]
        return [f"about {span(guess)} left"] if guess < math.inf else []

    @staticmethod
    def _best(runner: Runner) -> str:
        best = runner.history.best
        values: dict[str, Any] = best.parameters if best is not None else {}
        return "  ".join(f"{show(name)}={show(value)}" for name, value in values.items())

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _limit(runner: Runner) -> int | None:
    """Return the number of trials that the study will have, if that is known."""
    history = runner.history
    own = getattr(runner.engine.algorithm.plugin, "max_num_trials", None)
    if own is not None:
        own += len(history.trials) - history.num_own + len(history.queue)
    limits = [each for each in (runner.options.max_num_trials, own) if each is not None]
    return min(limits, default=None)
