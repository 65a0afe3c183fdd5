"""Runs as they are kept: JSON lines in one file for each method.

A run's curve is the value that its user would have: without noise, of the configuration that
looked best so far. Only its changes are kept, as `[number of trials, value]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np


@attrs.frozen
class Run:
    """One run of a method.

    Args:
        method: the name in `methods.METHODS`.
        problem: the name in `problems.PROBLEMS`.
        batch: number of trials at a time.
        seed: of the method and of the noise.
        trials: number of trials.
        seconds: that the method took to suggest them all.
        versions: of the method's distributions.
        curve: `[number of trials, value]` at each change.
    """

    method: str
    problem: str
    batch: int
    seed: int
    trials: int
    seconds: float
    versions: dict[str, str]
    curve: list[tuple[int, float]]

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What tells runs apart."""
        return self.method, self.problem, self.batch, self.seed

    def at(self, trials: int) -> float:
        """Return the value after a number of trials."""
        return next(value for number, value in reversed(self.curve) if number <= trials)

    def values(self, trials: int) -> np.ndarray:
        """Return the value after 1, 2, ... trials."""
        places = np.searchsorted([number for number, _ in self.curve], np.arange(1, trials + 1) + 1)
        return np.array([value for _, value in self.curve])[places - 1]


def changes(seen: Iterable[float], true: Iterable[float]) -> list[tuple[int, float]]:
    """Return the curve of a run.

    Args:
        seen: the values that the method saw, in the order of the trials.
        true: the values without noise.
    """
    best, curve = float("inf"), []
    for number, (look, value) in enumerate(zip(seen, true, strict=True), 1):
        if look < best or number == 1:
            best = look
            curve.append((number, float(f"{value:.7g}")))
    return curve


def write(run: Run, folder: Path) -> None:
    """Append a run to its method's file."""
    facts = attrs.asdict(run)
    name = facts.pop("method")
    with _file(folder, name).open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts, separators=(",", ":")) + "\n")


def read(folder: Path, methods: Iterable[str]) -> dict[tuple[str, str, int, int], Run]:
    """Return the runs of a folder; of several with the same key the longest counts."""
    runs: dict[tuple[str, str, int, int], Run] = {}
    for run in _lines(folder, methods):
        if run.key not in runs or runs[run.key].trials <= run.trials:
            runs[run.key] = run
    return runs


def _lines(folder: Path, methods: Iterable[str]) -> Iterator[Run]:
    for method in methods:
        file = _file(folder, method)
        for line in file.read_text("utf-8").splitlines() if file.exists() else ():
            facts: dict[str, Any] = json.loads(line)
            yield Run(method=method, **facts)


def _file(folder: Path, method: str) -> Path:
    return folder / f"{method.lower().replace(' ', '-')}.jsonl"
