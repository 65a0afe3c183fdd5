"""The rungs of successive halving, with what was promoted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from sherpa_core import History
from sherpa_core.errors import UserError
from sherpa_insight import Step, steps, structure
from sherpa_plot.data import Scale, objectives
from sherpa_plot.labels import PLAIN, value_text
from sherpa_plot.paths import places, points_of, segments
from sherpa_plot.style import (
    BEST,
    BLUE,
    GREY,
    INK,
    MANY,
    SMALL,
    headed,
    label,
    mark_off_scale,
    nothing,
    num_rows,
    objective_ticks,
    panels,
    quiet,
    title,
)
from sherpa_plot.values import jitter

_TITLE = "Rungs and promotions"
_SPREAD = 0.4  # of the distance between two rungs


def picture(history: History) -> Figure:
    """Return the rungs of each bracket.

    Raises:
        UserError: the study has no rungs.
    """
    if history.trials and structure(history) != "rungs":
        raise UserError(
            f"the study {history.config['name']!r} has no rungs: its algorithm is "
            f"{history.algorithm['name']}, and only the trials of asha, hyperband and their like "
            "have some"
        )
    every = [step for step in steps(history) if not math.isnan(step.trial.objective)]
    if not every:
        return nothing(_TITLE, "no objective yet")
    best = next((step for step in every if step.trial is history.best), None)
    scale = Scale.of(objectives([step.trial for step in every]), history.lower_is_better)
    brackets = sorted({step.bracket for step in every})
    promotions = sum(step.parent is not None for step in every)
    notes = f"{len(every):,} trials, {promotions:,} of them promotions, drawn as lines from the "
    notes += "trial that they continue. Filled: promoted; numbers: trials of a rung."
    made = headed(_TITLE, notes, 0.4 + 3.2 * num_rows(len(brackets)))
    for axes, bracket in zip(panels(made, len(brackets)), brackets, strict=True):
        if len(brackets) > 1:
            title(axes, f"bracket {bracket}", "", 14, size=10)
        _draw(axes, [step for step in every if step.bracket == bracket], best, scale)
    return made


def _draw(axes: Axes, every: Sequence[Step], best: Step | None, scale: Scale) -> None:
    """Draw the trials of one bracket at their rungs, and lines from a trial to its continuation."""
    quiet(axes)
    axes.grid(False, axis="x")
    objective_ticks(axes, scale)
    trials = [step.trial for step in every]
    values = objectives(trials)
    x = np.array([step.number for step in every]) + _SPREAD * jitter(trials)
    points = points_of(every, x, np.clip(values, scale.low, scale.high))
    lines = segments(every, points)
    faint = float(np.clip(4 / np.sqrt(len(lines) or 1), 0.2, 0.8))
    axes.add_collection(LineCollection(lines, colors=BLUE, linewidths=0.9, alpha=faint, zorder=2))
    promoted = {step.parent.trial.id for step in every if step.parent is not None}
    for fill, edge, chosen in (
        ("white", GREY, [step for step in every if step.trial.id not in promoted]),
        (BLUE, BLUE, [step for step in every if step.trial.id in promoted]),
    ):
        dots = places(chosen, points)
        axes.scatter(
            dots[:, 0], dots[:, 1], s=6 if len(trials) > MANY else 16, linewidths=0.9,
            facecolors=fill, edgecolors=edge, zorder=3, rasterized=len(trials) > MANY,
        )  # fmt: skip
    mark_off_scale(axes, x, values, scale)
    if best is not None and best.trial.id in points:
        line = places(best.line, points)
        axes.plot(line[:, 0], line[:, 1], "-o", color=BEST, linewidth=2.2, markersize=5, zorder=5)
    _name_rungs(axes, every)
    label(axes, "", "objective")


def _name_rungs(axes: Axes, every: Sequence[Step]) -> None:
    """Write each rung's resource below it, and how many trials it has above."""
    rungs = sorted({step.number for step in every})
    names = []
    for rung in rungs:
        here = [step for step in every if step.number == rung]
        resource = here[0].trial.parameters.get("resource")
        names.append(
            f"rung {rung}" if resource is None else f"rung {rung}\nresource {value_text(resource)}"
        )
        axes.text(
            rung, 1.0, f"{len(here):,}", transform=axes.get_xaxis_transform(), ha="center",
            va="bottom", color=INK, fontsize=SMALL, **PLAIN,
        )  # fmt: skip
    axes.set_xlim(rungs[0] - 0.5, rungs[-1] + 0.5)
    axes.set_xticks(rungs, names, fontsize=SMALL, color=INK, **PLAIN)
