"""Studies of a test: run with one call, with so many workers, until there are no trials."""

import math

import pytest

from sherpa_core import Continuous
from sherpa_testkit.problems import NETWORK, PIPELINE
from sherpa_testkit.studies import ask, go_on, go_wrong, study_of, tell

X = [Continuous("x", [0, 1])]


@pytest.mark.parametrize("workers", [1, 3])
def test_it_completes_as_many_trials_as_asked_for(workers):
    study = study_of(X)
    best = go_on(study, lambda values: values["x"], 5, workers)
    statuses = [trial.status for trial in study.history.trials.values()]
    assert statuses == ["COMPLETED"] * 5 + ["STOPPED"] * (workers - 1)
    assert best == min(trial.parameters["x"] for trial in study.history.ended[:5])


def test_trials_that_go_wrong():
    study = study_of(X)
    for fate in ("FAILED", "NaN", "-inf"):
        go_wrong(study, ask(study), fate)
    failed, nan, infinite = study.history.trials.values()
    assert (failed.status, failed.objectives) == ("FAILED", [])
    assert (nan.status, math.isnan(nan.objective)) == ("COMPLETED", True)
    assert (infinite.status, infinite.objective) == ("COMPLETED", -math.inf)


def test_a_trial_that_there_is_not():
    study = study_of(X, {"name": "random", "max_num_trials": 1})
    tell(study, ask(study), 1.0)
    with pytest.raises(AssertionError, match=r"there is no trial: the algorithm says .*DONE"):
        ask(study)


def test_the_best_of_the_problems():
    network = {"lr": 10**-2.5, "layers": 4, "units": 128, "batch": 64, "kind": "b"}
    assert NETWORK.objective(network) == pytest.approx(0)
    assert PIPELINE.objective({"model": "svm", "C": 10.0, "kernel": "rbf"}) == pytest.approx(0)
