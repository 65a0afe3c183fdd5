"""XGBoost: boosted trees on the breast cancer data; the median rule ends poor trainings early.

    python examples/train_xgboost.py

needs `pip install "sherpa-contrib[xgboost]" scikit-learn`. The callback reports after each round,
and two trainings run at a time, in processes of their own.
"""

import argparse

import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import sherpa_core as sherpa
from sherpa_contrib.xgboost import SherpaCallback
from sherpa_core.workers import ObjectiveTrial

ROUNDS = 60

parameters = [
    sherpa.Continuous("learning_rate", [0.01, 1.0], scale="log"),
    sherpa.Discrete("max_depth", [1, 8]),
    sherpa.Continuous("subsample", [0.4, 1.0]),
    sherpa.Continuous("reg_lambda", [0.01, 100.0], scale="log"),
]


def train(trial: ObjectiveTrial) -> None:
    """Train a model, and report its loss on held-out data after each round."""
    samples, labels = load_breast_cancer(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(samples, labels, random_state=0)
    options = {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1}
    xgboost.train(
        {**options, **trial.parameters},
        xgboost.DMatrix(train_x, train_y, nthread=1),
        ROUNDS,
        evals=[(xgboost.DMatrix(test_x, test_y, nthread=1), "validation")],
        verbose_eval=False,
        callbacks=[SherpaCallback(trial)],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=30)
    parser.add_argument("--output-dir", default="output_xgboost")
    options = parser.parse_args()
    best = sherpa.optimize(
        parameters,
        algorithm="random",
        lower_is_better=True,
        objective=train,
        stopping_rule={"name": "median", "min_iterations": 5, "min_trials": 3},
        max_num_trials=options.max_num_trials,
        max_concurrent=2,
        output_dir=options.output_dir,
        random_seed=1,
    )
    print("best:", best)
