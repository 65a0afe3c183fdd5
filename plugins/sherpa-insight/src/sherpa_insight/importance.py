"""Importance: how much each parameter matters, with its uncertainty, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np

from sherpa_insight.forest import Effects, trials_needed
from sherpa_insight.table import Table
from sherpa_insight.words import counted, percent


def importance(table: Table, found: Effects | None) -> dict[str, Any]:
    """Return what a forest says about the parameters.

    Args:
        table: the trials.
        found: their effects, None where there are too few trials or no variation.

    Returns:
        Values of JSON: `words` (what it rests on, or why there is nothing to say), `enough`
        (whether there is something to say), `quality`, `prolonged` (of how many trials the
        objective at full length is an estimate), `noise`, `interactions` and `parameters`, the most
        important first: `name`, `importance` (share of the variance), `low` and `high` (the middle
        80 % of the trees), `total` (with interactions), `effect` (more than noise).
    """
    if found is None:
        used, needed = len(table.comparable), trials_needed(table)
        words = (
            f"Too few trials: {used:,} have a finite objective, importance takes {needed:,}."
            if used < needed
            else f"All of {used:,} trials have the same objective."
        )
        return {
            "words": words,
            "enough": False,
            "quality": None,
            "parameters": [],
            "interactions": None,
        }
    words = (
        f"A random forest explains {percent(found.quality)} of the objective's variation between "
        f"trials that it has not seen ({found.rows:,} trials)."
    )
    if found.prolonged:
        words += (
            f" Of {counted(found.prolonged)} that trained for less time than others, the objective "
            "at full length is estimated: by how much the others still improved from there on."
        )
    rows: list[dict[str, Any]] = [
        {
            "name": parameter.name,
            "importance": float(found.main[column].mean()),
            "low": float(np.quantile(found.main[column], 0.1)),
            "high": float(np.quantile(found.main[column], 0.9)),
            "total": float(found.total[column].mean()),
            "effect": found.has_effect(column),
        }
        for column, parameter in enumerate(table.space)
    ]
    main = sum(row["importance"] for row in rows)
    return {
        "words": words,
        "enough": True,
        "quality": found.quality,
        "prolonged": found.prolonged,
        "noise": found.noise,
        "parameters": sorted(rows, key=lambda row: (-row["importance"], -row["total"])),
        "interactions": max(0.0, 1.0 - main),
    }
