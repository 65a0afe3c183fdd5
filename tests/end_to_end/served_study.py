"""Runs or continues a study over HTTP: `python served_study.py FOLDER TRIALS ITERATIONS`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import sherpa_core as sherpa


def main() -> None:
    folder, trials, iterations = sys.argv[1:]
    logging.basicConfig(level=logging.DEBUG)
    sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": int(trials)},
        lower_is_better=True,
        command=[sys.executable, str(Path(__file__).with_name("served_trial.py")), iterations],
        output_dir=folder,
        max_concurrent=4,
        load=True,
        storage="http",
    )


if __name__ == "__main__":
    main()
