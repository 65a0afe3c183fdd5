"""A program in C: how much should it over-relax to solve Poisson's equation in few sweeps?

    python examples/c_program/tune.py

needs a C compiler (`cc`, or what the variable CC names). The program knows nothing of SHERPA: it
prints a line every ten sweeps, and a short function reports them. Theory says that 1.908 is best.
"""

import argparse
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import sherpa_core as sherpa
from sherpa_core.workers import ObjectiveTrial

SOURCE = Path(__file__).with_name("poisson.c")

parameters = [
    sherpa.Continuous("omega", [1.0, 2.0]),
    sherpa.Choice("order", ["rows", "checkers"]),
]


def build(folder: Path) -> Path:
    """Compile the program into a folder and return its path."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        raise SystemExit(f"there is no C compiler {compiler[0]!r}: install one, or name it in CC")
    folder.mkdir(parents=True, exist_ok=True)
    program = (folder / "poisson").absolute()
    subprocess.run([*compiler, "-O2", "-o", program, SOURCE, "-lm"], check=True)
    return program


def solve(trial: ObjectiveTrial, program: Path) -> None:
    """Run the program, and report each line that it prints."""
    words = [program, repr(trial.parameters["omega"]), trial.parameters["order"]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                sweep, change = line.split()
                trial.report(float(change), int(sweep))
        except sherpa.TrialStopped:
            process.kill()
            raise
    if process.returncode:
        raise RuntimeError(f"the program ended with exit code {process.returncode}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=40)
    parser.add_argument("--output-dir", type=Path, default="output_c_program")
    options = parser.parse_args()
    program = build(options.output_dir)
    best = sherpa.optimize(
        parameters,
        algorithm="random",
        lower_is_better=True,
        objective=lambda trial: solve(trial, program),
        stopping_rule={"name": "median", "min_iterations": 30, "min_trials": 3},
        max_num_trials=options.max_num_trials,
        max_concurrent=2,
        output_dir=options.output_dir,
        random_seed=1,
    )
    print("best:", best)
