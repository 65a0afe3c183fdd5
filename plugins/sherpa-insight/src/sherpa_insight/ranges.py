"""Are the ranges appropriate, or is the best at the edge of one?"""

from __future__ import annotations

from typing import Any

import numpy as np

from sherpa_core.numeric import Number
from sherpa_core.parameters import Ordinal, Parameter
from sherpa_insight.answers import Answer, too_few
from sherpa_insight.effect import ENOUGH_QUALITY
from sherpa_insight.forest import Effects, trials_needed
from sherpa_insight.measure import Floats
from sherpa_insight.regions import Region
from sherpa_insight.table import Table
from sherpa_insight.words import (
    change_text,
    counted,
    listed,
    range_text,
    ranged,
    sentence,
    share,
)

ID = "ranges"
QUESTION = "Are the ranges appropriate?"
_EDGE = 0.2  # of a range, from either end
_MOST = 0.5  # so many of the best trials in it: the optimum may lie beyond
_NEAR = 0.05  # of the curve's height: at its end it is as good as anywhere


def answer(table: Table, effects: Effects | None) -> Answer:
    """Answer from where the best trials lie in the range of each parameter that matters."""
    used = len(table.comparable)
    if effects is None:
        return too_few(ID, QUESTION, used, trials_needed(table))
    top = table.top()
    found = []
    for column, parameter in enumerate(table.space):
        if not isinstance(parameter, Number | Ordinal):
            continue
        if effects.has_effect(column) and effects.quality >= ENOUGH_QUALITY:
            region = _edge(
                parameter, table.places[top, column], effects.slices[column].mean(axis=0)
            )
            if region is not None:
                found.append((column, region))
    if not found:
        words = (
            f"Yes: of no parameter that matters lie the best {counted(len(top))} at an end of its "
            f"range ({used:,} trials)."
        )
        return Answer(ID, QUESTION, "yes", used, words)
    sentences, changes, show = [], {}, {}
    for column, region in found:
        hits = int(region.holds(table.places[top, column]).sum())
        sentences.append(
            sentence(share(hits, len(top)))
            + f" of the best trials have {region.words}, at the end of the range "
            f"{range_text(region.parameter)}."
        )
        show.update(region.show)
        wider = _widened(region)
        if wider is not None:
            changes[wider.name] = wider
        elif not isinstance(region.parameter, Number):
            sentences.append(
                f"Which further values {region.parameter.name} may have, only you know."
            )
        else:
            sentences.append(
                f"That end of {region.parameter.name} seems to be a natural one, which it is not "
                "to leave."
            )
    advice = listed(change_text(each) for each in changes.values())
    return Answer(
        ID, QUESTION, "no", used, sentences[0], sentences[1:], show,
        f"Widen: {advice}." if changes else "", changes,
    )  # fmt: skip


def _edge(parameter: Parameter, places: Floats, curve: Floats) -> Region | None:
    """Return the end of a range at which most of the best trials lie, and the forest agrees."""
    known = places[~np.isnan(places)]
    if len(known) < 3:
        return None
    if parameter.num_values < 2:
        return None
    few = parameter.num_values * _EDGE < 2  # the end is one value
    edge = 1 / parameter.num_values if few else _EDGE
    if isinstance(parameter, Ordinal):
        last = len(parameter.range) - 1
        ends = [Region(parameter, indices=(0,)), Region(parameter, indices=(last,))]
        few = True
    else:
        ends = [Region(parameter, high=edge), Region(parameter, low=1 - edge)]
    outermost = np.minimum(known, 1 - known)
    crowd_out = few or (outermost < edge / 2).sum() >= (outermost < edge).sum() / 2
    for region, end in zip(ends, (curve[0], curve[-1]), strict=True):
        good = end <= curve.min() + _NEAR * np.ptp(curve)
        if region.holds(known).mean() > _MOST and good and crowd_out:
            return region
    return None


def _widened(region: Region) -> Parameter | None:
    """Return the parameter with its range extended where the region is, None at a natural end."""
    parameter = region.parameter
    if not isinstance(parameter, Number):
        return None
    low, high = float(parameter.low), float(parameter.high)
    up = region.low > 0
    if parameter.scale == "log":
        factor = min(10.0, (high / low) ** 0.5)
        low, high = (low, high * factor) if up else (low / factor, high)
        if parameter.type == "discrete":
            low = max(1.0, low)
    else:
        reach = (high - low) / 2
        fraction = parameter.type == "continuous" and low >= 0 and high <= 1
        if (up and fraction and high > 0.9) or (not up and low == 0):
            return None
        new_low = low - reach
        low, high = (
            (low, high + reach) if up else ((max(0.0, new_low) if low > 0 else new_low), high)
        )
        if up and fraction:
            high = min(high, 1.0)
    return ranged(parameter, *(_short(parameter, end) for end in (low, high)))


def _short(parameter: Number, end: float) -> Any:
    return round(end) if parameter.type == "discrete" else float(f"{end:.3g}")
