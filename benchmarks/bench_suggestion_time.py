"""What does a suggestion of a model cost, beside the same model of other libraries?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from _common import Options, Row, interleaved, main

sys.path.insert(0, str(Path(__file__).parent / "quality"))

from methods import METHODS, PEERS, ROOT, Peer
from problems import PROBLEMS, Problem

PROBLEM: Problem = PROBLEMS["Styblinski-Tang 5"]  # five numbers
#: ours, what it is compared with, the greatest ratio that is a goal, after how many trials
COMPARED = [
    ("gp", "Optuna GP", 0.3, (20, 100, 300)),
    ("gp", "Optuna GP", 0.7, (1_000,)),
    ("tpe", "Optuna TPE", 0.3, (1_000, 5_000, 10_000)),
    ("tpe", "Hyperopt TPE", None, (1_000, 5_000, 10_000)),
]
IN_BOTH = "Optuna TPE"  # needs nothing but Optuna, which the development environment has
WARM_UP = 3  # suggestions in which models settle that had no trials a moment ago


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    there = not options.quick and (ROOT / PEERS).is_dir()
    if not there:
        notes.append(
            f"without {PEERS} (see `make bench-quality`) only {IN_BOTH} is there to compare"
        )
    for ours, theirs, goal, sizes in COMPARED:
        if not there and theirs != IN_BOTH:
            continue
        for trials in sizes[:1] if options.quick else sizes:
            number = options.size(trials, 30)
            method = METHODS[theirs]
            if not there:
                method = attrs.evolve(method, environment="")
            asking = [_asker(METHODS[ours], number), _asker(method, number)]
            found = interleaved(options.repeats, *asking, warm_up=False)
            yield Row(
                f"{ours} after {number:,} trials", "ms", found[0], theirs, found[1], at_most=goal
            )


def _asker(method: Any, trials: int) -> Any:
    """Return what asks once, and returns the milliseconds."""
    ask = Peer(method)
    ask("start", {"space": PROBLEM.space, "seed": 1, "trials": trials})
    rng = np.random.default_rng(1)
    drawn = [
        {each["name"]: float(rng.uniform(each["low"], each["high"])) for each in PROBLEM.space}
        for _ in range(trials)
    ]
    ask("add", [(each, PROBLEM.function(each)) for each in drawn])

    def once() -> float:
        answer = ask("ask", 1)
        [configuration] = answer["configurations"]
        told = ask("tell", [PROBLEM.function(configuration)])
        return float(answer["seconds"] + told["seconds"]) * 1e3

    for _ in range(WARM_UP):
        once()
    return once


if __name__ == "__main__":
    main(
        "What does a suggestion of a model cost, beside the same model of other libraries?",
        measure,
        ("sherpa-gp", "sherpa-tpe"),
    )
