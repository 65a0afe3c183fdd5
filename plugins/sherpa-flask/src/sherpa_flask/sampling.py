"""Which trials' curves are sent at once where there are too many observations for a page."""

from __future__ import annotations

from typing import Any

import attrs

from sherpa_core import History, Trial
from sherpa_insight import sample

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
    ids = {trial.id for trial in sample(trials, history, limit)} | history.running.keys()
    shown = [trial for trial in trials if trial.id in ids]
    words = (
        f"Lines show {len(shown):,} of {len(trials):,} trials: "
        "running ones, the best, the others evenly."
    )
    return Sample(shown, {"curves": len(shown), "of": len(trials), "words": words})
