"""The pictures: history, parallel coordinates, curves, and all of them as a summary."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from sherpa_core import History, Study, TrialStatus
from sherpa_plot import over_iterations, over_trials, parallel
from sherpa_plot.data import history_of
from sherpa_plot.labels import PLAIN, number_text, short, value_text
from sherpa_plot.style import BEST, GREY, INK, figure

_WIDTH = 11.0  # inches
_HEAD = 1.1  # inches of the summary's heading
_TOP = 3.7  # inches of its first row
_ROW = 3.4  # inches of a row of parallel coordinates
_LINE = 130  # characters in a line of the heading


def history(source: Study | History) -> Figure:
    """Return a picture of the objective over the trials, with the best so far.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure: `figure.savefig("history.png")`.
    """
    made = figure(8.0, 4.2)
    over_trials.draw(made.add_subplot(), history_of(source))
    return made


def curves(source: Study | History) -> Figure:
    """Return a picture of each trial's objective over its iterations, the best highlighted.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    made = figure(8.0, 4.2)
    over_iterations.draw(made.add_subplot(), history_of(source))
    return made


def parallel_coordinates(source: Study | History) -> Figure:
    """Return parallel coordinates of parameters and objective, the best highlighted.

    Axes of parameters with a log scale are logarithmic; an inactive conditional parameter is
    shown below its axis. Of many trials a part is drawn, and the picture says so.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    known = history_of(source)
    rows = len(parallel.rows_of(known))
    made = figure(_WIDTH, 0.4 + _ROW * rows)
    parallel.draw(list(made.subplots(rows, 1, squeeze=False)[:, 0]), known)
    return made


def summary(source: Study | History) -> Figure:
    """Return one picture of a study: the best, the objective over trials, parallel coordinates.

    Where trials reported more than once, also the objective over the iterations.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    known = history_of(source)
    rows = len(parallel.rows_of(known))
    height = _HEAD + _TOP + _ROW * rows
    made = figure(_WIDTH, height, head=_HEAD / height)
    grid = made.add_gridspec(1 + rows, 2, height_ratios=[_TOP, *[_ROW] * rows])
    if over_iterations.has_curves(known):
        over_trials.draw(made.add_subplot(grid[0, 0]), known)
        over_iterations.draw(made.add_subplot(grid[0, 1]), known)
    else:
        over_trials.draw(made.add_subplot(grid[0, :]), known)
    parallel.draw([made.add_subplot(grid[1 + row, :]) for row in range(rows)], known)
    _write_head(made, known, height)
    return made


def _write_head(made: Figure, known: History, height: float) -> None:
    """Write the study's name, how many trials there are, and the best configuration."""
    name = short(str(known.config.get("name") or "study"), 70)
    lines: list[tuple[float, str, dict[str, Any]]] = [
        (0.15, name, {"fontsize": 15, "fontweight": "bold", "color": INK}),
        (0.46, _counts(known), {"fontsize": 9, "color": GREY}),
        (0.68, _best(known), {"fontsize": 9, "color": BEST if known.best else GREY}),
    ]
    for inches, text, look in lines:
        made.text(0.012, 1 - inches / height, text, ha="left", va="top", **PLAIN, **look)


def _counts(known: History) -> str:
    """Return for example `24 trials: 14 completed, 9 stopped, 1 failed`."""
    number = len(known.trials)
    counts = [(known.count(status), status.lower()) for status in TrialStatus]
    parts = ", ".join(f"{count:,} {name}" for count, name in counts if count)
    return f"{number:,} trial{'' if number == 1 else 's'}{': ' if parts else ''}{parts}"


def _best(known: History) -> str:
    """Return the best trial with its parameters, as many as fit into two lines."""
    best = known.best
    if best is None:
        return "no objective yet"
    text = f"best: {number_text(best.objective, 4)} (trial {best.id})"
    pairs = [
        f"{short(name, 24)} = {value_text(best.parameters[name], 16)}"
        for name in known.space.names
        if name in best.parameters
    ]
    lines = [text]
    for index, pair in enumerate(pairs):
        if len(lines[-1]) + len(pair) > _LINE:
            if len(lines) == 2:
                lines[-1] += f"   and {len(pairs) - index} more"
                break
            lines.append("")
        lines[-1] += ("   " if lines[-1] else "") + pair
    return "\n".join(lines)
