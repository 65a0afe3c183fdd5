"""The observer `progress`: a live view of a study for terminals and notebooks."""

from __future__ import annotations

import atexit
import io
import time
from collections.abc import Callable
from typing import Any

import attrs
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sherpa_core.history import History
from sherpa_core.plugin import Observer, option
from sherpa_core.trial import Trial, TrialStatus

_PAUSE = 0.1  # seconds between two updates


@attrs.define(eq=False)
class ProgressObserver(Observer):
    """Shows what is done, what runs and what is best; elsewhere it prints that once, at the end."""

    rows: int = option(
        "number of running trials that are shown",
        default=8,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(0)],
    )
    console: Console = attrs.field(factory=Console, init=False)
    clock: Callable[[], float] = attrs.field(default=time.monotonic, init=False)
    _live: Live | None = attrs.field(default=None, init=False)
    _cell: Any = attrs.field(default=None, init=False)  # the output in a notebook
    _next: float = attrs.field(default=0.0, init=False)

    def trial_started(self, trial: Trial, history: History) -> None:
        """Show the trial among the running ones."""
        self._show(history)

    def observation_added(self, trial: Trial, history: History) -> None:
        """Show where the trial is."""
        self._show(history)

    def trial_finalized(self, trial: Trial, history: History) -> None:
        """Show how many are done, and the best."""
        self._show(history)

    def study_finished(self, history: History) -> None:
        """Show the last state and let it stand."""
        self._next = 0.0
        self._show(history)
        if self._live is not None:
            self._live.stop()
            atexit.unregister(self._live.stop)
            self._live = None
        self._cell = None

    def _show(self, history: History) -> None:
        now = self.clock()
        if now < self._next:
            return
        self._next = now + _PAUSE
        picture = self.picture(history)
        if self.console.is_jupyter:
            self._show_in_notebook(picture)
            return
        if self._live is None:
            self._live = Live(
                console=self.console,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
            atexit.register(self._live.stop)  # a loop of one's own has no end that it tells
        self._live.update(picture, refresh=True)

    def _show_in_notebook(self, picture: Group) -> None:
        from IPython.display import display  # a notebook has it

        paper = Console(file=io.StringIO(), record=True, width=100, force_jupyter=False)
        paper.print(picture)
        html = paper.export_html(code_format="<pre>{code}</pre>", inline_styles=True, clear=False)
        shown = {"text/plain": paper.export_text(), "text/html": html}
        if self._cell is None:
            self._cell = display(shown, raw=True, display_id=True)
        else:
            self._cell.update(shown, raw=True)

    def picture(self, history: History) -> Group:
        """Return what is shown of a study."""
        limit = history.run.max_num_trials
        parts = [f"{len(history.ended)}{f'/{limit}' if limit else ''} trials done"]
        parts += [
            f"{history.count(status)} {status.lower()}"
            for status in (TrialStatus.RUNNING, TrialStatus.STOPPED, TrialStatus.FAILED)
            if history.count(status)
        ]
        head = Text(" · ".join(parts), style="bold")
        table = Table("trial", "iteration", "objective", "parameters", box=None, expand=False)
        if history.best is not None:
            _row(table, history.best, "best ", "green")
        for trial in list(history.running.values())[: self.rows]:
            _row(table, trial, "", "")
        return Group(head, table)


def _row(table: Table, trial: Trial, label: str, style: str) -> None:
    best = trial.best
    if best is not None and not label:
        best = trial.observation(trial.num_observations - 1)
    values = "  ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.parameters.items()
    )
    table.add_row(
        f"{label}{trial.id}",
        "" if best is None else str(best.iteration),
        "" if best is None else f"{best.objective:.6g}",
        Text(values, no_wrap=True, overflow="ellipsis"),
        style=style,
    )
