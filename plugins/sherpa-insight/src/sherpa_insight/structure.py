"""Structure: the generations of PBT, the rungs of ASHA, and which trial continues which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from sherpa_core import History, Trial

_PLACES = ("generation", "bracket", "rung")

Structure = Literal["generations", "rungs"]


@attrs.frozen(eq=False)
class Step:
    """A trial's place in a study whose trials continue one another.

    Args:
        trial: the trial.
        number: its generation or rung.
        bracket: its bracket; 0 where there are none.
        parent: the step that it continues, None where its training begins.
        root: number of the first trial of its lineage.
    """

    trial: Trial
    number: int
    bracket: int
    parent: Step | None
    root: int

    @property
    def line(self) -> list[Step]:
        """The steps from the beginning of its lineage to this one."""
        found: list[Step] = []
        step: Step | None = self
        while step is not None:
            found.append(step)
            step = step.parent
        return found[::-1]


def notes(trial: Trial) -> Mapping[str, Any]:
    """Return where a trial stands among others, as its algorithm wrote it down."""
    inner = trial.metadata.get("inner")  # of a repeated trial: what its algorithm wrote
    known = inner if isinstance(inner, Mapping) else trial.metadata
    return {name: known[name] for name in _PLACES if name in known}


def structure(history: History) -> Structure | None:
    """Return `generations` (PBT), `rungs` (ASHA, Hyperband) or None."""
    trial = next(reversed(history.trials.values()), None)
    if trial is None:
        return None
    keys = {**trial.parameters, **notes(trial)}
    if "generation" in keys:
        return "generations"
    return "rungs" if "rung" in keys else None


def steps(history: History) -> list[Step]:
    """Return the steps of all trials that have a place in the study's structure, by trial."""
    key = {"generations": "generation", "rungs": "rung", None: ""}[structure(history)]
    found: dict[int, Step] = {}
    for trial in sorted(history.trials.values(), key=lambda each: each.id):
        places = {**notes(trial), **trial.parameters}
        number, bracket = places.get(key), places.get("bracket", 0)
        if not isinstance(number, int):
            continue
        parent = found.get(trial.parent) if trial.parent is not None else None
        root = parent.root if parent is not None else trial.id
        bracket = bracket if isinstance(bracket, int) else 0
        found[trial.id] = Step(trial, number, bracket, parent, root)
    return list(found.values())
