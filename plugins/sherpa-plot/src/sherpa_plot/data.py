"""What the pictures show: a history's trials as arrays, and a scale that outliers cannot spoil."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from sherpa_core import History, Trial, TrialStatus
from sherpa_core.study_view import StudyView

Floats = NDArray[np.float64]

_FAR = 3.0  # interquartile ranges beyond the worse quartile: further out is off the scale
_LARGEST = 1e150  # what is larger counts as infinite, so that no difference overflows
_CROWDED = 0.25  # half of the values in this share of a linear axis: a log axis is better


def history_of(source: StudyView | History) -> History:
    """Return the history of a study as it is now, or the history itself."""
    if isinstance(source, StudyView):
        source.refresh()
        return source.history
    return source


def objectives(trials: Sequence[Trial]) -> Floats:
    """Return each trial's best objective, NaN where it has none."""
    return np.array([trial.objective for trial in trials], dtype=np.float64)


def best_so_far(trials: Sequence[Trial], history: History) -> Floats:
    """Return the best objective of the completed and stopped trials up to each trial."""
    best, found = math.nan, []
    for trial in trials:
        ended = trial.status in (TrialStatus.COMPLETED, TrialStatus.STOPPED)
        if ended and history.is_better(trial.objective, best):
            best = trial.objective
        found.append(best)
    return np.array(found, dtype=np.float64)


@attrs.frozen
class Scale:
    """The objective's axis: from `low` to `high`, logarithmic if `log`.

    Values beyond its ends are off the scale: they are shown at the end, and marked.
    """

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, values: Floats, lower_is_better: bool) -> Scale:
        """Return the scale on which the better part of `values` can be told apart."""
        finite = values[np.abs(values) < _LARGEST]
        if not len(finite):
            return cls(0.0, 1.0, False)
        if finite.min() > 1 / _LARGEST:
            near = finite[_near(np.log10(finite), lower_is_better)]
            low, high = float(near.min()), float(near.max())
            decades = math.log10(high) - math.log10(low)
            crowded = float(np.median(near)) - low < _CROWDED * (high - low)
            if decades > 2 or (decades > 1 and crowded):
                return cls(low, high, True)
        near = finite[_near(finite, lower_is_better)]
        low, high = float(near.min()), float(near.max())
        if low == high:
            margin = abs(low) * 0.05 or 1.0
            low, high = low - margin, high + margin
        return cls(low, high, False)

    def places(self, values: Floats) -> Floats:
        """Return where values lie between the ends, from 0 to 1; NaN stays NaN."""
        inside = np.clip(values, self.low, self.high)
        if self.log:
            return np.log(inside / self.low) / math.log(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)

    def is_off(self, values: Floats) -> NDArray[np.bool_]:
        """Return which values lie beyond the ends."""
        return (values < self.low) | (values > self.high)

    def round_values(self, whole: bool = False) -> list[float]:
        """Return a few round numbers between the ends, both may be among them."""
        if not self.log:
            found = MaxNLocator(6, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1).tick_values(
                self.low, self.high
            )
        else:
            few = math.log10(self.high / self.low) < 3
            subs = (1.0, 2.0, 5.0) if few else (1.0,)
            found = LogLocator(subs=subs, numticks=10).tick_values(self.low, self.high)
        inside = [float(value) for value in found if self.low <= value <= self.high]
        return [round(value) for value in inside] if whole else inside


def _near(values: Floats, lower_is_better: bool) -> NDArray[np.bool_]:
    """Return which values are not far out on the worse side."""
    first, third = np.quantile(values, [0.25, 0.75])
    reach = _FAR * (third - first)
    if reach == 0:
        return np.ones(len(values), dtype=bool)
    near: NDArray[np.bool_] = (
        values <= third + reach if lower_is_better else values >= first - reach
    )
    return near
