"""Are the best values what was expected?"""

from __future__ import annotations

import numpy as np

from sherpa_core.numeric import Number
from sherpa_insight.answers import Answer, too_few
from sherpa_insight.forest import Effects
from sherpa_insight.measure import Floats
from sherpa_insight.regions import categories
from sherpa_insight.table import Table, is_listed
from sherpa_insight.words import at, counted, listed, number, value_text

ID = "expected"
QUESTION = "Are the best values as expected?"
_NEEDED = 10
_FAR = 0.2  # of a range: the best is somewhere else


def answer(table: Table, effects: Effects | None) -> Answer:
    """Answer from the best trial against what people queued, else the middle of the ranges."""
    used = int(table.usable.sum())
    if used < _NEEDED:
        return too_few(ID, QUESTION, used, _NEEDED)
    best = int(table.best(1)[0])
    given = np.flatnonzero(table.given & table.usable)
    given = given[np.argsort(table.cost()[given])]
    matter = [
        column
        for column in range(len(table.space))
        if effects is None or effects.has_effect(column)
    ]
    evidence = [_luck(table, best)]
    if len(given):
        expected, what = table.places[given[0]], "the best configuration that was queued by hand"
        evidence.insert(0, _gain(table, best, int(given[0])))
        if best == given[0]:
            words = f"Yes: the best of {counted(used)} is one that was queued by hand."
            return Answer(ID, QUESTION, "yes", used, words, evidence, {}, _CONFIRM, {}, True)
    else:
        expected, what = _middle(table), "the middle of the ranges"
        evidence.append(
            "Nobody queued a configuration, so the middle of each range stands for what was "
            "expected. Queue your own guess with `sherpa enqueue` to compare with it."
        )
    different = [
        f"{table.space[column].name} is {_value(table, table.places[best], column)} instead of "
        f"{_value(table, expected, column)}"
        for column in matter
        if _differs(table, column, table.places[best, column], expected[column])
    ]
    if not different:
        words = f"Yes: the best of {counted(used)} is close to {what}."
        return Answer(ID, QUESTION, "yes", used, words, evidence, {}, _CONFIRM, {}, True)
    words = f"No: against {what}, in the best of {counted(used)} {listed(different)}."
    return Answer(ID, QUESTION, "no", used, words, evidence, {}, _CONFIRM, {}, True)


_CONFIRM = (
    "Make sure that it was not luck: the next study begins with this configuration; "
    "`study.best(confirm=3)` runs the best ones several times."
)


def _middle(table: Table) -> Floats:
    """Return the middle of each range of numbers; of categories there is none."""
    middles = [0.5 if isinstance(parameter, Number) else np.nan for parameter in table.space]
    return np.array(middles)


def _differs(table: Table, column: int, one: float, other: float) -> bool:
    if np.isnan(one) or np.isnan(other):
        return False
    if is_listed(table.space[column]):
        return bool(one != other)
    return abs(one - other) > _FAR


def _value(table: Table, places: Floats, column: int) -> str:
    parameter = table.space[column]
    if is_listed(parameter):
        return value_text(parameter.range[int(categories(parameter, places[[column]])[0])])
    return value_text(at(parameter, float(places[column])))


def _gain(table: Table, best: int, given: int) -> str:
    return (
        f"The best objective is {number(table.objective[best])} (trial {table.ids[best]}), that "
        "of the best queued configuration "
        f"{number(table.objective[given])} (trial {table.ids[given]})."
    )


def _luck(table: Table, best: int) -> str:
    objectives = table.objective[table.best(5)]
    others = listed(number(each) for each in objectives[1:])
    return (
        f"Trial {table.ids[best]} reached {number(objectives[0])}, the next ones {others}: "
        "the best of many was also lucky."
    )
