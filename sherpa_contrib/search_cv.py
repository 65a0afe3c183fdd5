"""SherpaSearchCV: hyperparameter search as a scikit-learn estimator, with any SHERPA algorithm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import check_random_state

from sherpa_core import AlgorithmState, Choice, Study, Trial, UserError
from sherpa_core.errors import listed
from sherpa_core.minimizing import parameters_of
from sherpa_core.values import plain_json, whole_number

#: What an algorithm with a resource calls a trial's part of it in the trial's parameters.
_RESOURCE = "resource"
#: How scikit-learn begins to say that every fit of a batch failed.
_ALL_FAILED = "\nAll the "


class SherpaSearchCV(BaseSearchCV):
    """Searches an estimator's parameters with cross-validation.

    Behaves as scikit-learn's own searches do: `fit`, `predict`, `best_params_`, `best_score_`,
    `best_estimator_`, `cv_results_`; it may stand in a pipeline, and its estimator may be one.

    Algorithms with a resource (`asha`, `hyperband`) train promising candidates with more of it:
    more samples, or a larger value of a parameter such as `max_iter` or `n_estimators`. Each of
    their trials is trained from the beginning; `cv_results_["n_resources"]` says with how much,
    and the best is chosen among those that got the most.

    Args:
        estimator: what is tuned.
        parameters: the search space: a dict of names (`step__param` inside a pipeline), each with
            `(low, high)`, `(low, high, "log")` or a list of values, or a list of `Parameter`s.
            In a dict values may be anything, such as tuples and estimators; `study_` has them
            as text.
        algorithm: name, dict or object of a SHERPA algorithm.
        n_iter: number of trials; an algorithm may be done before.
        resource: what algorithms with a resource hand out: `"n_samples"`, or the name of a
            parameter of the estimator that takes whole numbers.
        max_resources: how much of it is all: for a parameter a whole number; samples are counted.
        batch_size: number of trials that are proposed before their scores are known. Default: as
            many as jobs run at once.
        scoring: as for `GridSearchCV`; with several metrics `refit` must name the objective.
        n_jobs: number of fits at a time, -1 for one on each core.
        refit: whether, and by which metric, the best candidate is fitted to all data.
        cv: the cross-validation, as for `GridSearchCV`.
        verbose: as for `GridSearchCV`.
        pre_dispatch: as for `GridSearchCV`.
        random_state: makes the search reproducible.
        error_score: the score of a fit that failed, or "raise".
        return_train_score: whether `cv_results_` has scores of the training data.

    Attributes:
        study_: the SHERPA study, with `results` and `plot`; not part of a pickle.
    """

    def __init__(
        self,
        estimator: Any,
        parameters: Mapping[str, Any] | Iterable[Any],
        algorithm: Any = "random",
        *,
        n_iter: int = 30,
        resource: str = "n_samples",
        max_resources: int | None = None,
        batch_size: int | None = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.parameters = parameters
        self.algorithm = algorithm
        self.n_iter = n_iter
        self.resource = resource
        self.max_resources = max_resources
        self.batch_size = batch_size
        self.random_state = random_state

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("study_", None)
        return state

    def fit(self, X: Any, y: Any = None, **params: Any) -> SherpaSearchCV:
        """Search, and fit the best candidate to all data.

        Args:
            X: the samples.
            y: the targets.
            **params: passed to the estimator's `fit`, the scorer and the splitter.

        Raises:
            UserError: the search space, the algorithm or the resource is not what it should be.
        """
        self._check_numbers()
        if self.resource != "n_samples" and self.max_resources is None:
            raise UserError(f"give max_resources, the largest {self.resource}")
        if self.resource != "n_samples" and self.resource not in self.estimator.get_params():
            raise UserError(f"the estimator has no parameter {self.resource!r}: see resource")
        space, self._objects = _as_text(self.parameters)
        parameters = parameters_of(space)
        if self.resource != "n_samples" and self.resource in {each.name for each in parameters}:
            raise UserError(f"{self.resource!r} is the resource: take it out of the parameters")
        seed = check_random_state(self.random_state).randint(2**31)
        self._subsamples = np.random.default_rng(seed)
        self.study_ = Study(
            parameters,
            self.algorithm,
            lower_is_better=False,
            random_seed=seed,
            disable_dashboard=True,
        )
        super().fit(X, y, **params)
        del self._subsamples, self._objects
        return self

    def _check_numbers(self) -> None:
        for name in ("n_iter", "max_resources", "batch_size"):
            value = getattr(self, name)
            if value is None and name != "n_iter":
                continue
            if whole_number(value, name) < 1:
                raise UserError(f"{name} must be at least 1, but is {value!r}")

    def _run_search(self, evaluate_candidates: Callable[..., Mapping[str, Any]]) -> None:
        """Ask the algorithm for trials and tell it their scores, until it is done."""
        known = 0
        failure: ValueError | None = None
        while batch := self._next_trials():
            for share, trials in _by_share(batch, self._share):
                candidates = [self._candidate(trial, share) for trial in trials]
                try:
                    results = self._evaluate(evaluate_candidates, candidates, share)
                except ValueError as error:  # a batch is small: others may still succeed
                    if not str(error).startswith(_ALL_FAILED):
                        raise
                    failure = error
                    for trial in trials:
                        self.study_.finalize(trial, "FAILED")
                    continue
                scores = results[f"mean_test_{self._objective(results)}"][known:]
                known += len(trials)
                for trial, score in zip(trials, scores, strict=True):
                    self._tell(trial, float(score))
        if failure is not None and not known:
            raise failure

    def _next_trials(self) -> list[Trial]:
        """Return as many trials as are evaluated at once; none when the search is over."""
        wanted = self.batch_size or effective_n_jobs(self.n_jobs)
        left = self.n_iter - len(self.study_.history.trials)
        trials: list[Trial] = []
        while len(trials) < min(wanted, left):
            answer = self.study_.get_suggestion()
            if isinstance(answer, AlgorithmState):
                break
            trials.append(answer)
        return trials

    def _tell(self, trial: Trial, score: float) -> None:
        self.study_.add_observation(trial, score)
        self.study_.finalize(trial, "FAILED" if math.isnan(score) else "COMPLETED")

    def _share(self, trial: Trial) -> float:
        """Return how much of the resource a trial gets, from 0 to 1."""
        whole = getattr(self.study_.engine.algorithm.plugin, "R", None)
        part = trial.parameters.get(_RESOURCE)
        return 1.0 if part is None or whole is None else float(part / whole)

    def _candidate(self, trial: Trial, share: float) -> dict[str, Any]:
        names = self.study_.history.space.by_name
        values = {name: each for name, each in trial.parameters.items() if name in names}
        for name in values.keys() & self._objects.keys():
            values[name] = self._objects[name][values[name]]
        if self.resource != "n_samples":
            values[self.resource] = max(1, round(share * (self.max_resources or 1)))
        return values

    def _evaluate(
        self,
        evaluate_candidates: Callable[..., Mapping[str, Any]],
        candidates: list[dict[str, Any]],
        share: float,
    ) -> Mapping[str, Any]:
        splitter = self._checked_cv_orig
        if self.resource == "n_samples" and share < 1:
            splitter = _Subsample(splitter, share, self._subsamples)
        more = {"n_resources": [share] * len(candidates)}
        if self.resource != "n_samples":
            more["n_resources"] = [each[self.resource] for each in candidates]
        return evaluate_candidates(candidates, cv=splitter, more_results=more)

    def _objective(self, results: Mapping[str, Any]) -> str:
        metrics = [name.removeprefix("mean_test_") for name in results if "mean_test_" in name]
        objective = "score" if metrics == ["score"] else self.refit
        if objective not in metrics:
            raise UserError(
                f"with several metrics refit names the objective, one of {listed(metrics)}, "
                f"but is {self.refit!r}"
            )
        return str(objective)

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: str, results: Mapping[str, Any]) -> int:
        """Return the best candidate among those that were trained with the most resources."""
        if callable(refit):
            return int(BaseSearchCV._select_best_index(refit, refit_metric, results))
        amounts = np.asarray(results["n_resources"])
        scores = np.where(amounts == amounts.max(), results[f"mean_test_{refit_metric}"], -math.inf)
        return int(np.nanargmax(scores)) if not np.isnan(scores).all() else 0


class _Subsample:
    """A splitter that keeps a share of each training set."""

    def __init__(self, splitter: Any, share: float, rng: np.random.Generator) -> None:
        self._splitter = splitter
        self._share = share
        self._rng = rng

    def split(self, X: Any, y: Any = None, **params: Any) -> Iterator[tuple[Any, Any]]:
        for train, test in self._splitter.split(X, y, **params):
            size = max(1, round(self._share * len(train)))
            yield np.sort(self._rng.choice(train, size, replace=False)), test


def _as_text(parameters: Any) -> tuple[Any, dict[str, dict[str, Any]]]:
    """Return a space with text in place of values that a study cannot keep, and those values."""
    if not isinstance(parameters, Mapping):
        return parameters, {}
    space, objects = dict(parameters), {}
    for name, meant in parameters.items():
        if isinstance(meant, list) and not all(map(_can_be_kept, meant)):
            texts = [each if isinstance(each, str) else repr(each) for each in meant]
            space[name] = Choice(name, texts)
            objects[name] = dict(zip(texts, meant, strict=True))
    return space, objects


def _can_be_kept(value: Any) -> bool:
    try:
        return bool(plain_json("value", value) == value)
    except (UserError, ValueError):  # not JSON, or an array
        return False


def _by_share(
    trials: list[Trial], share: Callable[[Trial], float]
) -> Iterator[tuple[float, list[Trial]]]:
    """Yield the trials that get the same share, the smallest share first."""
    shares = [share(trial) for trial in trials]
    for each in sorted(set(shares)):
        yield each, [trial for trial, own in zip(trials, shares, strict=True) if own == each]
