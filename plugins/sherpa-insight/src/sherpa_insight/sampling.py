"""Sampling: a part of many trials that still shows what matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sherpa_core import History, Trial


def sample(trials: Sequence[Trial], history: History, limit: int) -> list[Trial]:
    """Return at most `limit` trials in their order: the best tenth of them, the others evenly."""
    if len(trials) <= limit:
        return list(trials)
    values = np.array([trial.objective for trial in trials], dtype=np.float64)
    order = np.argsort(values if history.lower_is_better else -values, kind="stable")  # NaN last
    best = order[: limit // 10]
    others = np.setdiff1d(np.arange(len(trials)), best)
    evenly = others[np.linspace(0, len(others) - 1, limit - len(best)).astype(int)]
    return [trials[place] for place in np.union1d(best, evenly)]
