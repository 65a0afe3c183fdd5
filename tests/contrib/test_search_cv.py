"""SherpaSearchCV: a scikit-learn search like any other."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.utils.estimator_checks import check_estimator

from sherpa_contrib.search_cv import SherpaSearchCV
from sherpa_core import UserError

C = {"C": (1e-3, 1e3, "log")}


@pytest.fixture(scope="module")
def digits() -> Any:
    images, labels = load_digits(return_X_y=True)
    return images[:400] / 16, labels[:400]


@pytest.mark.parametrize(
    "search",
    [
        SherpaSearchCV(SVR(), C, n_iter=2, cv=2),
        SherpaSearchCV(SVC(), C, {"name": "asha", "R": 3}, n_iter=3, cv=2, random_state=1),
    ],
    ids=["SVR", "SVC"],
)
def test_it_is_an_estimator(search: SherpaSearchCV) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # the checks look for some
        checks = check_estimator(search, on_fail=None)

    wrong = [each["check_name"] for each in checks if each["status"] in ("failed", "xfail")]
    assert wrong == []
    assert sum(each["status"] == "passed" for each in checks) > 40


def test_a_pipeline_is_tuned_by_its_steps_names(digits: Any) -> None:
    search = SherpaSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": (0.1, 100.0, "log"), "svc__kernel": ["rbf", "linear"]},
        n_iter=6,
        cv=3,
        random_state=0,
    ).fit(*digits)

    assert search.best_score_ == max(search.cv_results_["mean_test_score"])
    assert set(search.best_params_) == {"svc__C", "svc__kernel"}
    assert search.best_params_["svc__C"] == search.best_estimator_["svc"].C
    assert search.score(*digits) > 0.95
    assert len(search.cv_results_["params"]) == len(search.study_.history.ended) == 6
    best = search.study_.get_best_result()
    assert best["Objective"] == search.best_score_


def test_the_seed_decides_whatever_the_number_of_jobs(digits: Any) -> None:
    def fitted(jobs: int) -> SherpaSearchCV:
        search = SherpaSearchCV(SVC(), C, n_iter=4, cv=3, random_state=7, batch_size=2, n_jobs=jobs)
        return search.fit(*digits)

    one, two = fitted(1), fitted(2)

    assert one.cv_results_["params"] == two.cv_results_["params"]
    assert list(one.cv_results_["mean_test_score"]) == list(two.cv_results_["mean_test_score"])


def test_halving_by_samples_trains_most_candidates_with_few(digits: Any) -> None:
    search = SherpaSearchCV(
        SVC(), C, {"name": "asha", "r": 1, "R": 9}, n_iter=20, cv=3, random_state=2
    ).fit(*digits)

    shares = list(search.cv_results_["n_resources"])
    assert shares.count(1 / 9) > shares.count(1 / 3) > shares.count(1.0) > 0
    assert shares[search.best_index_] == 1.0
    splits = StratifiedKFold(3)
    again = cross_val_score(SVC(**search.best_params_), *digits, cv=splits).mean()
    assert again == pytest.approx(search.best_score_)


def test_halving_by_a_parameter_gives_it_more_and_more() -> None:
    data = load_breast_cancer(return_X_y=True)
    search = SherpaSearchCV(
        GradientBoostingClassifier(random_state=0),
        {"learning_rate": (0.01, 1.0, "log"), "max_depth": (1, 4)},
        {"name": "hyperband", "r": 1, "R": 4, "eta": 2},
        resource="n_estimators",
        max_resources=20,
        n_iter=12,
        cv=3,
        random_state=0,
    ).fit(*data)

    assert set(search.cv_results_["n_resources"]) == {5, 10, 20}
    assert search.best_params_["n_estimators"] == search.best_estimator_.n_estimators == 20


def test_several_metrics_and_the_one_that_decides(digits: Any) -> None:
    search = SherpaSearchCV(
        SVC(), C, n_iter=5, cv=3, scoring=["accuracy", "f1_macro"], refit="f1_macro", random_state=1
    ).fit(*digits)

    assert search.best_score_ == max(search.cv_results_["mean_test_f1_macro"])
    assert {"mean_test_accuracy", "rank_test_f1_macro"} <= set(search.cv_results_)


def test_values_may_be_anything_that_the_estimator_takes(digits: Any) -> None:
    scalers = ["passthrough", StandardScaler(), MinMaxScaler((0, 2))]
    weights = [None, {0: 1, 1: 3}]
    search = SherpaSearchCV(
        Pipeline([("scale", StandardScaler()), ("svc", SVC())]),
        {"scale": scalers, "svc__class_weight": weights, "svc__C": np.array([0.1, 1.0, 10.0])},
        n_iter=12,
        cv=2,
        random_state=0,
        return_train_score=True,
    ).fit(*digits)

    tried = search.cv_results_["params"]
    assert all(any(each["scale"] is one for one in scalers) for each in tried)
    assert {type(each["scale"]) for each in tried} == {str, StandardScaler, MinMaxScaler}
    assert {0: 1, 1: 3} in [each["svc__class_weight"] for each in tried]
    assert "MinMaxScaler(feature_range=(0, 2))" in set(search.study_.results["scale"])


def test_a_fit_that_fails_is_a_trial_that_failed(digits: Any) -> None:
    search = SherpaSearchCV(
        SVC(), {"kernel": ["rbf", "nonsense"]}, "grid", n_iter=9, cv=3, random_state=1
    )

    search.fit(*digits)

    assert search.best_params_ == {"kernel": "rbf"}
    assert sorted(str(trial.status) for trial in search.study_.history.ended) == [
        "COMPLETED",
        "FAILED",
    ]


def test_that_every_fit_fails_is_an_error(digits: Any) -> None:
    search = SherpaSearchCV(SVC(), {"kernel": ["nonsense"]}, n_iter=2, cv=3)

    with pytest.raises(ValueError, match="All the 3 fits failed"):
        search.fit(*digits)


def test_a_fitted_search_can_be_pickled(digits: Any) -> None:
    images, labels = digits
    search = SherpaSearchCV(SVC(), C, n_iter=2, cv=3, random_state=1).fit(images, labels)

    copy = pickle.loads(pickle.dumps(search))  # noqa: S301 - its own, from a moment ago

    assert np.array_equal(copy.predict(images), search.predict(images))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_iter": 0}, "n_iter must be at least 1"),
        ({"n_iter": None}, "n_iter must be a whole number"),
        ({"batch_size": -1}, "batch_size must be at least 1"),
        ({"resource": "max_iter", "max_resources": 0.5}, "max_resources must be a whole number"),
        (
            {"parameters": {"max_iter": (1, 9)}, "resource": "max_iter", "max_resources": 9},
            "'max_iter' is the resource: take it out of the parameters",
        ),
        ({"scoring": ["accuracy", "f1_macro"], "refit": False}, "refit names the objective"),
        ({"parameters": None}, "the space must be a dict or a list"),
        ({"resource": "max_iter"}, "give max_resources, the largest max_iter"),
        ({"resource": "epochs", "max_resources": 9}, "the estimator has no parameter 'epochs'"),
        ({"algorithm": {"name": "asha", "r": 9, "R": 3}}, "r must be at most R"),
        ({"parameters": {"C": "wide"}}, "C: a parameter is"),
    ],
)
def test_wrong_options_are_named(digits: Any, options: dict[str, Any], message: str) -> None:
    search = SherpaSearchCV(SVC(), **{"parameters": C, **options})

    with pytest.raises(UserError, match=message):
        search.fit(*digits)
