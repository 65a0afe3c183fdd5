"""Rules that end trials: the contract, and exactly when they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sherpa_core import Continuous, StoppingRule, Study, Trial
from sherpa_median import MedianStoppingRule
from sherpa_stopping import PatienceRule, PercentileRule, ThresholdRule
from sherpa_testkit import StoppingRuleContract

NAN = float("nan")


class TestPercentileContract(StoppingRuleContract):
    def make_stopping_rule(self) -> StoppingRule:
        return PercentileRule()


class TestPatienceContract(StoppingRuleContract):
    def make_stopping_rule(self) -> StoppingRule:
        return PatienceRule(patience=2)


class TestThresholdContract(StoppingRuleContract):
    direction_symmetric = False  # its bounds do not turn with the direction

    def make_stopping_rule(self) -> StoppingRule:
        return ThresholdRule(upper=0.5)


def study_of(rule: Any, lower_is_better: bool = True) -> Study:
    return Study([Continuous("x", [0, 1])], "random", lower_is_better, rule, disable_dashboard=True)


def next_trial(study: Study) -> Trial:
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    return trial


def stops_after(rule: Any, curve: Sequence[float], lower_is_better: bool = True) -> int | None:
    """The number of observations after which the rule stops a trial, None if it does not."""
    study = study_of(rule, lower_is_better)
    trial = next_trial(study)
    for number, objective in enumerate(curve, 1):
        study.add_observation(trial, objective, number)
        if study.should_trial_stop(trial):
            return number
    return None


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_only_the_best_percent_go_on(lower_is_better: bool) -> None:
    sign = 1 if lower_is_better else -1
    study = study_of(PercentileRule(percentile=20), lower_is_better)
    for value in range(11):
        trial = next_trial(study)
        study.add_observation(trial, sign * value)
        study.finalize(trial, "COMPLETED")
    told = []
    for value in (0.0, 1.9, 2.1, 5.0):
        trial = next_trial(study)
        study.add_observation(trial, sign * value)
        told.append(study.should_trial_stop(trial))
        study.finalize(trial, "FAILED")  # does not take part in the next comparison
    assert told == [False, False, True, True]


def test_half_is_the_median_rule() -> None:
    told = []
    for rule in (PercentileRule(percentile=50), MedianStoppingRule()):
        study = study_of(rule)
        said = []
        for value in (3, 1, 2, 5, 4, 2, 0, 7):
            trial = next_trial(study)
            study.add_observation(trial, value)
            said.append(study.should_trial_stop(trial))
            study.finalize(trial, "COMPLETED")
        told.append(said)
    assert told[0] == told[1]
    assert any(told[0])


def test_patience_counts_iterations_without_improvement() -> None:
    assert stops_after(PatienceRule(3), [5, 4, 3, 3, 3, 3, 1]) == 6
    assert stops_after(PatienceRule(3), [5, 4, 3, 2, 1]) is None
    assert stops_after(PatienceRule(2), [1, 2, 3, 3, 3], lower_is_better=False) == 5
    assert stops_after(PatienceRule(2), [NAN, NAN, NAN]) == 3
    assert stops_after(PatienceRule(2, min_improvement=0.5), [1.0, 0.9, 0.8]) == 3


def test_the_threshold_ends_what_leaves_the_bounds() -> None:
    assert stops_after(ThresholdRule(upper=10), [1, 9, 11]) == 3
    assert stops_after(ThresholdRule(lower=0), [1, -1]) == 2
    assert stops_after(ThresholdRule(lower=0, upper=1), [0, 1, 0.5]) is None
    assert stops_after(ThresholdRule(upper=10), [1, NAN]) == 2
    assert stops_after(ThresholdRule(upper=1, min_iterations=3), [5, 5, 5]) == 3


@pytest.mark.parametrize(
    ("rule", "options", "value"),
    [
        (PercentileRule, {"percentile": 0}, "0"),
        (PercentileRule, {"percentile": 100}, "100"),
        (PatienceRule, {"patience": 0}, "0"),
        (ThresholdRule, {}, "bound"),
        (ThresholdRule, {"upper": NAN}, "nan"),
        (ThresholdRule, {"lower": 2, "upper": 1}, "2.0"),
    ],
)
def test_wrong_options_are_refused(rule: Any, options: dict[str, Any], value: str) -> None:
    with pytest.raises(ValueError, match=value):
        rule(**options)
