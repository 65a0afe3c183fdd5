"""What does a suggestion cost after 10,000 trials?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from _common import Options, Row, main, space

from sherpa_core import Study, Trial

GOAL = 2.0  # milliseconds
SEED = {"lr": 0.01, "momentum": 0.5, "units": 64, "batch": 32, "activation": "relu"}
ALGORITHMS: dict[str, Any] = {
    "random": "random",
    "asha": {"name": "asha", "R": 81, "max_finished_configs": 1_000_000},
    "hyperband": {"name": "hyperband", "R": 81, "max_finished_configs": 1_000_000},
    "pbt": {"name": "pbt", "num_generations": 10_000, "population_size": 20},
    "genetic": "genetic",
    # Repetitions keep a local search of five parameters going for so long.
    "local-search": {"name": "local-search", "seed_configuration": SEED, "repeat_trials": 2_000},
    "repeat of asha": {
        "name": "repeat",
        "agg": True,
        "algorithm": {"name": "asha", "max_finished_configs": 1_000_000},
    },
    "chain of genetic": {"name": "chain", "algorithms": ["genetic"]},
}


def slowest(algorithm: Any, before: int, asks: int) -> tuple[list[float], float]:
    """Return the milliseconds of each ask after `before` trials, and of the slowest one."""
    study = Study(space(), algorithm, random_seed=1, disable_dashboard=True)
    times = []
    for number in range(before + asks):
        start = time.perf_counter()
        trial = study.get_suggestion()
        if number >= before:
            times.append((time.perf_counter() - start) * 1e3)
        assert isinstance(trial, Trial)
        study.add_observation(trial, (trial.parameters["momentum"] - 0.3) ** 2)
        study.finalize(trial)
    return times, max(times)


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    before, asks = options.size(10_000, 60), options.size(500, 5)
    for name, algorithm in ALGORITHMS.items():
        times, worst = slowest(algorithm, before, asks)
        yield Row(f"{name}: ask after {before:,} trials", "ms", times, at_most=GOAL)
        notes.append(f"{name}: the slowest of {asks} asks took {worst:.2f} ms")


if __name__ == "__main__":
    plugins = ("asha", "pbt", "genetic", "local-search", "repeat", "chain")
    main(
        "What does a suggestion cost after 10,000 trials?",
        measure,
        tuple(f"sherpa-{name}" for name in plugins),
        repeats=1,
    )
