"""Do some parameters have little effect?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sherpa_insight.answers import Answer, too_few
from sherpa_insight.forest import Effects, trials_needed
from sherpa_insight.table import Table
from sherpa_insight.words import fixed, listed, percent, value_text

ID = "no effect"
QUESTION = "Do some parameters have little effect?"
_SURE = 10  # trials for each parameter, below which nobody should fix one for lack of an effect
ENOUGH_QUALITY = 0.2  # below, the forest does not know what the objective depends on


def answer(
    table: Table, effects: Effects | None, among_best: Effects | None, best: Mapping[str, Any]
) -> Answer:
    """Answer from the total effects in the forest, against those of columns of noise.

    Args:
        table: the trials.
        effects: what the forest says, None if there is none.
        among_best: what one says that was fitted to the better half of the trials.
        best: the best configuration: what has no effect is fixed to its value.
    """
    used = len(table.comparable)
    if effects is None:
        return _without_forest(table, used)
    if effects.quality < ENOUGH_QUALITY:
        words = (
            f"From the parameters, a random forest predicts only {percent(effects.quality)} of the "
            f"objective's variation ({used:,} trials): what matters cannot be said."
        )
        return Answer(ID, QUESTION, "unclear", used, words)
    weak = [
        parameter
        for column, parameter in enumerate(table.space)
        if not effects.has_effect(column)
        and not (among_best is not None and among_best.has_effect(column))
    ]
    strong = sorted(
        (-float(effects.main[column].mean()), parameter.name)
        for column, parameter in enumerate(table.space)
        if parameter not in weak
    )
    evidence = []
    if strong:
        first = listed(f"{name} ({percent(-effect)})" for effect, name in strong[:4])
        evidence.append(f"Most of the variation is explained by {first}.")
    if not weak or not strong:
        words = f"No: each of the {len(table.space)} parameters has an effect ({used:,} trials)."
        if not strong:
            words = f"No parameter stands out from noise ({used:,} trials)."
        return Answer(ID, QUESTION, "unclear" if weak else "no", used, words, evidence)
    needed = _SURE * len(table.space)
    if used < needed:
        names = listed(parameter.name for parameter in weak)
        words = (
            f"{names} {'has' if len(weak) == 1 else 'have'} shown no effect so far, but {used:,} "
            f"trials are too few to rule one out: that takes {needed:,}."
        )
        return Answer(ID, QUESTION, "unclear", used, words, evidence)
    most = max(float(np.mean(effects.total[table.space.names.index(p.name)])) for p in weak)
    names = listed(parameter.name for parameter in weak)
    words = (
        f"{names} {'has' if len(weak) == 1 else 'have'} no more effect than a column of noise, "
        f"interactions included: at most {percent(most)} of the variation ({used:,} trials)."
    )
    evidence.append("The same holds among the better half of the trials.")
    changes = {
        parameter.name: fixed(parameter, best[parameter.name])
        for parameter in weak
        if parameter.name in best
    }
    values = listed(f"{name} = {value_text(each.range[0])}" for name, each in changes.items())
    return Answer(
        ID, QUESTION, "yes", used, words, evidence, {},
        f"Fix to the best trial's value: {values}." if changes else "", changes,
    )  # fmt: skip


def _without_forest(table: Table, used: int) -> Answer:
    needed = trials_needed(table)
    if used < needed:
        return too_few(ID, QUESTION, used, needed)
    words = f"All of {used:,} trials have the same objective: nothing has an effect."
    return Answer(ID, QUESTION, "unclear", used, words)
