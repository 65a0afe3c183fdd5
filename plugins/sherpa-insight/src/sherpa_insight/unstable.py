"""Is training unstable for any settings?"""

from __future__ import annotations

import numpy as np

from sherpa_core.numeric import Number
from sherpa_core.parameters import Parameter
from sherpa_insight.answers import Answer, too_few
from sherpa_insight.regions import Region, most_overrepresented
from sherpa_insight.table import Bools, Table
from sherpa_insight.words import between, change_text, counted, kept, sentence, share

ID = "unstable"
QUESTION = "Is training unstable for any settings?"
_NEEDED = 10
_SURE = 0.01
_MEANING = (
    "Unstable means: it failed, its objective was not finite, or it ended worse than it began "
    "(of those with three observations or more)."
)


def answer(table: Table) -> Answer:
    """Answer from the trials that failed, diverged or got worse, and where they are."""
    total, bad = len(table), int(table.unstable.sum())
    if total < _NEEDED:
        return too_few(ID, QUESTION, total, _NEEDED)
    if not bad:
        words = f"None of {counted(total)} was unstable."
        return Answer(ID, QUESTION, "no", total, words, [_MEANING])
    places = [(parameter, table.places[:, column]) for column, parameter in enumerate(table.space)]
    found = [
        (parameter, *result)
        for parameter, values in places
        if (result := most_overrepresented(parameter, values, table.unstable)) is not None
    ]
    sure = sorted(
        (chance * len(places), parameter.name, region)
        for parameter, chance, region in found
        if chance * len(places) < _SURE
    )
    if not sure:
        words = (
            f"{sentence(share(bad, total))} trials were unstable, but nothing sets them apart: "
            "they are spread over all settings."
        )
        return Answer(ID, QUESTION, "unclear", total, words, [_MEANING])
    sentences = [_sentence(table, region) for _, _, region in sure[:3]]
    region = sure[0][2]
    change = _without(region)
    advice = f"Leave that out: {change_text(change)}." if change else ""
    changes = {} if change is None else {change.name: change}
    return Answer(
        ID, QUESTION, "yes", total, sentences[0], [*sentences[1:], _MEANING],
        region.show, advice, changes,
    )  # fmt: skip


def _sentence(table: Table, region: Region) -> str:
    column = table.space.names.index(region.parameter.name)
    values = table.places[:, column]
    inside, active = region.holds(values), ~np.isnan(values)
    others = active & ~inside
    return (
        f"With {region.words}, {_unstable(table, inside)} trials were unstable; "
        f"of the others {_unstable(table, others)}."
    )


def _unstable(table: Table, rows: Bools) -> str:
    return share(int((rows & table.unstable).sum()), int(rows.sum()))


def _without(region: Region) -> Parameter | None:
    """Return the parameter without the region, None where nothing useful would be left."""
    parameter = region.parameter
    if region.indices:
        return kept(
            parameter,
            [each for each in range(len(parameter.range)) if each not in region.indices],
        )
    assert isinstance(parameter, Number)
    return (
        between(parameter, 0.0, region.low)
        if region.low > 0
        else between(parameter, region.high, 1.0)
    )
