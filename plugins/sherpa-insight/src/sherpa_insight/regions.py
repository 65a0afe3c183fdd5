"""Regions: parts of one parameter's range, and how surely something happens more often there."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from sherpa_core.numeric import Number
from sherpa_core.parameters import Parameter
from sherpa_insight.measure import Floats
from sherpa_insight.table import Bools
from sherpa_insight.words import at, listed, number, value_text


@attrs.frozen(eq=False)
class Region:
    """A part of a parameter's range.

    Args:
        parameter: the parameter.
        low: its place in the range where the region begins; of categories unused.
        high: where it ends.
        indices: the categories, of a listed parameter.
    """

    parameter: Parameter
    low: float = 0.0
    high: float = 1.0
    indices: tuple[int, ...] = ()

    def holds(self, places: Floats) -> Bools:
        """Return which places lie inside."""
        if self.indices:
            return np.isin(categories(self.parameter, places), self.indices)
        return (places >= self.low) & (places <= self.high)

    @property
    def words(self) -> str:
        """The region as in `lr above 0.01`."""
        name = self.parameter.name
        if self.indices:
            values = (value_text(self.parameter.range[each]) for each in self.indices)
            return f"{name} = {listed(values, 'or')}"
        low, high = (number(each) for each in self.ends)
        if self.low <= 0:
            return f"{name} up to {high}"
        if self.high >= 1:
            return f"{name} from {low}"
        return f"{name} between {low} and {high}"

    @property
    def ends(self) -> list[Any]:
        """The values at both ends."""
        return [at(self.parameter, self.low), at(self.parameter, self.high)]

    @property
    def show(self) -> dict[str, list[Any]]:
        """The region as a page brushes it."""
        return {self.parameter.name: list(self.indices) if self.indices else self.ends}


def categories(parameter: Parameter, places: Floats) -> Any:
    """Return the index of each category, -1 where the parameter is inactive."""
    count = len(parameter.range)
    index = np.where(np.isnan(places), -1, np.minimum(np.nan_to_num(places) * count, count - 1))
    return index.astype(np.int64)


def candidates(parameter: Parameter, places: Floats) -> list[Region]:
    """Return the regions at either end of a range, or each category by itself."""
    if not isinstance(parameter, Number):
        present = np.unique(categories(parameter, places))
        return [Region(parameter, indices=(int(each),)) for each in present if each >= 0]
    known = np.unique(places[~np.isnan(places)])
    if len(known) < 2:
        return []
    cuts = np.unique(np.quantile(known, np.linspace(0.1, 0.9, 17)))
    return [
        *(Region(parameter, high=float(cut)) for cut in cuts),
        *(Region(parameter, low=float(cut)) for cut in cuts),
    ]


def overrepresented(inside: Bools, chosen: Bools) -> float:
    """Return how likely chance alone puts so many of the chosen inside (Fisher's exact test)."""
    from scipy.stats import hypergeom

    hits = int((inside & chosen).sum())
    return float(hypergeom.sf(hits - 1, len(inside), int(inside.sum()), int(chosen.sum())))


def most_overrepresented(
    parameter: Parameter, places: Floats, chosen: Bools
) -> tuple[float, Region] | None:
    """Return the region that most surely holds more of the chosen, with its probability.

    The probability counts that several regions were looked at. Inactive values take no part.
    """
    active = ~np.isnan(places)
    if not chosen[active].any() or chosen[active].all():
        return None
    regions = candidates(parameter, places[active])
    if not regions:
        return None
    found = [overrepresented(region.holds(places[active]), chosen[active]) for region in regions]
    least = int(np.argmin(found))
    # Neighbouring cuts say nearly the same: half of their number is still on the safe side.
    return min(1.0, found[least] * max(2, len(regions) / 2)), regions[least]
