"""Colours that colour-blind readers can tell apart, and what frames every picture."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from sherpa_plot.data import Floats, Scale
from sherpa_plot.labels import PLAIN, number_texts, printable

INK = "#222222"
GREY = "#767676"
FAINT = "#d9d9d9"
BLUE = "#0072b2"
BEST = "#d55e00"
SMALL = 8  # points
WIDTH = 11.0  # inches of a picture of several parts
MANY = 1_000  # more points than this are smaller, and pixels in vector files
HALO = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}

#: From the best (dark) to the worst objective; without viridis' yellow, too pale on white.
COLOURS = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0.0, 0.9, 256)))

_SCREEN = 90  # pixels for an inch in a notebook


class Picture(Figure):
    """A figure that a notebook shows by itself: no window, no pyplot, no `%matplotlib`."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        width, height = (round(inches * _SCREEN) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


def figure(width: float, height: float, head: float = 0.0) -> Picture:
    """Return an empty figure; it needs no window and changes no global state.

    Args:
        width: in inches.
        height: in inches.
        head: inches at the top that axes leave free.
    """
    engine = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1, rect=(0, 0, 1, 1 - head / height))
    made = Picture(figsize=(width, height), dpi=150, facecolor="white", layout=engine)
    FigureCanvasAgg(made)
    return made


def headed(words: str, notes: str, height: float) -> Picture:
    """Return a figure of full width with a title and, in small letters, what is to be known.

    Args:
        words: the title.
        notes: sentences, broken into lines where that is needed.
        height: inches below them.
    """
    lines = textwrap.wrap(printable(notes), 130)
    head = 0.45 + 0.17 * len(lines)
    made = figure(WIDTH, height + head, head)
    heading(made, 0.12, words, fontsize=12, fontweight="bold", color=INK)
    heading(made, 0.38, "\n".join(lines), fontsize=9, color=GREY)
    return made


def nothing(words: str, why: str) -> Picture:
    """Return a figure with a title that says why there is nothing to see."""
    made = headed(words, "", 2.0)
    empty(made.add_subplot(frameon=False), why)
    return made


def heading(made: Figure, inches: float, text: str, **look: Any) -> None:
    """Write a line at the left, so many inches below the top."""
    height = made.get_size_inches()[1]
    made.text(0.012, 1 - inches / height, text, ha="left", va="top", **PLAIN, **look)


def part(shown: int, total: int) -> str:
    """Return the sentence that only a part of the parameters is shown; empty for all of them."""
    return "" if shown == total else f" Shown are {shown:,} of {total:,} parameters."


def panels(made: Figure, count: int) -> list[Axes]:
    """Return axes beside each other, three in a row (of four, two); empty places stay white."""
    columns = _columns(count)
    grid = made.add_gridspec(num_rows(count), columns)
    return [made.add_subplot(grid[divmod(index, columns)]) for index in range(count)]


def num_rows(count: int) -> int:
    """Return how many rows `panels` makes of so many."""
    return -(-count // _columns(count))


def _columns(count: int) -> int:
    return 2 if count == 4 else min(count, 3)


def title(axes: Axes, words: str, note: str, pad: float, size: float = 11) -> None:
    """Write a title and a small grey note at the other side, `pad` points above the axes."""
    axes.set_title(words, loc="left", fontsize=size, fontweight="bold", color=INK, pad=pad, **PLAIN)
    if note:
        axes.set_title(note, loc="right", fontsize=SMALL, color=GREY, pad=pad, **PLAIN)


def frame(axes: Axes, words: str, note: str = "") -> None:
    """Give axes their title, a small grey note beside it, room for a legend, and a quiet frame."""
    title(axes, words, note, 22)
    quiet(axes)


def quiet(axes: Axes) -> None:
    """Give axes a frame that does not compete with what it frames."""
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


def at_edge(axes: Axes, x: Floats, height: float, marker: str, color: str, name: str) -> None:
    """Mark places of the x axis at a height from 0 to 1."""
    axes.scatter(
        x, np.full(len(x), height), transform=axes.get_xaxis_transform(), marker=marker,
        s=20, linewidths=1.0, color=color, clip_on=False, zorder=6, label=name,
        rasterized=len(x) > MANY,
    )  # fmt: skip


def mark_off_scale(axes: Axes, x: Floats, values: Floats, scale: Scale) -> None:
    """Mark at the upper and lower edge where there are values beyond the scale's ends."""
    name = "off the scale"
    for off, height, marker in (
        (values > scale.high, 0.985, "^"),
        (values < scale.low, 0.015, "v"),
    ):
        if off.any():
            at_edge(axes, x[off], height, marker, GREY, name)
            name = "_"


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


def legend_below(made: Figure, handles: Sequence[Line2D]) -> None:
    """Put one legend for all axes below them."""
    shown = made.legend(
        handles=handles, loc="outside lower left", ncols=8, frameon=False, fontsize=SMALL,
        labelcolor=INK, handlelength=1.4, columnspacing=1.6,
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
