"""The objective against one parameter, with its mean over all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sherpa_core import Choice, History, Ordinal, Parameter, Trial
from sherpa_insight import Table, effects, importance, sample, slices
from sherpa_plot.data import Scale, objectives
from sherpa_plot.labels import PLAIN, short
from sherpa_plot.style import (
    BEST,
    BLUE,
    GREY,
    MANY,
    SMALL,
    headed,
    mark_off_scale,
    nothing,
    num_rows,
    objective_ticks,
    panels,
    part,
    quiet,
    title,
)
from sherpa_plot.values import jitter, numbers_of, scale_of, show_values

_MOST = 12  # parameters that are shown
_DOTS = 2_000
_NOTES = (
    "Dots are trials. Line: mean over all other parameters in a random forest; band: the middle "
    "80 % of its trees; shaded: the best region."
)
_TITLE = "Slices: the objective against each parameter"
_WIDTH = 0.6  # of a category's place


def picture(history: History) -> Figure:
    """Return the slices of a study's parameters, the most important first."""
    table = Table.of(history)
    found = effects(table)
    ranked = importance(table, found)
    if found is None:
        return nothing(_TITLE, ranked["words"])
    by_name = {each["name"]: each for each in slices(table, found)}
    names = [row["name"] for row in ranked["parameters"]][:_MOST]
    made = headed(_TITLE, _NOTES + part(len(names), len(by_name)), 2.6 * num_rows(len(names)))
    used = table.ids[table.usable].tolist()
    trials = sample([history.trials[id] for id in used], history, _DOTS)
    scale = Scale.of(objectives(trials), history.lower_is_better)
    for axes, name in zip(panels(made, len(names)), names, strict=True):
        _draw(axes, history.space.parameter(name), by_name[name], trials, scale)
    return made


def _draw(
    axes: Axes, parameter: Parameter, found: dict[str, Any], trials: Sequence[Trial], scale: Scale
) -> None:
    """Draw one of `sherpa_insight.slices`.

    Args:
        axes: where to.
        parameter: the parameter.
        found: its slice.
        trials: the dots.
        scale: of the objective.
    """
    title(axes, short(parameter.name, 30), "", 17, size=10)
    best = found["best"]
    ink = BEST if best else GREY
    words = short(best["words"], 52) if best else "no more effect than noise"
    axes.text(
        0, 1.03, words, transform=axes.transAxes, va="bottom", fontsize=SMALL,
        color=ink, **PLAIN,
    )  # fmt: skip
    quiet(axes)
    objective_ticks(axes, scale)
    values, heights = numbers_of(parameter, trials), objectives(trials)
    listed = isinstance(parameter, Choice | Ordinal)
    x = values + _WIDTH * jitter(trials) if listed else values
    known = ~np.isnan(x)
    axes.scatter(
        x[known], np.clip(heights, scale.low, scale.high)[known], s=5 if len(x) > 300 else 12,
        color=BLUE, linewidths=0, alpha=float(np.clip(8 / np.sqrt(len(x)), 0.25, 0.7)), zorder=2,
        rasterized=len(x) > MANY,
    )  # fmt: skip
    mark_off_scale(axes, x[known], heights[known], scale)
    places = np.array(found["places"], dtype=np.float64)
    mean, low, high = (
        np.clip(np.array(found[name]), scale.low, scale.high) for name in ("mean", "low", "high")
    )
    if listed:
        axes.vlines(places, low, high, color=ink, linewidth=2.0, zorder=4)
        axes.plot(places, mean, "D", color=ink, markersize=6, zorder=5)
    else:
        axes.fill_between(places, low, high, color=ink, alpha=0.2, linewidth=0, zorder=3)
        axes.plot(places, mean, color=ink, linewidth=2.2, zorder=5)
    for start, end in _regions(best):
        axes.axvspan(start, end, color=BEST, alpha=0.1, linewidth=0, zorder=1)
    show_values(axes, "x", parameter, scale_of(parameter, values))


def _regions(best: dict[str, Any] | None) -> list[tuple[float, float]]:
    if best is None:
        return []
    if "labels" in best:
        return [(index - 0.5, index + 0.5) for index in best["labels"]]
    return [(best["low"], best["high"])]
