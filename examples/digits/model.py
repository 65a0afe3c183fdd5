"""The model that is tuned, and how well it reads digits."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

#: Percent of the training data; each is one iteration of a trial.
SHARES = (10, 20, 40, 70, 100)


def make_model(kernel: str, C: float, gamma: float, components: int, degree: int = 3) -> Any:
    """Return an untrained model; `degree` matters to the polynomial kernel only."""
    return make_pipeline(
        PCA(components, random_state=0), SVC(kernel=kernel, C=C, gamma=gamma, degree=degree)
    )


def error(make: Callable[[], Any], share: int = 100, seed: int = 0, repeats: int = 4) -> float:
    """Return the percentage of digits that a model misreads, cross-validated.

    Args:
        make: returns an untrained model.
        share: percent of each training set that is used.
        seed: which folds.
        repeats: number of times that all digits are read, in five new folds each time.
    """
    images, digits = load_digits(return_X_y=True)
    images = images / 16
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=seed)
    wrong = total = 0
    with threadpool_limits(1):  # trials share the machine: one thread each
        for train, test in folds.split(images, digits):
            train = np.random.default_rng(0).permutation(train)[: len(train) * share // 100]
            model = make().fit(images[train], digits[train])
            wrong += np.count_nonzero(model.predict(images[test]) != digits[test])
            total += len(test)
    return 100 * float(wrong) / total
