"""What does a suggestion cost after 10,000 trials?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from _common import Options, Row, main, space

from sherpa_core import Study, Trial

GOAL = 2.0  # milliseconds
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "cost-of-a-suggestion.png"
SEED = {"lr": 0.01, "momentum": 0.5, "units": 64, "batch": 32, "activation": "relu"}
ALGORITHMS: dict[str, Any] = {
    "random": "random",
    "asha": {"name": "asha", "R": 81, "max_finished_configs": 1_000_000},
    "hyperband": {"name": "hyperband", "R": 81, "max_finished_configs": 1_000_000},
    "pbt": {"name": "pbt", "num_generations": 10_000, "population_size": 20},
    "genetic": "genetic",
    "tpe": "tpe",
    "cma-es": "cma-es",
    "bohb": {"name": "bohb", "R": 81, "max_finished_configs": 1_000_000},
    # Repetitions keep a local search of five parameters going for so long.
    "local-search": {"name": "local-search", "seed_configuration": SEED, "repeat_trials": 2_000},
    "repeat of asha": {
        "name": "repeat",
        "agg": True,
        "algorithm": {"name": "asha", "max_finished_configs": 1_000_000},
    },
    "chain of genetic": {"name": "chain", "algorithms": ["genetic"]},
}


def ask_times(algorithm: Any, before: int, asks: int) -> list[float]:
    """Return the milliseconds of each ask after `before` trials."""
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
    return times


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    before, asks = options.size(10_000, 60), options.size(500, 5)
    found = {}
    for name, algorithm in ALGORITHMS.items():
        found[name] = times = ask_times(algorithm, before, asks)
        yield Row(f"{name}: ask after {before:,} trials", "ms", times, at_most=GOAL)
        notes.append(f"{name}: the slowest of {asks} asks took {max(times):.2f} ms")
    if not options.quick:
        draw(found, before)
        notes.append(f"picture: {PICTURE.relative_to(PICTURE.parents[2])}")


def draw(found: Mapping[str, Sequence[float]], before: int) -> None:
    """Draw the median and the slowest ask of each algorithm against the goal."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    names = list(found)[::-1]
    medians = [statistics.median(found[name]) for name in names]
    axes.barh(names, medians, color="#0072b2", label="median")
    slowest = [max(found[name]) for name in names]
    axes.plot(slowest, names, "o", color="#d55e00", label="slowest of all")
    axes.axvline(GOAL, color="#888888", linestyle="--", label=f"goal: {GOAL:g} ms")
    axes.set(xscale="log", xlabel=f"milliseconds of an ask after {before:,} trials")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    plugins = ("asha", "pbt", "genetic", "local-search", "repeat", "chain")
    main(
        "What does a suggestion cost after 10,000 trials?",
        measure,
        tuple(f"sherpa-{name}" for name in plugins),
        repeats=1,
    )
