"""The pictures of a study, each a figure."""

from __future__ import annotations

from matplotlib.figure import Figure

from sherpa_core import History, TrialStatus
from sherpa_core.study_view import StudyView
from sherpa_plot import (
    halving,
    importances,
    lineages,
    over_iterations,
    over_trials,
    parallel,
    slicing,
)
from sherpa_plot.data import history_of
from sherpa_plot.labels import number_text, short, value_text
from sherpa_plot.style import BEST, GREY, INK, WIDTH, figure, heading

_HEAD = 1.1  # inches of the summary's heading
_TOP = 3.7  # inches of its first row
_ROW = 3.4  # inches of a row of parallel coordinates
_LINE = 130  # characters in a line of the heading


def history(source: StudyView | History) -> Figure:
    """Return a picture of the objective over the trials, with the best so far.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure: `figure.savefig("history.png")`.
    """
    made = figure(8.0, 4.2)
    over_trials.draw(made.add_subplot(), history_of(source))
    return made


def curves(source: StudyView | History) -> Figure:
    """Return a picture of each trial's objective over its iterations, the best highlighted.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    made = figure(8.0, 4.2)
    over_iterations.draw(made.add_subplot(), history_of(source))
    return made


def parallel_coordinates(source: StudyView | History) -> Figure:
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
    made = figure(WIDTH, 0.4 + _ROW * rows)
    parallel.draw(list(made.subplots(rows, 1, squeeze=False)[:, 0]), known)
    return made


def summary(source: StudyView | History) -> Figure:
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
    made = figure(WIDTH, height, _HEAD)
    grid = made.add_gridspec(1 + rows, 2, height_ratios=[_TOP, *[_ROW] * rows])
    if over_iterations.has_curves(known):
        over_trials.draw(made.add_subplot(grid[0, 0]), known)
        over_iterations.draw(made.add_subplot(grid[0, 1]), known)
    else:
        over_trials.draw(made.add_subplot(grid[0, :]), known)
    parallel.draw([made.add_subplot(grid[1 + row, :]) for row in range(rows)], known)
    _write_head(made, known)
    return made


def importance(source: StudyView | History) -> Figure:
    """Return how much each parameter matters, the most important on top, with the uncertainty.

    That is the share of the objective's variation that a parameter explains in a random forest,
    by itself and with its interactions. With too few trials the picture says so.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    return importances.picture(history_of(source))


def slices(source: StudyView | History) -> Figure:
    """Return the objective against each parameter, the most important first, and where it is best.

    Dots are trials, the line is the mean over all other parameters in a random forest. With too
    few trials the picture says so.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.
    """
    return slicing.picture(history_of(source))


def lineage(source: StudyView | History) -> Figure:
    """Return what each lineage of population based training did over the generations.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.

    Raises:
        UserError: the study's trials are no generations.
    """
    return lineages.picture(history_of(source))


def rungs(source: StudyView | History) -> Figure:
    """Return the rungs of successive halving, bracket by bracket, with the promotions.

    Args:
        source: a study or its history.

    Returns:
        A matplotlib figure.

    Raises:
        UserError: the study has no rungs.
    """
    return halving.picture(history_of(source))


def _write_head(made: Figure, known: History) -> None:
    """Write the study's name, how many trials there are, and the best configuration."""
    name = short(str(known.config.get("name") or "study"), 70)
    heading(made, 0.15, name, fontsize=15, fontweight="bold", color=INK)
    heading(made, 0.46, _counts(known), fontsize=9, color=GREY)
    heading(made, 0.68, _best(known), fontsize=9, color=BEST if known.best else GREY)


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
