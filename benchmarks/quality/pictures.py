"""Pictures of the runs: shares won with their intervals, and the best value so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import compare
import numpy as np
from curves import Run
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from methods import METHODS, OURS
from problems import PROBLEMS

COLORS = {  # without `auto`, which is `gp` up to 200 trials
    "gp": "#0072b2",
    "tpe": "#d55e00",
    "cma-es": "#cc79a7",
    "random": "#999999",
    "HEBO": "#009e73",
    "BoTorch": "#e69f00",
    "Optuna GP": "#56b4e9",
    "Optuna TPE": "#b39600",
}
TRIALS = 50
SHOWN = 8  # trials after which trainings are drawn


def draw(runs: Sequence[Run], folder: Path) -> None:
    """Draw both pictures."""
    _shares(runs, folder / "quality-shares.png")
    _curves(runs, folder / "quality-curves.png")


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _shares(runs: Sequence[Run], file: Path) -> None:
    """Bars: the share of pairs of runs that ours won against each peer."""
    found = compare.values(runs, TRIALS)
    ours = [name for name in ("gp", "tpe", "cma-es") if name in found]
    peers = [name for name in METHODS if name not in OURS and name in found][::-1]
    if not ours or not peers:
        return
    figure = _figure(3.2 * len(ours) + 1.2, 0.32 * len(peers) + 1.2)
    panels: Any = figure.subplots(1, len(ours), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, ours, strict=True):
        for place, peer in enumerate(peers):
            share = compare.share(found, name, peer, list(PROBLEMS))
            if share is None:
                continue
            axes.barh(place, share.mean, color=COLORS[name], alpha=0.75)
            axes.plot([share.low, share.high], [place, place], color="#222222", linewidth=1.5)
        axes.axvline(0.5, color="#888888", linestyle="--", linewidth=1)
        axes.set(xlim=(0, 1), title=name, yticks=range(len(peers)), yticklabels=peers)
    figure.supxlabel(f"share of pairs of runs won after {TRIALS} trials, 95 % interval")
    figure.savefig(file, dpi=110)


def _curves(runs: Sequence[Run], file: Path) -> None:
    """Panels: median and quartiles of the distance to the minimum, or of the value."""
    there = [name for name in PROBLEMS if any(run.problem == name for run in runs)]
    columns = 3
    rows = -(-len(there) // columns)
    figure = _figure(3.1 * columns, 2.1 * rows + 0.6)
    lines: dict[str, Any] = {}
    panels = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for axes in panels[len(there) :]:
        axes.set_axis_off()
    for axes, name in zip(panels, there, strict=False):
        problem = PROBLEMS[name]
        for method in COLORS:
            mine = [
                run
                for run in runs
                if (run.method, run.problem, run.batch) == (method, name, 1)
                and run.trials >= TRIALS
            ]
            if not mine:
                continue
            length = min(run.trials for run in mine)
            values = np.array([run.values(length) for run in mine])
            if problem.minimum is not None:
                values = np.maximum(values - problem.minimum, 1e-6)
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
            place = np.arange(1, length + 1)
            [lines[method]] = axes.plot(place, middle, color=COLORS[method], linewidth=1.3)
            axes.fill_between(place, low, high, color=COLORS[method], alpha=0.12, linewidth=0)
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
        if problem.minimum is not None:
            axes.set_yscale("log")
        else:  # the first few trials would hide all that follows
            shown = [line.get_ydata()[SHOWN - 1 :] for line in axes.lines]
            low, high = min(map(np.min, shown)), max(map(np.max, shown))
            axes.set_ylim(low - 0.05 * (high - low), high)
    known = [method for method in COLORS if method in lines]
    figure.legend(
        [lines[method] for method in known], known, loc="outside upper center", ncols=9,
        frameon=False, fontsize=8,
    )  # fmt: skip
    figure.supxlabel("trials", fontsize=9)
    figure.supylabel("median above the minimum (training: median loss), quartiles", fontsize=9)
    figure.savefig(file, dpi=110)
