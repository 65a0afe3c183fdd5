"""A parameter's values as numbers, and the axis that shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from sherpa_core import Choice, Ordinal, Parameter, Trial
from sherpa_core.errors import UserError
from sherpa_plot.data import Floats, Scale
from sherpa_plot.labels import PLAIN, number_texts, short, value_texts
from sherpa_plot.style import INK, SMALL

_MAX_TICKS = 8
_LETTERS = 42  # that have room below a panel


def numbers_of(parameter: Parameter, trials: Sequence[Trial]) -> Floats:
    """Return each trial's value, of a category its index; NaN where there is none."""
    return np.array([_number(parameter, trial) for trial in trials], dtype=np.float64)


def _number(parameter: Parameter, trial: Trial) -> float:
    if parameter.name not in trial.parameters:
        return math.nan
    value = trial.parameters[parameter.name]
    if not isinstance(parameter, Choice | Ordinal):
        return float(value)
    try:
        return parameter.index(value)
    except UserError:  # an algorithm may leave the declared range
        return math.nan


def scale_of(parameter: Parameter, numbers: Floats) -> Scale:
    """Return a parameter's axis: its range, and what lies beyond; half a step around categories."""
    if isinstance(parameter, Choice | Ordinal):
        return Scale(-0.5, len(parameter.range) - 0.5, False)
    low, high = parameter.range
    known = numbers[np.isfinite(numbers)]
    if len(known):  # an algorithm may leave the declared range
        low, high = min(low, known.min()), max(high, known.max())
    log = getattr(parameter, "scale", "linear") == "log" and low > 0
    return Scale(float(low), float(high), log)


def jitter(trials: Sequence[Trial]) -> Floats:
    """Return for each trial a number from -0.5 to 0.5, always the same: spreads equal values."""
    ids = np.array([trial.id for trial in trials], dtype=np.float64)
    return (ids * 0.618034) % 1 - 0.5


def show_values(axes: Axes, name: Literal["x", "y"], parameter: Parameter, scale: Scale) -> None:
    """Let the axis `name` show a parameter's values, with a margin at both ends."""
    listed = isinstance(parameter, Choice | Ordinal)
    low, high = scale.low, scale.high
    if scale.log:
        margin = (high / low) ** 0.04
        low, high = low / margin, high * margin
    elif not listed:
        low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
    axes.set(**{f"{name}scale": "log" if scale.log else "linear", f"{name}lim": (low, high)})
    if listed:
        names = value_texts(parameter.range)
        every = -(-len(names) // _MAX_TICKS)
        room = max(4, _LETTERS * every // len(names)) if name == "x" else _LETTERS // 3
        ticks: list[float] = list(range(0, len(names), every))
        texts = [short(names[index], room) for index in range(0, len(names), every)]
    else:
        ticks = scale.round_values(parameter.type == "discrete")
        texts = number_texts(ticks)
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_ticks(ticks, labels=texts, fontsize=SMALL, color=INK, **PLAIN)
    axis.set_tick_params(which="minor", length=0)
