"""Compares a study's best configuration with scikit-learn's defaults: python compare.py FOLDER."""

import argparse

from model import error, make_model
from sklearn.svm import SVC

from sherpa_core import Study

FRESH = 1  # the seed of folds that no trial has seen

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the study's output folder")
    folder = parser.parse_args().folder
    history = Study.load(folder, disable_dashboard=True).history
    best = history.best
    if best is None:
        raise SystemExit(f"no trial in {folder} has an objective yet")

    print(f"\nBest of {len(history.trials)} configurations (trial {best.id})\n")
    for name, value in best.parameters.items():
        print(f"  {name:<12}{value:.4g}" if isinstance(value, float) else f"  {name:<12}{value}")

    models = {"scikit-learn's defaults": SVC, "best found": lambda: make_model(**best.parameters)}
    print("\n  misread digits            the study's folds    folds never seen before")
    for title, make in models.items():
        known, fresh = error(make), error(make, seed=FRESH)
        print(f"  {title:<26}{known:>15.2f} %{fresh:>24.2f} %")
        if make is SVC:
            default = fresh
    change = 100 * (fresh - default) / default
    word = "fewer" if change < 0 else "more"
    print(f"\n  On new folds it misreads {abs(change):.0f} % {word} digits than the defaults.")
