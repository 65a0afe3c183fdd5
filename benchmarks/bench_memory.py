"""How much memory does a trial need, and how fast is the results table?"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import optuna
from _common import Options, Row, interleaved, main, space, suggest_with_optuna

from sherpa_core import Study


def sherpa(trials: int) -> Study:
    """Return a study in memory whose trials have one observation each."""
    study = Study(space(), "random", random_seed=1, disable_dashboard=True)
    for _ in range(trials):
        trial = study.get_suggestion()
        study.add_observation(trial, (trial.id * 7919 % 101) / 100)
        study.finalize(trial)
    return study


def with_optuna(trials: int) -> optuna.Study:
    """Return the same in Optuna."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(1))
    for _ in range(trials):
        trial = study.ask()
        suggest_with_optuna(trial)
        study.tell(trial, (trial.number * 7919 % 101) / 100)
    return study


def allocated(make: Callable[[int], Any], trials: int) -> float:
    """Return the bytes per trial that what `make` returns holds."""
    make(10)  # what is allocated once is not the trials'
    gc.collect()
    tracemalloc.start()
    made = make(trials)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del made
    return held / trials


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trials = options.size(20_000, 50)
    (held,) = interleaved(1, lambda: allocated(sherpa, trials), warm_up=False)
    (peer,) = interleaved(1, lambda: allocated(with_optuna, trials // 4), warm_up=False)
    yield Row(f"{trials:,} trials, log and history, a trial", "B", held, at_most=2_000)
    yield Row("the same beside Optuna", "B", held, "Optuna", peer)

    rows = options.size(100_000, 100)
    first, second = [], []
    for _ in range(min(options.repeats, 3)):
        study = sherpa(rows // 2)
        start = time.perf_counter()
        frame = study.results
        first.append(time.perf_counter() - start)
        start = time.perf_counter()
        again = study.results
        second.append(time.perf_counter() - start)
        assert len(frame) == len(again) == rows
        del frame, again
    yield Row(f"results of {rows:,} rows", "s", first, at_most=2)
    yield Row("results again, nothing new", "s", second, "first time", first, at_most=0.01)
    notes.append(
        "Memory is what Python's allocator hands out and is still held (tracemalloc), without any "
        "data frame."
    )


if __name__ == "__main__":
    main("Memory and the results table", measure)
