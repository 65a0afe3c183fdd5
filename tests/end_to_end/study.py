"""Runs or continues a study: `python study.py FOLDER function|command MAX_CONCURRENT TRIALS`.

With `IMPATIENT` in the environment it waits for its storage for about a second only.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

import sherpa_core as sherpa
import sherpa_core.runner
from sherpa_core.errors import TrialStopped
from sherpa_core.optimization import Job, run
from sherpa_core.options import RunOptions

SEED = 11
ITERATIONS = 5
SPACE = [sherpa.Continuous("x", [0, 1]), sherpa.Choice("kind", ["a", "b"])]


def say(folder: str, *words: object) -> None:
    """Append a line to the diary, in one piece."""
    diary = os.open(os.path.join(folder, "diary"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(diary, f"{' '.join(map(str, words))}\n".encode())
    os.close(diary)


def train(folder: str, trial: Any, report: Any) -> None:
    """Train, and write into the diary what was acknowledged."""
    say(folder, "began", trial.id, trial.attempt, os.getpid(), os.getppid())
    x = trial.parameters["x"]
    for iteration in range(1, ITERATIONS + 1):
        time.sleep(0.02)  # training takes its time
        objective = (x - 0.3) ** 2 + (trial.parameters["kind"] == "b") + 1 / iteration
        sent = ("sent", trial.id, trial.attempt, iteration, repr(objective))
        try:
            report(objective, iteration)
        except TrialStopped:
            say(folder, *sent)
            raise
        say(folder, *sent)


def objective(trial: Any) -> None:
    train(trial.output_dir, trial, trial.report)


def main() -> None:
    folder, kind, max_concurrent, trials = sys.argv[1:]
    Path(folder).mkdir(exist_ok=True)
    logging.basicConfig(level=logging.WARNING)
    impatient = "IMPATIENT" in os.environ
    if impatient:
        sherpa_core.runner._OUTAGE = 0.5
    study = sherpa.Study(
        SPACE,
        {"name": "random", "max_num_trials": int(trials)},
        stopping_rule={"name": "median", "min_iterations": 2, "min_trials": 2},
        output_dir=folder,
        storage=f"sqlite://{folder}/study.db?timeout={0.5 if impatient else 60}",
        random_seed=SEED,
        name="study",
        resume=True,
        disable_dashboard=True,
    )
    if kind == "function":
        job = Job(study.history.space, objective=objective)
    else:
        job = Job(study.history.space, filename=str(Path(__file__).with_name("trial.py")))
    run(study, job, RunOptions(int(max_concurrent), max_attempts=10_000))
    study.save()


if __name__ == "__main__":
    main()
