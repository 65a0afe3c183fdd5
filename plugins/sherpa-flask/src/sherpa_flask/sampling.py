"""Which trials' curves are sent at once where there are too many observations for a page."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from sherpa_core import History, Trial

_MOST = 2000  # curves of a sample


@attrs.frozen
class Sample:
    """The trials whose curves are sent, and what the page says about it."""

    trials: list[Trial]
    facts: dict[str, Any]


def choose(history: History, max_observations: int) -> Sample | None:
    """Return a sample of the trials: running ones, the best tenth, the others evenly.

    Args:
        history: the history.
        max_observations: None is returned up to here: all curves are sent.
    """
    total = len(history.rows) // 2 - len(history.ended)
    if total <= max_observations:
        return None
    trials = list(history.trials.values())
    share = max_observations / total
    limit = max(1, min(_MOST, int(share * len(trials)), len(trials)))
    values = np.array([trial.objective for trial in trials])
    order = np.argsort(values if history.lower_is_better else -values, kind="stable")  # NaN last
    best = order[: limit // 10]
    others = np.setdiff1d(np.arange(len(trials)), best)
    evenly = others[np.linspace(0, len(others) - 1, limit - len(best)).astype(int)]
    ids = {trials[place].id for place in (*best, *evenly)} | history.running.keys()
    shown = [trial for trial in trials if trial.id in ids]
    words = (
        f"Lines show {len(shown):,} of {len(trials):,} trials: "
        "running ones, the best, the others evenly."
    )
    return Sample(shown, {"curves": len(shown), "of": len(trials), "words": words})
