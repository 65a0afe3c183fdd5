"""An objective function that reports as it goes: SHERPA runs it in two processes at a time."""

import argparse

import sherpa_core as sherpa
from sherpa_core.workers import ObjectiveTrial


def descend(trial: ObjectiveTrial) -> None:
    """Minimize Rosenbrock's function by gradient descent, with the trial's step and momentum."""
    step, momentum = trial.parameters["step"], trial.parameters["momentum"]
    x, y, dx, dy = -1.0, 1.0, 0.0, 0.0
    for iteration in range(1, 11):
        for _ in range(100):
            slope_x = -2 * (1 - x) - 400 * x * (y - x * x)
            slope_y = 200 * (y - x * x)
            dx, dy = momentum * dx - step * slope_x, momentum * dy - step * slope_y
            x, y = max(-9.0, min(9.0, x + dx)), max(-9.0, min(9.0, y + dy))
        # Ends the function here when the stopping rule has seen enough.
        trial.report((1 - x) ** 2 + 100 * (y - x * x) ** 2, iteration)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=40)
    parser.add_argument("--output-dir", default="output_function")
    options = parser.parse_args()
    best = sherpa.optimize(
        [
            sherpa.Continuous("step", [1e-6, 1e-1], scale="log"),
            sherpa.Continuous("momentum", [0.0, 0.99]),
        ],
        algorithm={"name": "random"},
        lower_is_better=True,
        objective=descend,
        stopping_rule={"name": "median", "min_iterations": 2, "min_trials": 3},
        max_num_trials=options.max_num_trials,
        max_concurrent=2,
        output_dir=options.output_dir,
        load=True,  # go on where an interrupted run was
        random_seed=1,
    )
    print("best:", best)
