"""The objective over the trials, with the best so far."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sherpa_core import History, TrialStatus
from sherpa_plot.data import Scale, best_so_far, objectives
from sherpa_plot.style import (
    BEST,
    BLUE,
    GREY,
    MANY,
    at_edge,
    empty,
    frame,
    label,
    legend,
    mark_off_scale,
    objective_ticks,
    whole_ticks,
)

_LOOK: dict[TrialStatus, dict[str, Any]] = {
    TrialStatus.COMPLETED: {"marker": "o", "color": BLUE},
    TrialStatus.STOPPED: {"marker": "o", "facecolors": "white", "edgecolors": BLUE},
    TrialStatus.RUNNING: {"marker": "o", "facecolors": "white", "edgecolors": GREY},
    TrialStatus.FAILED: {"marker": "x", "color": GREY},
}


def draw(axes: Axes, history: History) -> None:
    """Draw the objective over the trials' numbers."""
    frame(axes, "Objective over trials")
    trials = sorted(history.trials.values(), key=lambda trial: trial.id)
    if not trials:
        return empty(axes, "no trial yet")
    values = objectives(trials)
    ids = np.array([trial.id for trial in trials], dtype=np.float64)
    scale = Scale.of(values, history.lower_is_better)
    objective_ticks(axes, scale)
    many = len(trials) > MANY
    for status, look in _LOOK.items():
        of_status = np.array([trial.status is status for trial in trials])
        shown = of_status & ~np.isnan(values) & ~scale.is_off(values)
        name = status.lower()
        if shown.any():
            size = 6 if many else 22
            axes.scatter(
                ids[shown], values[shown], s=size, linewidths=1.0, label=name, zorder=3,
                rasterized=many, **look,
            )  # fmt: skip
            name = "_"  # once in the legend
        missing = of_status & np.isnan(values) & (status is not TrialStatus.RUNNING)
        if missing.any():
            name = "no objective" if status is not TrialStatus.FAILED else name
            at_edge(axes, ids[missing], 0.0, "x", GREY, name)
    mark_off_scale(axes, ids, values, scale)
    best = np.clip(best_so_far(trials, history), scale.low, scale.high)
    if not np.isnan(best).all():
        axes.step(ids, best, where="post", color=BEST, linewidth=1.8, label="best so far", zorder=4)
        first = int(np.flatnonzero(best == best[-1])[0])
        axes.plot(ids[first], best[first], "o", color=BEST, markersize=6, zorder=5)
    margin = 0.5 + 0.01 * (ids[-1] - ids[0])
    whole_ticks(axes, ids[0] - margin, ids[-1] + margin)
    label(axes, "trial", "objective")
    legend(axes)
