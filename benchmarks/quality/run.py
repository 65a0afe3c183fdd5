"""Run methods on problems, and keep the curves; what is there already is not run again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import curves
import numpy as np
from methods import METHODS, ROOT, WAYS, Peer
from others import OTHERS
from problems import PROBLEMS, active
from threadpoolctl import threadpool_limits

RESULTS = ROOT / "benchmarks" / "results" / "quality"
Key = tuple[str, str, int, int]
_open: dict[str, Peer] = {}


def run(key: Key, trials: int) -> curves.Run:
    """Run one method on one problem."""
    method, name, batch, seed = key
    problem = (PROBLEMS | OTHERS)[name]
    noise = np.random.default_rng([seed, len(name)])
    if method not in _open:  # importing a library takes seconds: its process serves many runs
        while _open:
            _open.popitem()[1].close()
        _open[method] = Peer((METHODS | WAYS)[method])
    ask = _open[method]
    seconds, seen, true = 0.0, [], []
    try:
        started = ask("start", {"space": problem.space, "seed": seed, "trials": trials})
        while len(true) < trials:
            answer = ask("ask", min(batch, trials - len(true)))
            values = [
                problem.function(active(problem.space, each)) for each in answer["configurations"]
            ]
            true += values
            seen += [value + problem.noise * noise.standard_normal() for value in values]
            seconds += answer["seconds"] + ask("tell", seen[-len(values) :])["seconds"]
    except RuntimeError:
        _open.pop(method).close()
        raise
    return curves.Run(
        method, name, batch, seed, trials, round(seconds, 2), started["versions"],
        curves.changes(seen, true),
    )  # fmt: skip


def missing(keys: Iterable[Key], trials: int, folder: Path) -> list[Key]:
    """Return those that are not kept yet with so many trials."""
    wanted = list(keys)
    kept = curves.read(folder, {key[0] for key in wanted})
    return [key for key in wanted if key not in kept or kept[key].trials < trials]


def run_all(keys: Sequence[Key], trials: int, folder: Path, jobs: int) -> int:
    """Run and keep them, show progress, and return how many failed."""
    folder.mkdir(parents=True, exist_ok=True)
    todo = missing(keys, trials, folder)
    print(f"{len(keys) - len(todo)} runs are there, {len(todo)} to do", flush=True)
    failed, begun = 0, time.monotonic()
    with ProcessPoolExecutor(jobs, initializer=threadpool_limits, initargs=(1,)) as pool:
        running = {pool.submit(run, key, trials): key for key in todo}
        for number, done in enumerate(as_completed(running), 1):
            method, problem, batch, seed = running[done]
            minutes = (time.monotonic() - begun) / 60
            line = f"{number}/{len(todo)} {minutes:.1f} min: {method} on {problem}, seed {seed}"
            try:
                found = done.result()
            except (RuntimeError, FileNotFoundError) as error:
                failed += 1
                print(f"{line}: failed: {error}", flush=True)
                continue
            curves.write(found, folder)
            print(
                f"{line}, {batch} at a time: {found.at(trials):.6g} in {found.seconds:.1f} s",
                flush=True,
            )
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    parser.add_argument("--problems", nargs="+", default=list(PROBLEMS), choices=PROBLEMS)
    parser.add_argument("--seeds", nargs=2, type=int, default=[0, 10], metavar=("FIRST", "END"))
    parser.add_argument("--trials", type=int, default=100, help="of each run")
    parser.add_argument("--batch", type=int, default=1, help="trials at a time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--folder", type=Path, default=RESULTS, help="where the runs are kept")
    given = parser.parse_args()
    keys = [
        (method, problem, given.batch, seed)
        for seed in range(*given.seeds)
        for method in given.methods
        for problem in given.problems
    ]
    sys.exit(1 if run_all(keys, given.trials, given.folder, given.jobs) else 0)


if __name__ == "__main__":
    main()
