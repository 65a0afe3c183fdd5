"""What a page says about a study and a trial as a whole."""

from __future__ import annotations

import time
from typing import Any

from sherpa_core import History, Trial, TrialStatus
from sherpa_core.session import orphans
from sherpa_flask.columns import extras
from sherpa_flask.encoding import numbers, plain, scalar
from sherpa_insight import structure


def of(history: History, can_stop: bool, now: float | None = None) -> dict[str, Any]:
    """Return where a study stands.

    Args:
        history: the history.
        can_stop: whether a stop request reaches somebody.
        now: the time, seconds since 1970. Default: now.
    """
    now = time.time() if now is None else now
    best = history.best_result()
    ended = max((trial.ended or 0.0 for trial in history.ended[-100:]), default=history.created)
    standing = state(history, now)
    running = standing == "running"
    return {
        "name": history.config.get("name", ""),
        "algorithm": plain(history.algorithm),
        "lower_is_better": history.lower_is_better,
        "created": history.created,
        "note": history.note,
        "tags": history.tags,
        "max_num_trials": limit(history),
        "max_concurrent": history.run.max_concurrent,
        "timeout": history.run.timeout,
        "counts": counts(history),
        "best": _best(history) if best else None,
        "elapsed": max(0.0, (now if running else ended) - history.created),
        "seconds_left": _seconds_left(history, now) if running else None,
        "state": standing,
        "stop_requested": history.stop_requested,
        "can_stop": can_stop,
        "structure": structure(history),
    }


def counts(history: History) -> dict[str, int]:
    """Return the number of trials by status, and of the queued ones."""
    found = {status.value: history.count(status) for status in TrialStatus}
    return {**found, "QUEUED": len(history.queue)}


def state(history: History, now: float) -> str:
    """Return `running` while somebody works on the study, else `waiting`."""
    lost = orphans(history, "", now)
    if len(lost) < len(history.running):
        return "running"
    held = any(each.until is not None and each.until > now for each in history.sessions.values())
    return "running" if held else "waiting"


def of_trial(history: History, trial: Trial) -> dict[str, Any]:
    """Return all of one trial."""
    parameters = trial.parameters
    observations = trial.observations
    names = dict.fromkeys(name for each in observations for name in each.context)
    own = {name: value for name, value in parameters.items() if name in history.space.by_name}
    columns = extras([trial], [parameters], own)
    return {
        "id": trial.id,
        "status": trial.status.value,
        "origin": trial.origin,
        "parent": trial.parent,
        "attempt": trial.attempt,
        "failure": trial.failure,
        "stop_requested": trial.stop_requested,
        "started": round(trial.started - history.created, 3),
        "duration": trial.duration,
        "parameters": plain(own),
        "extras": {name: column[0] for name, column in columns.items()},
        "metadata": plain(trial.metadata),
        "job": trial.job,
        "observations": {
            "iteration": [each.iteration for each in observations],
            "objective": numbers([each.objective for each in observations]),
            "time": numbers([round(each.time - history.created, 3) for each in observations]),
            "metrics": {
                name: [scalar(each.context.get(name)) for each in observations] for name in names
            },
        },
    }


def _best(history: History) -> dict[str, Any]:
    trial = history.best
    assert trial is not None and trial.best is not None
    whole = of_trial(history, trial)
    return {
        "trial": trial.id,
        "iteration": trial.best.iteration,
        "objective": plain(trial.best.objective),
        "parameters": whole["parameters"],
        "context": plain(trial.best.context),
    }


def limit(history: History) -> int | None:
    """Return after how many trials the study ends, as far as that is known."""
    known = [history.run.max_num_trials, history.algorithm.get("max_num_trials")]
    limits = [each for each in known if isinstance(each, int)]
    return min(limits) if limits else None


def _seconds_left(history: History, now: float) -> float | None:
    """Return how long it takes at the pace of the last trials, None if nobody can say."""
    most = limit(history)
    recent = history.ended[-20:]
    if most is None or len(recent) < 3:
        return None
    since = min(trial.started for trial in recent)
    pace = (now - since) / len(recent)
    left = most - len(history.ended)
    found = max(0.0, left * pace)
    if history.run.timeout is not None:
        found = min(found, max(0.0, history.created + history.run.timeout - now))
    return found
