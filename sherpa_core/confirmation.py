"""Confirmation: the best configurations run again, since the best of many was also lucky."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import attrs

from sherpa_core import events as ev
from sherpa_core.asking import decide
from sherpa_core.engine import Engine
from sherpa_core.errors import UserError
from sherpa_core.events import to_json
from sherpa_core.history import History
from sherpa_core.plugin import AlgorithmState
from sherpa_core.reports import observation_event
from sherpa_core.trial import Trial, TrialStatus

#: The key in a trial's metadata that names the trial whose configuration it runs again.
CONFIRMS = "confirms"


@attrs.frozen
class Candidate:
    """A configuration and what its new runs gave.

    Args:
        trial: id of the trial that it comes from.
        parameters: the configuration.
        objective: that trial's objective, which was picked for being good.
        values: the objectives of the new runs.
    """

    trial: int
    parameters: dict[str, Any]
    objective: float
    values: tuple[float, ...] = ()

    @property
    def mean(self) -> float:
        """Mean of the new runs, NaN without any."""
        return sum(self.values) / len(self.values) if self.values else math.nan

    @property
    def stderr(self) -> float:
        """Standard error of the mean, NaN with fewer than two runs or an infinite one."""
        if len(self.values) < 2 or not all(map(math.isfinite, self.values)):
            return math.nan
        return statistics.stdev(self.values) / math.sqrt(len(self.values))


@attrs.frozen
class Confirmation:
    """The candidates, the one with the best mean first.

    Args:
        candidates: those that have run again.
        pending: number of runs that are queued or running.
    """

    candidates: tuple[Candidate, ...]
    pending: int = 0

    @property
    def best(self) -> Candidate | None:
        """The candidate with the best mean, None before any run has ended."""
        return self.candidates[0] if self.candidates else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the second's mean minus the first's (Welch); NaN if unknown."""
        if len(self.candidates) < 2:
            return math.nan, math.nan
        first, second = self.candidates[:2]
        difference = second.mean - first.mean
        parts = [first.stderr**2, second.stderr**2]
        if not math.isfinite(sum(parts)):
            return math.nan, math.nan
        if sum(parts) == 0:
            return difference, difference
        freedom = sum(parts) ** 2 / sum(
            part**2 / (len(each.values) - 1)
            for part, each in zip(parts, (first, second), strict=True)
        )
        margin = _t_quantile(0.975, freedom) * math.sqrt(sum(parts))
        return difference - margin, difference + margin

    @property
    def distinguishable(self) -> bool:
        """Whether the first is better than the second by more than chance explains."""
        low, high = self.interval
        return low > 0 or high < 0

    def __str__(self) -> str:
        lines = [
            f"trial {each.trial}: {each.mean:.6g} ± {each.stderr:.2g} in {len(each.values)} runs "
            f"(was {each.objective:.6g}) {each.parameters}"
            for each in self.candidates
        ]
        if self.pending:
            lines.append(f"{self.pending} runs are still to come")
        elif len(self.candidates) > 1:
            can = "can" if self.distinguishable else "cannot"
            lines.append(f"the first {can} be told apart from the second")
        return "\n".join(lines) or "no trial to confirm"


def top_trials(history: History, count: int) -> list[Trial]:
    """Return the best trials with different configurations, those that confirm others left out."""
    usable = [
        trial
        for trial in history.ended
        if trial.status != TrialStatus.FAILED
        and trial.best is not None
        and CONFIRMS not in trial.metadata
    ]
    usable.sort(key=lambda trial: trial.objective, reverse=not history.lower_is_better)
    different: dict[str, Trial] = {}
    for trial in usable:
        if len(different) >= count:
            break
        values = trial.parameters  # beside the space's: what an algorithm adds, such as `save_to`
        configuration = {name: values[name] for name in history.space.names if name in values}
        different.setdefault(to_json(configuration), trial)
    return list(different.values())


def _anew(trial: Trial, run: int) -> dict[str, Any]:
    """Return a trial's parameters for a run that continues nobody's model.

    Raises:
        UserError: it continued another trial's, and what that was trained is not known.
    """
    parameters = trial.parameters
    if "resource_total" in parameters:
        parameters |= {"resource": parameters["resource_total"], "resource_start": 0}
    elif trial.parent is not None:
        raise UserError(
            f"trial {trial.id} continued the model of trial {trial.parent}: "
            "its configuration alone does not give its result again"
        )
    names = {"load_from": "", "save_to": f"confirm-{trial.id}-{run}"}
    return parameters | {key: name for key, name in names.items() if key in parameters}


def confirm(
    engine: Engine, count: int, repeats: int, objective: Callable[[Trial], float] | None
) -> Confirmation:
    """Queue the runs that are missing of the best `count` configurations, and see what is known.

    Args:
        engine: the study's engine, its log read.
        count: number of configurations.
        repeats: number of runs of each.
        objective: called with each trial that is missing; without one they stay queued.

    Raises:
        UserError: a trial's configuration alone does not give its result again.
    """
    history = engine.history
    done = [
        each.metadata.get(CONFIRMS) for each in history.trials.values() if each.status != "FAILED"
    ]
    queued = [event.get("metadata", {}).get(CONFIRMS) for event in history.queue]
    known = [*done, *queued]
    missing = [
        {
            "type": ev.TRIAL_QUEUED,
            "parameters": _anew(trial, run),
            "metadata": {CONFIRMS: trial.id},
        }
        for trial in top_trials(history, count)
        for run in range(known.count(trial.id), repeats)
    ]
    for event in missing:
        engine.log.append(event)
    while objective is not None and history.queue:
        decision = decide(engine.algorithm, history, engine.random)
        added = None if isinstance(decision, AlgorithmState) else engine.add(decision)
        if added is not None:
            _run(engine, added, objective)
    return confirmation(history)


def _run(engine: Engine, trial: Trial, objective: Callable[[Trial], float]) -> None:
    try:
        value = objective(trial)
        event = observation_event(
            trial.id, trial.attempt, value, trial.num_observations + 1, None, trial.parameters
        )
        engine.log.append(event)
    except Exception:
        engine.finish(trial, "FAILED", "exception while its configuration was confirmed")
        raise
    engine.finish(trial, "COMPLETED")


def confirmation(history: History) -> Confirmation:
    """Return what is known of the configurations that were run again."""
    values: dict[int, list[float]] = {}
    pending = sum(CONFIRMS in event.get("metadata", {}) for event in history.queue)
    for trial in history.trials.values():
        original = trial.metadata.get(CONFIRMS)
        if original is None:
            continue
        if trial.status == TrialStatus.RUNNING:
            pending += 1
        elif trial.status != TrialStatus.FAILED and trial.best is not None:
            values.setdefault(original, []).append(trial.objective)
    candidates = []
    for original, found in values.items():
        trial = history.trials[original]
        candidates.append(Candidate(original, trial.parameters, trial.objective, tuple(found)))
    candidates.sort(key=lambda each: each.mean, reverse=not history.lower_is_better)
    return Confirmation(tuple(candidates), pending)


def _t_quantile(share: float, freedom: float) -> float:
    """Return a quantile of Student's t distribution.

    Source: Abramowitz and Stegun, 26.7.5; good to 1 % from two degrees of freedom on.
    """
    z = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
