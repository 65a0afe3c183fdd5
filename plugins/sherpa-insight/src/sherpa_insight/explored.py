"""How well is the space explored?"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sherpa_core.numeric import Number
from sherpa_core.parameters import Parameter
from sherpa_insight.answers import Answer, too_few
from sherpa_insight.forest import Effects
from sherpa_insight.measure import Floats
from sherpa_insight.regions import Region, categories
from sherpa_insight.table import Table
from sherpa_insight.words import between, counted, kept, listed, percent

ID = "explored"
QUESTION = "How well is the space explored?"
_NEEDED = 10
_GAP = 0.25  # of a range without any trial
_CELLS = 4  # each axis of a pair is cut into so many parts
_COVERED = 0.8  # of a pair's cells


def answer(table: Table, effects: Effects | None) -> Answer:
    """Answer from the largest gap of each parameter, and the combinations of those that matter."""
    total = len(table)
    if total < _NEEDED:
        return too_few(ID, QUESTION, total, _NEEDED)
    gaps = [
        region
        for column, parameter in enumerate(table.space)
        if (region := _gap(parameter, table.places[:, column])) is not None
    ]
    evidence = []
    pair = _least_covered(table, effects)
    if pair is not None:
        names, covered = pair
        evidence.append(
            f"Of the combinations of {names[0]} and {names[1]} (each cut into up to {_CELLS} "
            f"parts), {percent(covered)} were tried."
        )
    if gaps:
        empty = listed((gap.words for gap in gaps[:4]), "or")
        words = f"{counted(total)}, and none with {empty}."
        changes = {
            gap.parameter.name: change for gap in gaps[:1] if (change := _only(gap)) is not None
        }
        return Answer(
            ID, QUESTION, "no", total, words, evidence, gaps[0].show,
            f"Look there: a study with {gaps[0].words} only." if changes else "", changes,
        )  # fmt: skip
    words = (
        f"{counted(total)}: each parameter's values were tried without a gap of more "
        f"than {percent(_GAP)} of its range."
    )
    thin = pair is not None and pair[1] < _COVERED
    return Answer(ID, QUESTION, "unclear" if thin else "yes", total, words, evidence)


def _gap(parameter: Parameter, places: Floats) -> Region | None:
    """Return the largest part of a range in which there is no trial, or the values without one."""
    known = np.sort(places[~np.isnan(places)])
    if not isinstance(parameter, Number):
        count = len(parameter.range)
        seen = set(categories(parameter, known).tolist())
        missing = tuple(each for each in range(count) if each not in seen)
        return Region(parameter, indices=missing) if missing else None
    if parameter.num_values <= 1 / _GAP:  # values lie apart as they are
        return None
    edges = np.concatenate([[0.0], known, [1.0]])
    widths = np.diff(edges)
    widest = int(np.argmax(widths))
    if widths[widest] <= max(_GAP, 1.5 / parameter.num_values):
        return None
    return Region(parameter, low=float(edges[widest]), high=float(edges[widest + 1]))


def _only(gap: Region) -> Parameter | None:
    if gap.indices:
        return kept(gap.parameter, gap.indices)
    assert isinstance(gap.parameter, Number)
    return between(gap.parameter, gap.low, gap.high)


def _least_covered(table: Table, effects: Effects | None) -> tuple[tuple[str, str], float] | None:
    """Return the pair of parameters of whose combinations the fewest were tried, and how many.

    Of many parameters, those that matter most.
    """
    columns = list(range(len(table.space)))
    if effects is not None:
        columns.sort(key=lambda column: -float(effects.total[column].mean()))
    found = []
    for first, second in combinations(columns[:5], 2):
        both = ~np.isnan(table.places[:, [first, second]]).any(axis=1)
        counts = [
            min(_CELLS, int(min(table.space[each].num_values, 99))) for each in (first, second)
        ]
        cells = {
            tuple(cell)
            for cell in np.minimum(
                table.places[both][:, [first, second]] * counts, np.array(counts) - 1
            ).astype(int)
        }
        possible = counts[0] * counts[1]
        if both.sum() >= possible:
            names = (table.space[first].name, table.space[second].name)
            found.append((len(cells) / possible, names))
    if not found:
        return None
    covered, names = min(found)
    return names, covered
