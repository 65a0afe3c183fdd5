"""The objective over the iterations, one line for each trial."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from sherpa_core import History, Trial, TrialStatus
from sherpa_insight import sample
from sherpa_plot.data import Floats, Scale
from sherpa_plot.style import (
    BEST,
    BLUE,
    GREY,
    empty,
    frame,
    label,
    legend,
    objective_ticks,
    whole_ticks,
)

_LIMIT = 300  # more lines than this are a grey mass

_ENDS: dict[TrialStatus, dict[str, Any]] = {
    TrialStatus.COMPLETED: {"marker": "o", "color": BLUE},
    TrialStatus.STOPPED: {"marker": "s", "mfc": "white", "mec": BLUE},
    TrialStatus.RUNNING: {"marker": "o", "mfc": "white", "mec": GREY},
    TrialStatus.FAILED: {"marker": "x", "mec": GREY},
}


def has_curves(history: History) -> bool:
    """Return whether any trial reported more than once."""
    return any(trial.num_observations > 1 for trial in history.trials.values())


def draw(axes: Axes, history: History) -> None:
    """Draw each trial's objective over its iterations."""
    every = [trial for trial in history.trials.values() if trial.num_observations]
    trials = sample(every, history, _LIMIT)
    note = "" if len(trials) == len(every) else f"{len(trials):,} of {len(every):,} trials"
    frame(axes, "Objective over iterations", note)
    if not trials:
        return empty(axes, "no observation yet")
    lines = [_curve(trial) for trial in trials]
    scale = Scale.of(np.concatenate([line[:, 1] for line in lines]), history.lower_is_better)
    objective_ticks(axes, scale)
    alpha = float(np.clip(4 / np.sqrt(len(trials)), 0.2, 0.8))
    axes.add_collection(LineCollection(lines, colors=BLUE, linewidths=0.9, alpha=alpha))
    for status, look in _ENDS.items():
        ends = [line[-1] for line, each in zip(lines, trials, strict=True) if each.status is status]
        if ends:
            x, y = np.array(ends).T
            name = status.lower()
            axes.plot(x, y, linestyle="none", markersize=4, label=name, zorder=3, **look)
    if history.best is not None:
        x, y = _curve(history.best).T
        axes.plot(x, y, "-o", color=BEST, linewidth=2.2, markersize=4, label="best", zorder=5)
    iterations = np.concatenate([line[:, 0] for line in lines])
    first, last = iterations.min(), iterations.max()
    margin = 0.04 * (last - first) or 0.5
    whole_ticks(axes, first - margin, last + margin)
    label(axes, "iteration", "objective")
    legend(axes)


def _curve(trial: Trial) -> Floats:
    """Return a trial's iterations and objectives, shape (n, 2), in the order of iterations."""
    points = np.array([trial.iterations, trial.objectives], dtype=np.float64).T
    return points[np.argsort(points[:, 0], kind="stable")]
