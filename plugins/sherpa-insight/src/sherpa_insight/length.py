"""Length: what trials that were trained for less time would have reached at full length.

Without it importance would say the least where a study saves the most: bad configurations are
stopped early, so that how long a trial was trained explains nearly all of its objective.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from sherpa_core import History, Trial, TrialStatus
from sherpa_insight.measure import Floats, Measure
from sherpa_insight.structure import Structure, structure

_FEWEST = 3  # trials that went on, from which an improvement can be told
_REFERENCES = 500  # trials from which it is told, at most


@np.errstate(over="ignore", invalid="ignore")  # objectives may be as large as floats can be
def at_full_length(history: History, trials: Sequence[Trial], objective: Floats) -> Floats:
    """Return what each trial's objective would be, had all been trained for the same time.

    Of a trial that was stopped: its objective, and the median improvement of the completed trials
    from that iteration on. Of a trial of a lower rung or an earlier generation: the same with the
    median improvement at each further step. NaN for a trial that was promoted, since its
    continuation stands for both. Where too few trials went on, the objective stays as it is.

    Args:
        history: the study's history.
        trials: some of its ended trials.
        objective: the best objective of each.
    """
    finite = objective[np.isfinite(objective)]
    if not len(finite):
        return objective
    measure = Measure.of(finite, history.lower_is_better)
    kind = structure(history)
    if kind is None:
        places = [_stop(trial) for trial in trials]
        gains = _by_iterations(trials, np.unique(places), measure)
    else:
        places = [_level(trial, kind) for trial in trials]
        gains = _by_steps(history, kind, measure)
    found = objective.copy()
    for row, place in enumerate(places):
        gain = gains.get(place, 0.0)
        if gain and np.isfinite(objective[row]):
            found[row] = measure.objective(measure.cost(objective[row]) + gain)
    if kind == "rungs":
        promoted = {trial.parent for trial in history.ended if np.isfinite(trial.objective)}
        found[[trial.id in promoted for trial in trials]] = np.nan
    return found


def _stop(trial: Trial) -> float:
    """Return the iteration at which a trial was stopped, infinity where it was not."""
    stopped = trial.status is TrialStatus.STOPPED
    return float(max(trial.iterations, default=0)) if stopped else math.inf


def _by_iterations(trials: Sequence[Trial], stops: Floats, measure: Measure) -> dict[float, float]:
    """Return by how much the completed trials still improved after each stop's iteration."""
    completed = [trial for trial in trials if trial.status is TrialStatus.COMPLETED]
    step = len(completed) // _REFERENCES + 1
    changes = np.full((len(completed[::step]), len(stops)), np.nan)
    for row, trial in enumerate(completed[::step]):
        iterations = np.array(trial.iterations)
        order = np.argsort(iterations, kind="stable")
        costs = np.fmin.accumulate(measure.cost(np.array(trial.objectives)[order]))
        places = np.searchsorted(iterations[order], stops, side="right") - 1
        went_on = (places >= 0) & (places < len(costs) - 1)
        changes[row, went_on] = costs[-1] - costs[places[went_on]]
    return {float(stop): _median(changes[:, column]) for column, stop in enumerate(stops)}


def _by_steps(history: History, kind: Structure, measure: Measure) -> dict[float, float]:
    """Return by how much trials still improve after each level, up to the highest."""
    changes: dict[tuple[float, float], list[float]] = defaultdict(list)
    for trial in history.ended:
        parent = history.trials.get(trial.parent or 0)
        if parent is not None and _level(parent, kind) < _level(trial, kind):
            values = measure.cost(np.array([parent.objective, trial.objective]))
            changes[_level(parent, kind), _level(trial, kind)].append(float(values[1] - values[0]))
    gains: dict[float, float] = {}
    for (low, high), found in sorted(changes.items(), reverse=True):  # the highest levels first
        gains.setdefault(low, _median(np.array(found), 1) + gains.get(high, 0.0))
    return gains


def _level(trial: Trial, kind: Structure) -> float:
    """Return how far a trial was trained: its generation, or what it was trained in all."""
    inner = trial.metadata.get("inner")
    known = {**trial.parameters, **trial.metadata, **(inner if isinstance(inner, dict) else {})}
    names = ("generation",) if kind == "generations" else ("resource_total", "rung")
    value = next((known[name] for name in names if name in known), 0)
    return float(value) if isinstance(value, int | float) else 0.0


def _median(changes: Floats, fewest: int = _FEWEST) -> float:
    known = changes[np.isfinite(changes)]
    return float(np.median(known)) if len(known) >= fewest else 0.0
