"""How much each parameter matters, as bars."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sherpa_core import History
from sherpa_insight import Table, effects, importance
from sherpa_plot.labels import PLAIN, short
from sherpa_plot.style import BLUE, GREY, INK, SMALL, headed, label, legend, nothing, part, quiet

_MOST = 30  # parameters that are shown
_TITLE = "Importance of the parameters"
_NONE = "#bdbdbd"  # what is no more than noise


def picture(history: History) -> Figure:
    """Return the importance of a study's parameters, the most important on top."""
    table = Table.of(history)
    found = importance(table, effects(table))
    if not found["enough"]:
        return nothing(_TITLE, found["words"])
    parameters = found["parameters"]
    shown = min(len(parameters), _MOST)
    notes = f"{found['words']} Interactions explain {100 * found['interactions']:.0f} %."
    made = headed(_TITLE, notes + part(shown, len(parameters)), 1.2 + 0.32 * max(shown, 4))
    _draw(made.add_subplot(), found)
    return made


def _draw(axes: Axes, found: dict[str, Any]) -> None:
    rows = found["parameters"][:_MOST]
    places = np.arange(len(rows))
    main, total, low, high = (
        np.array([row[name] for row in rows]) for name in ("importance", "total", "low", "high")
    )
    quiet(axes)
    axes.grid(False, axis="y")
    for matters, color, name in (
        (True, BLUE, "explained by itself"),
        (False, _NONE, "no more than noise"),
    ):
        chosen = np.array([row["effect"] is matters for row in rows])
        if chosen.any():
            axes.barh(places[chosen], main[chosen], 0.6, color=color, label=name, zorder=2)
    axes.hlines(places, low, high, color=INK, linewidth=1.4, label="middle 80 % of the trees",
                zorder=3)  # fmt: skip
    axes.plot(total, places, "D", mfc="white", mec=INK, markersize=5, zorder=4, linestyle="none",
              label="with its interactions")  # fmt: skip
    axes.axvline(found["noise"], color=GREY, linewidth=1.0, linestyle=":", zorder=1,
                 label="noise, with interactions")  # fmt: skip
    far = max(float(np.max([total, high])), found["noise"])
    ends = np.max([total, high, np.full(len(rows), found["noise"])], axis=0) + 0.02 * far
    for place, (share, end) in enumerate(zip(main.tolist(), ends.tolist(), strict=True)):
        axes.text(
            end, place, f"{100 * share:.0f} %", va="center", color=INK, fontsize=SMALL, **PLAIN
        )
    axes.set_xlim(0, 1.1 * far)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    names = [short(row["name"], 28) for row in rows]
    axes.set_yticks(places, names, fontsize=SMALL + 1, color=INK, **PLAIN)
    axes.tick_params(axis="y", length=0)
    shares = [share for share in np.arange(0, 1.01, 0.2 if far > 0.5 else 0.1) if share < 1.1 * far]
    texts = [f"{100 * share:.0f} %" for share in shares]
    axes.set_xticks(shares, texts, fontsize=SMALL, color=INK, **PLAIN)
    label(axes, "share of the objective's variation", "")
    legend(axes)
