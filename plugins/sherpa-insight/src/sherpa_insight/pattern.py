"""Is there a pattern among the best?"""

from __future__ import annotations

import numpy as np

from sherpa_core.numeric import Number
from sherpa_core.parameters import Parameter
from sherpa_insight.answers import Answer, too_few
from sherpa_insight.measure import Floats
from sherpa_insight.regions import Region, categories, overrepresented
from sherpa_insight.table import Bools, Table
from sherpa_insight.words import (
    between,
    change_text,
    counted,
    kept,
    listed,
    percent,
    sentence,
    share,
)

ID = "pattern"
QUESTION = "Is there a pattern among the best?"
_NEEDED = 25
_SURE = 0.01
_MARGIN = 0.05  # of a range, on both sides of what the best trials have
_WIDTHS = (0.1, 0.2, 0.3, 0.4, 0.5)


def answer(table: Table) -> Answer:
    """Answer from the values that the best trials share and others do not."""
    used = int(table.usable.sum())
    if used < _NEEDED:
        return too_few(ID, QUESTION, used, _NEEDED)
    top = table.top()
    chosen = np.zeros(len(table), dtype=bool)
    chosen[top] = True
    found: list[tuple[float, Region]] = []
    for column, parameter in enumerate(table.space):
        values = table.places[:, column]
        active = ~np.isnan(values) & table.usable
        result = _pattern(parameter, values[active], chosen[active])
        if result is not None and result[0] * len(table.space) < _SURE:
            found.append(result)
    found.sort(key=lambda each: each[0])
    if not found:
        words = (
            f"The best {counted(len(top))} of {used:,} share no values that the others have not."
        )
        return Answer(ID, QUESTION, "no", used, words)
    sentences = [_sentence(table, region, chosen) for _, region in found]
    changes = {
        change.name: change for _, region in found if (change := _narrowed(region)) is not None
    }
    advice = listed(change_text(each) for each in changes.values())
    show = {name: values for _, region in found for name, values in region.show.items()}
    return Answer(
        ID, QUESTION, "yes", used, sentences[0], sentences[1:], show,
        f"Narrow: {advice}." if changes else "", changes,
    )  # fmt: skip


def _pattern(parameter: Parameter, places: Floats, chosen: Bools) -> tuple[float, Region] | None:
    """Return the part of a range in which the best trials crowd, and how likely that is chance."""
    best = places[chosen]
    if len(best) < 4:
        return None
    if not isinstance(parameter, Number):
        counts = np.bincount(categories(parameter, best), minlength=len(parameter.range))
        kept_ones = np.argsort(-counts, kind="stable")
        regions = [
            Region(parameter, indices=tuple(sorted(kept_ones[:number].tolist())))
            for number in range(1, max(2, len(counts) // 2 + 1))
        ]
    else:
        regions = [
            Region(parameter, low=float(start), high=float(start + width))
            for width in _WIDTHS
            for start in np.unique(np.clip(best, 0, 1 - width))
        ]
    tried = [overrepresented(region.holds(places), chosen) for region in regions]
    least = int(np.argmin(tried))
    region = regions[least]
    if region.holds(best).mean() < 0.7:
        return None
    # Windows that overlap say nearly the same; categories do not.
    looks = len(_WIDTHS) * 5 if isinstance(parameter, Number) else len(parameter.range)
    return min(1.0, tried[least] * looks), region


def _narrowed(region: Region) -> Parameter | None:
    if region.indices:
        return kept(region.parameter, region.indices)
    assert isinstance(region.parameter, Number)
    return between(
        region.parameter, max(0.0, region.low - _MARGIN), min(1.0, region.high + _MARGIN)
    )


def _sentence(table: Table, region: Region, chosen: Bools) -> str:
    column = table.space.names.index(region.parameter.name)
    values = table.places[:, column]
    inside = region.holds(values)
    others = ~np.isnan(values) & table.usable & ~chosen
    among_others = float(inside[others].mean()) if others.any() else 0.0
    hits = share(int((inside & chosen).sum()), int(chosen.sum()))
    return sentence(
        f"{hits} of the best have {region.words}; of the others {percent(among_others)}."
    )
