"""Parallel coordinates: one vertical axis for each parameter and one for the objective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from sherpa_core import Choice, History, Ordinal, Parameter, Trial
from sherpa_insight import sample
from sherpa_plot.data import Floats, Scale, objectives
from sherpa_plot.labels import PLAIN, number_texts, value_texts, wrapped
from sherpa_plot.style import BEST, COLOURS, FAINT, GREY, HALO, INK, SMALL, empty, title
from sherpa_plot.values import jitter, numbers_of, scale_of

#: Parameters beside each other; more of them go into further rows.
PER_ROW = 9
_LIMIT = 1_000  # more lines than this are a grey mass
_NOWHERE = -0.16  # where lines pass an axis on which they have no value
_MAX_TICKS = 12
_JITTER = 0.5  # share of a category's room over which its lines are spread


@attrs.frozen
class Column:
    """One axis: its name, where the drawn trials lie on it from 0 to 1, and its ticks.

    Args:
        name: what it shows.
        places: for each trial; NaN where it has no value.
        ticks: pairs of place and text.
        missing: what it means to have no value.
    """

    name: str
    places: Floats
    ticks: list[tuple[float, str]]
    missing: str = "inactive"


def num_rows(history: History) -> int:
    """Return how many rows of axes the parameters need."""
    return max(1, math.ceil(len(history.space) / PER_ROW))


def rows_of(history: History) -> list[list[Parameter]]:
    """Return the parameters in rows of about equal length."""
    parameters = list(history.space)
    each = math.ceil(len(parameters) / num_rows(history))
    return [parameters[start : start + each] for start in range(0, len(parameters), each)] or [[]]


def draw(rows: Sequence[Axes], history: History) -> None:
    """Draw parallel coordinates into one axes for each row of parameters."""
    every = list(history.trials.values())
    trials = sample(every, history, _LIMIT)
    values = objectives(trials)
    scale = Scale.of(values, history.lower_is_better)
    colours = scale.places(values) if history.lower_is_better else 1 - scale.places(values)
    ticks = _number_ticks(scale)
    objective = Column("objective", scale.places(values), ticks, "none")
    note = "" if len(trials) == len(every) else f"{len(trials):,} of {len(every):,} trials, "
    note += f"{'lower' if history.lower_is_better else 'higher'} is better"
    note += ", the best one in orange" if history.best is not None else ""
    for index, (axes, parameters) in enumerate(zip(rows, rows_of(history), strict=True)):
        if index == 0:
            title(axes, "Parallel coordinates", note, 8)
        axes.axis("off")
        columns = [_column(parameter, trials) for parameter in parameters]
        if not trials:
            empty(axes, "no trial yet")
            continue
        _draw_row(axes, [*columns, objective], trials, colours, history.best)


def _draw_row(
    axes: Axes, columns: list[Column], trials: list[Trial], colours: Floats, best: Trial | None
) -> None:
    width = len(columns) - 1
    places = np.column_stack([column.places for column in columns])
    below = _NOWHERE if np.isnan(places).any() else 0.0
    places = np.where(np.isnan(places), _NOWHERE, places)
    _draw_lines(axes, places, colours)
    for x, column in enumerate(columns):
        _draw_axis(axes, x, column, side=1 if x == width else -1)
    gradient = np.linspace(0, 1, 256)[:, np.newaxis]
    cmap = COLOURS if _rises(columns[-1].places, colours) else COLOURS.reversed()
    axes.imshow(
        gradient, cmap=cmap, aspect="auto", origin="lower", zorder=4,
        extent=(width - 0.02, width + 0.02, 0, 1), interpolation="bilinear",
    )  # fmt: skip
    axes.set_xlim(-0.35, width + 0.35)
    axes.set_ylim(below - 0.05, 1.2)
    if best is not None:
        index = trials.index(best)
        axes.plot(
            range(width + 1), places[index], "-o", color=BEST, linewidth=2.4, markersize=5,
            zorder=6, clip_on=False,
        )  # fmt: skip


def _draw_lines(axes: Axes, places: Floats, colours: Floats) -> None:
    """Draw the trials' lines, the best on top, those without an objective below and grey."""
    known = ~np.isnan(colours)
    order = np.argsort(np.where(known, -colours, -np.inf), kind="stable")
    lines = np.stack([np.broadcast_to(np.arange(places.shape[1]), places.shape), places], axis=2)
    rgba = COLOURS(np.nan_to_num(colours))
    rgba[~known] = (0.55, 0.55, 0.55, 1.0)
    rgba[:, 3] = np.clip(6 / math.sqrt(len(places)), 0.15, 0.85)
    drawn = LineCollection(list(lines[order]), colors=rgba[order], linewidths=1.0, zorder=2)
    drawn.set_rasterized(len(places) > _LIMIT // 2)
    axes.add_collection(drawn)


def _draw_axis(axes: Axes, x: int, column: Column, side: int) -> None:
    """Draw an axis with its ticks to the left (`side` -1) or to the right (1)."""
    text: dict[str, Any] = {"fontsize": SMALL, "zorder": 7, **PLAIN}
    axes.text(
        x, 1.07, wrapped(column.name, 14, 2), ha="center", va="baseline", color=INK,
        linespacing=1.0, fontweight="bold", **text,
    )  # fmt: skip
    text |= {"ha": "left" if side > 0 else "right", "va": "center", "bbox": HALO}
    axes.plot([x, x], [0, 1], color=INK, linewidth=1.0, zorder=3)
    for place, tick in column.ticks:
        axes.plot([x, x + 0.02 * side], [place, place], color=INK, linewidth=0.8, zorder=3)
        axes.text(x + 0.04 * side, place, tick, color=INK, **text)
    if np.isnan(column.places).any():
        axes.plot([x, x], [0, _NOWHERE], color=FAINT, linewidth=1.0, linestyle=":", zorder=3)
        axes.text(x + 0.04 * side, _NOWHERE, column.missing, color=GREY, style="italic", **text)


def _rises(places: Floats, colours: Floats) -> bool:
    both = ~np.isnan(places)
    return bool(np.allclose(places[both], colours[both]))


def _column(parameter: Parameter, trials: Sequence[Trial]) -> Column:
    numbers = numbers_of(parameter, trials)
    if isinstance(parameter, Choice | Ordinal):
        return _categories(parameter, trials, numbers)
    scale = scale_of(parameter, numbers)
    ticks = _number_ticks(scale, parameter.type == "discrete")
    return Column(parameter.name, scale.places(numbers), ticks)


def _categories(parameter: Choice | Ordinal, trials: Sequence[Trial], indices: Floats) -> Column:
    """Return a categorical axis; lines of one category are spread a little, to show how many."""
    count = len(parameter.range)
    room = _JITTER if len(trials) > 1 else 0.0
    every = math.ceil(count / _MAX_TICKS)
    ticks = [
        ((index + 0.5) / count, text)
        for index, text in enumerate(value_texts(parameter.range))
        if index % every == 0
    ]
    return Column(parameter.name, (indices + 0.5 + room * jitter(trials)) / count, ticks)


def _number_ticks(scale: Scale, whole: bool = False) -> list[tuple[float, str]]:
    """Return both ends and round numbers between them, none too close to another."""
    ends = [scale.low, scale.high]
    ticks: list[float] = [round(end) for end in ends] if whole else ends
    for value in scale.round_values(whole):
        distance = scale.places(np.array(ticks)) - scale.places(np.array([value]))
        if np.abs(distance).min() > 0.1:
            ticks.append(value)
    ticks.sort()
    return list(zip(scale.places(np.array(ticks)).tolist(), number_texts(ticks), strict=True))
