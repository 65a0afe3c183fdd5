"""Colours that colour-blind readers can tell apart, and the frame of every picture."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from sherpa_plot.data import Scale
from sherpa_plot.labels import PLAIN, number_texts

INK = "#222222"
GREY = "#8c8c8c"
FAINT = "#d9d9d9"
BLUE = "#0072b2"
BEST = "#d55e00"
SMALL = 8  # points
HALO = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}

#: From the best (dark) to the worst objective; without viridis' yellow, too pale on white.
COLOURS = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.0, 0.9, 256)))


def figure(width: float, height: float, head: float = 0.0) -> Figure:
    """Return an empty figure; it needs no window and changes no global state.

    Args:
        width: in inches.
        height: in inches.
        head: share of the height, from the top, that axes leave free.
    """
    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, rect=(0, 0, 1, 1 - head))
    made = Figure(figsize=(width, height), dpi=150, facecolor="white", layout=engine)
    FigureCanvasAgg(made)
    return made


def title(axes: Axes, words: str, note: str, pad: float) -> None:
    """Write a title and a small grey note at the other side, `pad` points above the axes."""
    axes.set_title(words, loc="left", fontsize=11, fontweight="bold", color=INK, pad=pad, **PLAIN)
    if note:
        axes.set_title(note, loc="right", fontsize=SMALL, color=GREY, pad=pad, **PLAIN)


def frame(axes: Axes, words: str, note: str = "") -> None:
    """Give axes their title, a small grey note beside it, and a quiet frame."""
    title(axes, words, note, 22)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(GREY)
    axes.set_facecolor("white")
    axes.tick_params(which="both", color=GREY)
    axes.grid(True, color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def whole_ticks(axes: Axes, low: float, high: float) -> None:
    """Let the x axis run from `low` to `high`, with ticks at whole numbers."""
    axes.set_xlim(low, high)
    ticks = Scale(low, high, False).round_values(whole=True)
    axes.set_xticks(ticks, number_texts(ticks), fontsize=SMALL, color=INK, **PLAIN)


def objective_ticks(axes: Axes, scale: Scale) -> None:
    """Give the y axis a scale, with a margin in which marks at its ends find room."""
    if scale.log:
        margin = (scale.high / scale.low) ** 0.06
        axes.set_yscale("log")
        axes.set_ylim(scale.low / margin, scale.high * margin)
    else:
        span = 0.06 * (scale.high - scale.low)
        axes.set_ylim(scale.low - span, scale.high + span)
    axes.minorticks_off()
    ticks = scale.round_values()
    axes.set_yticks(ticks, number_texts(ticks), fontsize=SMALL, color=INK, **PLAIN)


def label(axes: Axes, x: str, y: str) -> None:
    """Name both axes."""
    axes.set_xlabel(x, fontsize=SMALL + 1, color=INK, **PLAIN)
    axes.set_ylabel(y, fontsize=SMALL + 1, color=INK, **PLAIN)


def legend(axes: Axes) -> None:
    """Put a legend between title and picture, where it hides nothing."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        shown = axes.legend(
            loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=5, frameon=False,
            fontsize=SMALL, handletextpad=0.3, columnspacing=1.2, borderaxespad=0.2,
            labelcolor=INK,
        )  # fmt: skip
        for text in shown.get_texts():
            text.set(**PLAIN)


def empty(axes: Axes, words: str) -> None:
    """Say why there is nothing to see."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", color=GREY, **PLAIN
    )
