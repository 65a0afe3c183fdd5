"""What the benchmarks share: their options, interleaved repetitions, the table and its JSON."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter


@attrs.frozen
class Options:
    """How much to measure.

    Args:
        quick: tiny sizes: shows that a script runs, says nothing about speed.
        repeats: how often everything is measured; the table shows medians.
    """

    quick: bool
    repeats: int

    def size(self, full: int, quick: int) -> int:
        """Return the size to measure with."""
        return quick if self.quick else full


@attrs.frozen
class Row:
    """One line of the table.

    Args:
        what: what was measured.
        unit: of both numbers: `us`, `ms`, `s`, `B`, `MB`, `trials/s`, or empty for a count.
        ours: SHERPA's number in each repetition.
        peer: what it is compared with.
        theirs: the peer's number in each repetition. With a peer, the goal is about the ratio
            ours / theirs within a repetition, without one about our number.
        at_most: the goal, an upper limit.
        at_least: the goal, a lower limit.
    """

    what: str
    unit: str
    ours: Sequence[float]
    peer: str = ""
    theirs: Sequence[float] = ()
    at_most: float | None = None
    at_least: float | None = None

    @property
    def samples(self) -> list[float]:
        """What the goal is about, in each repetition."""
        if not self.theirs:
            return list(self.ours)
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def measured(self) -> float:
        """The median of what the goal is about."""
        return statistics.median(self.samples)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None where there is none."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        if self.at_least is not None:
            return self.measured >= self.at_least
        return None

    def cells(self) -> list[str]:
        """Return the line's cells, in the order of `_HEAD`."""
        ours, peer, ratio, goal = _number(statistics.median(self.ours), self.unit), "", "", ""
        goal_unit = self.unit
        if self.theirs:
            peer = f"{self.peer}: {_number(statistics.median(self.theirs), self.unit)}"
            low, high = min(self.samples), max(self.samples)
            ratio = f"{self.measured:.3g} x ({low:.3g} to {high:.3g})"
            goal_unit = "x"
        if self.at_most is not None:
            goal = f"at most {_number(self.at_most, goal_unit)}"
        elif self.at_least is not None:
            goal = f"at least {_number(self.at_least, goal_unit)}"
        return [self.what, ours, peer, ratio, goal, {None: "", True: "yes", False: "NO"}[self.met]]


_HEAD = ["what", "SHERPA", "compared with", "ratio (range)", "goal", "met"]


def _number(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}".rstrip()


def interleaved(
    repeats: int, *measures: Callable[[], float], warm_up: bool = True
) -> list[list[float]]:
    """Call the measures in turn, and return each one's numbers.

    A noisy machine then disturbs all of them alike: a ratio within a repetition holds.

    Args:
        repeats: number of repetitions.
        measures: each returns one number.
        warm_up: whether a first round is left out of the numbers.
    """
    numbers: list[list[float]] = [[] for _ in measures]
    for repetition in range(-1 if warm_up else 0, repeats):
        order = list(enumerate(measures))
        for index, measure in order if repetition % 2 else reversed(order):
            gc.collect()
            number = measure()
            if repetition >= 0:
                numbers[index].append(number)
    return numbers


def space() -> list[Parameter]:
    """Return the five parameters that every benchmark searches."""
    return [
        Continuous("lr", [1e-4, 1e-1], "log"),
        Continuous("momentum", [0.0, 1.0]),
        Discrete("units", [8, 512]),
        Ordinal("batch", [16, 32, 64]),
        Choice("activation", ["relu", "tanh", "elu"]),
    ]


def suggest_with_optuna(trial: Any) -> None:
    """Draw the same five parameters with Optuna."""
    trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    trial.suggest_float("momentum", 0.0, 1.0)
    trial.suggest_int("units", 8, 512)
    trial.suggest_categorical("batch", [16, 32, 64])
    trial.suggest_categorical("activation", ["relu", "tanh", "elu"])


def main(
    title: str,
    measure: Callable[[Options, list[str]], Iterable[Row]],
    distributions: Sequence[str] = ("optuna",),
    repeats: int = 7,
) -> None:
    """Run one benchmark: print its table, and write its JSON where one is asked for.

    Args:
        title: the question.
        measure: returns the rows; what it adds to its second argument is printed below them.
        distributions: whose versions are recorded beside sherpa-core's.
        repeats: number of repetitions unless the command line says otherwise.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, only to see it run")
    parser.add_argument("--repeats", type=int, default=None, help="number of repetitions")
    given = parser.parse_args()
    options = Options(given.quick, given.repeats or (1 if given.quick else repeats))
    versions = {name: version(name) for name in ("sherpa-core", *distributions)}
    machine = {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
    print(title)
    print(
        f"{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}, "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + f"; repetitions: {options.repeats}, medians are shown"
    )
    notes: list[str] = []
    if options.quick:
        print("quick: the sizes are too small for the numbers to mean anything")
    rows = list(measure(options, notes))
    _print_table([_HEAD, *(row.cells() for row in rows)])
    for note in notes:
        print(note)
    if given.json is not None:
        facts = {
            "title": title,
            "quick": options.quick,
            "machine": machine,
            "versions": versions,
            "rows": [
                {**attrs.asdict(row), "measured": row.measured, "met": row.met} for row in rows
            ],
            "notes": notes,
        }
        given.json.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def _print_table(lines: list[list[str]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    print()
    for number, line in enumerate(lines):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print()
