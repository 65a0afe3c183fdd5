"""How many epochs do random search and early stopping need for the same accuracy?

A small network is trained on the digits data with five hyperparameters, as in the comparison of
the SHERPA manual: every algorithm gets the epochs of 100 models with 26 epochs each, 20 trials at
a time (simulated: an epoch takes one unit of time), checkpoints are real files. What is compared
is the accuracy on the 400 images that the algorithms choose by. The best of many noisy values
flatters whoever draws most of them, so the accuracy of the chosen model on 497 other images is told
as well.
"""

from __future__ import annotations

import heapq
import statistics
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from _common import Options, Row, main
from _training import Network, training_space

from sherpa_core import AlgorithmState, Study, Trial

EPOCHS = 26
WORKERS = 20
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "early-stopping.png"

Curve = list[tuple[int, float]]
Search = tuple[Curve, float]


def algorithms(models: int) -> dict[str, Any]:
    """Return what is compared; a finished model has 26 epochs, with halving 1 + 5 + 25."""
    halving = {"r": 1, "R": 25, "eta": 5, "max_finished_configs": models}
    size = max(models, 2)
    return {
        "random": {"name": "random"},
        "ASHA": {"name": "asha", **halving},
        "Hyperband": {"name": "hyperband", **halving},
        "BOHB": {"name": "bohb", **halving},
        "PBT": {"name": "pbt", "num_generations": EPOCHS, "population_size": size},
    }


def epochs_of(trial: Trial) -> int:
    """Return how many epochs a trial trains."""
    if "generation" in trial.parameters:
        return 1
    return int(trial.parameters.get("resource", EPOCHS))


def search(algorithm: Any, budget: int, seed: int, folder: Path) -> Search:
    """Return the best accuracy so far against the epochs spent, and the best model's on others."""
    study = Study(training_space(), algorithm, False, random_seed=seed, disable_dashboard=True)
    working: list[tuple[int, int]] = []  # when a trial ends, which one
    now = spent = 0
    best = 0.0, 0.0
    curve: Curve = []
    while True:
        while len(working) < WORKERS and spent < budget:
            trial = study.get_suggestion()
            if not isinstance(trial, Trial):
                if trial is AlgorithmState.DONE:
                    spent = budget
                break
            spent += epochs_of(trial)
            heapq.heappush(working, (now + epochs_of(trial), trial.id))
        if not working:
            return curve, best[1]
        now, id = heapq.heappop(working)
        trial = study.history.running[id]
        for chosen_by, unseen in train(trial, seed, folder):
            if chosen_by > best[0]:
                best = chosen_by, unseen
            study.add_observation(trial, chosen_by, trial.num_observations + 1)
        study.finalize(trial)
        curve.append((sum(map(epochs_of, study.history.ended)), best[0]))


def train(trial: Trial, seed: int, folder: Path) -> list[tuple[float, float]]:
    """Train a trial's network for its epochs, from its parent's checkpoint if it has one."""
    settings = trial.parameters
    model = settings.get("load_from", "")
    network = Network.load(folder / f"{model}.npz") if model else Network(1000 * seed + trial.id)
    accuracies = [network.train(settings) for _ in range(epochs_of(trial))]
    if "save_to" in settings:
        network.save(folder / f"{settings['save_to']}.npz")
    return accuracies


def reached(curves: Sequence[Curve], accuracy: float) -> float:
    """Return the epochs after which the curves' mean reached an accuracy, or infinity."""
    for spent in sorted({spent for curve in curves for spent, _ in curve}):
        if statistics.fmean(_at(curve, spent) for curve in curves) >= accuracy:
            return float(spent)
    return float("inf")


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    models, seeds = options.size(100, 3), options.size(5, 1)
    budget = models * EPOCHS
    searches: dict[str, list[Search]] = {name: [] for name in algorithms(models)}
    for seed in range(seeds):
        for name, algorithm in algorithms(models).items():
            with tempfile.TemporaryDirectory() as folder:
                searches[name].append(search(algorithm, budget, seed, Path(folder)))
    curves = {name: [curve for curve, _ in found] for name, found in searches.items()}
    final = [curve[-1][1] for curve in curves["random"]]
    target = statistics.fmean(final)
    for name, found in curves.items():
        accuracies = [curve[-1][1] for curve in found]
        spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
        third = statistics.fmean(_at(curve, budget / 3) for curve in found)
        notes.append(
            f"{name}: accuracy {statistics.fmean(accuracies):.4f} ± {spread:.4f} (mean and "
            f"standard deviation over {len(found)} seeds) after {budget:,} epochs, "
            f"{third:.4f} after a third; "
            f"{statistics.fmean(unseen for _, unseen in searches[name]):.4f} on other images"
        )
        if name == "random":
            continue
        yield Row(
            f"{name}: epochs to random search's final accuracy (means)",
            "",
            [reached(found, target)],
            "random, all epochs",
            [float(budget)],
            at_most=1 / 3 if name == "ASHA" else None,
        )
    notes.append(
        f"random search itself got there after {reached(curves['random'], target):,.0f} epochs"
    )
    if not options.quick:
        draw(curves, budget)
        notes.append(f"picture: {PICTURE.relative_to(PICTURE.parents[2])}")


def draw(curves: dict[str, list[Curve]], budget: int) -> None:
    """Draw mean and two standard deviations of the best accuracy against the epochs spent."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    grid = np.linspace(EPOCHS, budget, 200)
    for color, (name, found) in zip(
        ("#888888", "#0072b2", "#d55e00", "#cc79a7", "#009e73"), curves.items(), strict=True
    ):
        steps = np.array([[_at(curve, spent) for spent in grid] for curve in found])
        mean, spread = steps.mean(0), 2 * steps.std(0, ddof=1)
        axes.plot(grid, mean, color=color, label=name)
        axes.fill_between(grid, mean - spread, mean + spread, color=color, alpha=0.15, lw=0)
    axes.set(xlabel="epochs spent", ylabel="best accuracy so far", xlim=(0, budget))
    axes.set_ylim(0.92, 1.0)
    axes.legend(title=f"mean ± 2 standard deviations, {len(found)} seeds", loc="lower right")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)


def _at(curve: Curve, spent: float) -> float:
    place = bisect_right(curve, spent, key=itemgetter(0))
    return curve[place - 1][1] if place else 0.0


if __name__ == "__main__":
    main(
        "How many epochs do random search and early stopping need for the same accuracy?",
        measure,
        ("sherpa-asha", "sherpa-bohb", "sherpa-pbt", "sherpa-random", "numpy", "scikit-learn"),
        repeats=1,
    )
