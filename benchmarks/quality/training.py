"""Real training tasks on the data sets that scikit-learn ships: cross-validated losses.

Every call of the same configuration gives the same value.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np


def digits_svc(given: Mapping[str, Any]) -> float:
    """Share of 400 digits that a support vector machine gets wrong."""
    from sklearn.svm import SVC

    images, numbers = _digits()
    return 1 - _score(SVC(C=given["C"], gamma=given["gamma"]), images, numbers, "accuracy")


def diabetes_mlp(given: Mapping[str, Any]) -> float:
    """Mean squared error of a network, relative to that of the mean; at most 3."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.datasets import load_diabetes
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, target = load_diabetes(return_X_y=True)
    network = MLPRegressor(
        hidden_layer_sizes=[given["units"]] * given["layers"],
        activation=given["activation"],
        alpha=given["alpha"],
        learning_rate_init=given["rate"],
        max_iter=30,
        random_state=0,
    )
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), network), transformer=StandardScaler()
    )
    return min(-_score(model, inputs, target, "neg_mean_squared_error") / target.var(), 3.0)


def cancer_boosting(given: Mapping[str, Any]) -> float:
    """Logarithmic loss of boosted trees on the breast cancer data; at most 3."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import GradientBoostingClassifier

    model = GradientBoostingClassifier(
        learning_rate=given["rate"],
        n_estimators=given["trees"],
        max_depth=given["depth"],
        subsample=given["subsample"],
        max_features=given["features"],
        random_state=0,
    )
    return min(-_score(model, *load_breast_cancer(return_X_y=True), "neg_log_loss"), 3.0)


def pipeline(given: Mapping[str, Any]) -> float:
    """Share of 400 digits that a pipeline gets wrong: a scaling, and one of three models."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer, StandardScaler
    from sklearn.svm import SVC

    if given["model"] == "svc":
        model: Any = SVC(C=given["C"], gamma=given["gamma"])
    elif given["model"] == "forest":
        model = RandomForestClassifier(given["trees"], max_depth=given["depth"], random_state=0)
    else:
        model = KNeighborsClassifier(given["neighbours"], weights=given["weights"])
    scaling = {
        "none": None,
        "standard": StandardScaler(),
        "quantile": QuantileTransformer(n_quantiles=50, random_state=0),
    }[given["scaling"]]
    return 1 - _score(make_pipeline(scaling, model), *_digits(), "accuracy")


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    images, numbers = load_digits(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(numbers))[:400]
    return images[chosen], numbers[chosen]


def _score(model: Any, inputs: np.ndarray, target: np.ndarray, scoring: str) -> float:
    from sklearn.model_selection import KFold, cross_val_score

    folds = KFold(3, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # networks that did not converge, rates that overflow
        scores = cross_val_score(model, inputs, target, cv=folds, scoring=scoring, error_score=-9e9)
    return float(np.mean(scores))
