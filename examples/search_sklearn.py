"""scikit-learn: a pipeline tuned with cross-validation, as by GridSearchCV but with ASHA.

    python examples/search_sklearn.py

needs `pip install "sherpa-contrib[sklearn]" sherpa-asha`. Most candidates are trained with a ninth
of the samples, promising ones with a third, and the best of them with all.
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sherpa_contrib.search_cv import SherpaSearchCV

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-num-trials", type=int, default=40)
    options = parser.parse_args()

    images, digits = load_digits(return_X_y=True)
    train_images, test_images, train_digits, test_digits = train_test_split(
        images, digits, random_state=0
    )
    search = SherpaSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": (0.01, 1000.0, "log"), "svc__gamma": (1e-5, 1.0, "log")},
        algorithm={"name": "asha", "r": 1, "R": 9},
        n_iter=options.max_num_trials,
        cv=3,
        random_state=1,
    )
    search.fit(train_images, train_digits)
    print(f"{len(search.cv_results_['params'])} trials, accuracy of the best in cross-validation:")
    print(f"{search.best_score_:.3f}; on digits that it has never seen:")
    print(f"{search.score(test_images, test_digits):.3f}")
    print("best:", {**search.best_params_, "Objective": float(search.best_score_)})
