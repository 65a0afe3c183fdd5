"""Lineages of population based training: what each one did over the generations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sherpa_core import History, Parameter
from sherpa_core.errors import UserError
from sherpa_insight import Step, steps, structure
from sherpa_plot.data import Floats, Scale, objectives
from sherpa_plot.labels import short
from sherpa_plot.paths import places, points_of, segments
from sherpa_plot.style import (
    BEST,
    headed,
    label,
    legend_below,
    mark_off_scale,
    nothing,
    num_rows,
    objective_ticks,
    panels,
    part,
    quiet,
    title,
    whole_ticks,
)
from sherpa_plot.values import numbers_of, scale_of, show_values

_MOST = 8  # parameters that are shown

_TITLE = "Lineages over the generations"

#: Okabe and Ito's colours without that of the best: the lineages with most trials at the end.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#8c6d31")
_OTHERS = "#c4c4c4"


def picture(history: History) -> Figure:
    """Return the objective and each parameter over the generations.

    Raises:
        UserError: the study's trials are no generations.
    """
    if history.trials and structure(history) != "generations":
        raise UserError(
            f"the study {history.config['name']!r} has no lineages: its algorithm is "
            f"{history.algorithm['name']}, and only the trials of pbt and its like are generations"
        )
    every = [step for step in steps(history) if step.trial.num_observations]
    if not every:
        return nothing(_TITLE, "no observation yet")
    best = next((step for step in every if step.trial is history.best), None)
    parameters = list(history.space)[:_MOST]
    notes = "Equal colours descend from the same first trial."
    notes += part(len(parameters), len(history.space))
    made = headed(_TITLE, notes, 0.4 + 2.5 * num_rows(1 + len(parameters)))
    first, *others = panels(made, 1 + len(parameters))
    title(first, "objective", "", 6, size=10)
    _draw_objective(first, every, best, history.lower_is_better)
    for axes, parameter in zip(others, parameters, strict=True):
        title(axes, short(parameter.name, 34), "", 6, size=10)
        _draw_parameter(axes, every, best, parameter)
    _name_colours(made, every, best)
    return made


def _name_colours(made: Figure, every: Sequence[Step], best: Step | None) -> None:
    by_root = _colours(every)
    named = {f"from trial {root}": color for root, color in sorted(by_root.items())}
    if any(step.root not in by_root for step in every):
        named["others"] = _OTHERS
    if best is not None:
        named["the best"] = BEST
    handles = [
        Line2D([], [], color=color, linewidth=2, label=name) for name, color in named.items()
    ]
    legend_below(made, handles)


def _colours(every: Sequence[Step]) -> dict[int, str]:
    """Return a colour for each of the largest lineages of the last generation, by its root."""
    last = max(step.number for step in every)
    counts = Counter(step.root for step in every if step.number == last)
    ranked = sorted(counts, key=lambda root: (-counts[root], root))
    return dict(zip(ranked, _COLOURS, strict=False))


def _draw_objective(axes: Axes, every: Sequence[Step], best: Step | None, lower: bool) -> None:
    """Draw the objective over the generations."""
    values = objectives([step.trial for step in every])
    scale = Scale.of(values, lower)
    objective_ticks(axes, scale)
    _draw(axes, every, np.clip(values, scale.low, scale.high), best)
    mark_off_scale(axes, np.array([step.number for step in every]), values, scale)


def _draw_parameter(
    axes: Axes, every: Sequence[Step], best: Step | None, parameter: Parameter
) -> None:
    """Draw a parameter over the generations."""
    values = numbers_of(parameter, [step.trial for step in every])
    show_values(axes, "y", parameter, scale_of(parameter, values))
    _draw(axes, every, values, best)


def _draw(axes: Axes, every: Sequence[Step], heights: Floats, best: Step | None) -> None:
    quiet(axes)
    x = np.array([step.number for step in every], dtype=np.float64)
    points = points_of(every, x, heights)
    by_root = _colours(every)
    for color, order in ((_OTHERS, 2), *((each, 3) for each in by_root.values())):
        chosen = [step for step in every if by_root.get(step.root, _OTHERS) == color]
        lines = segments(chosen, points)
        axes.add_collection(LineCollection(lines, colors=color, linewidths=1.3, zorder=order))
        ends = places(chosen, points)
        axes.scatter(ends[:, 0], ends[:, 1], s=9, color=color, linewidths=0, zorder=order)
    if best is not None:
        line = places(best.line, points)
        axes.plot(line[:, 0], line[:, 1], "-o", color=BEST, linewidth=2.4, markersize=4, zorder=5)
    last = max(step.number for step in every)
    whole_ticks(axes, 0.8, max(last, 2) + 0.2)
    label(axes, "generation", "")
