"""How many trials a second does the runner get through, and what does a trial process cost?"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import optuna
from _common import Options, Row, interleaved, main, space, suggest_with_optuna

from sherpa_core import Study, optimize

WORKERS = 2
SCRIPT = """
import time
began = time.time()
from sherpa_core import Client
client = Client()
trial = client.get_trial()
client.send_metrics(trial, 1, 0.5, {"began": began})
"""
#: Where the runner's time goes: a part, and what names its functions.
PARTS = {
    "waiting for the workers": ("select.poll", "select.epoll", "posix.waitpid"),
    "pipes to the workers": ("multiprocessing", "posix.read", "posix.write", "_pickle"),
    "the ask's thread": ("_thread", "threading", "concurrent"),
    "SQLite": ("sqlite", "flock", "time.sleep", "posix.stat"),
    "JSON": ("events.py", "json", "_json"),
    "the final save": ("pandas", "saving.py", "results.py", "numpy"),
    "plugins and pluggy": ("pluggy", "sherpa_random"),
}


def nothing(trial: Any) -> float:
    """An objective that costs nothing."""
    return 0.5


def run(trials: int) -> float:
    """Return trials per second of `optimize` with a function."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        optimize(
            space(), "random", True, objective=nothing, max_concurrent=WORKERS, verbose=0,
            max_num_trials=trials, output_dir=folder, random_seed=1, disable_dashboard=True,
        )  # fmt: skip
        return trials / (time.perf_counter() - start)


def run_optuna(trials: int) -> float:
    """The same with Optuna, its SQLite storage and as many threads."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: optuna.Trial) -> float:
        suggest_with_optuna(trial)
        return 0.5

    with tempfile.TemporaryDirectory() as folder:
        study = optuna.create_study(
            storage=f"sqlite:///{folder}/study.db", sampler=optuna.samplers.RandomSampler(1)
        )
        start = time.perf_counter()
        study.optimize(objective, n_trials=trials, n_jobs=WORKERS)
        return trials / (time.perf_counter() - start)


def run_pool(trials: int) -> float:
    """Calls a second of a bare process pool: no storage, no algorithm."""
    with ProcessPoolExecutor(WORKERS) as pool:
        start = time.perf_counter()
        list(pool.map(nothing, range(trials)))
        return trials / (time.perf_counter() - start)


def where_the_time_goes(trials: int) -> list[str]:
    """Return lines of a part of the runner and its share of the time."""
    profile = cProfile.Profile()
    profile.runcall(run, trials)
    times: Counter[str] = Counter()
    found: Any = pstats.Stats(profile)
    for (file, _, function), (_, _, own, _, _) in found.stats.items():
        name = f"{file} {function}"
        part = next(
            (part for part, words in PARTS.items() if any(word in name for word in words)),
            "the runner and the rest of the core" if "sherpa_core" in name else "the rest",
        )
        times[part] += own
    total = sum(times.values())
    return [f"  {share / total:4.0%}  {part}" for part, share in times.most_common()]


def start_of_trials(trials: int, script: Path) -> tuple[float, float]:
    """Return the milliseconds from a trial's event to its script's first line, and a turn's."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        optimize(
            space(), "random", True, filename=str(script), verbose=0, max_num_trials=trials,
            output_dir=folder, random_seed=1, disable_dashboard=True,
        )  # fmt: skip
        turn = (time.perf_counter() - start) / trials * 1e3
        study = Study.load(folder, disable_dashboard=True)
        waits = [
            trial.observations[0].context["began"] - trial.started
            for trial in study.history.trials.values()
        ]
        study.close()
    return statistics.median(waits) * 1e3, turn


def start_of_python(times: int) -> float:
    """Return the milliseconds from starting Python to a script's first line."""
    waits = []
    for _ in range(times):
        start = time.time()
        command = [sys.executable, "-c", "import time; print(time.time())"]
        began = float(subprocess.run(command, capture_output=True, check=True).stdout)
        waits.append(began - start)
    return statistics.median(waits) * 1e3


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    trials = options.size(1_000, 6)
    ours, theirs, bound = interleaved(
        min(options.repeats, 3),
        lambda: run(trials),
        lambda: run_optuna(max(2, trials // 10)),
        lambda: run_pool(trials),
        warm_up=False,
    )
    what = f"{trials:,} trials of a function, {WORKERS} workers"
    yield Row(what, "trials/s", ours, "Optuna SQLite, threads", theirs)
    yield Row(what, "trials/s", ours, "bare process pool", bound)

    few = options.size(10, 2)
    costs, turns, plain = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "trial.py"
        script.write_text(SCRIPT, "utf-8")
        for _ in range(options.repeats):
            alone = start_of_python(few)
            wait, turn = start_of_trials(few, script)
            costs.append(wait - alone)
            turns.append(turn)
            plain.append(alone)
    yield Row("starting a trial process, beyond plain Python", "ms", costs, at_most=60)
    yield Row("a whole trial with Client, one at a time", "ms", turns, "starting Python", plain)
    notes.append(f"Where the runner's own time goes ({trials:,} trials of a function, profiled):")
    notes.extend(where_the_time_goes(trials))


if __name__ == "__main__":
    main("The runner", measure, ("optuna", "sherpa-local", "sherpa-sqlite"), 5)
