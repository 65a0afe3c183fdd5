"""Stopping rules: for trials percentile, patience, threshold; for studies four more."""

from sherpa_stopping.study_rules import FailureLimit, NoImprovement, TargetReached, TimeLimit
from sherpa_stopping.trial_rules import PatienceRule, PercentileRule, ThresholdRule

__all__ = [
    "FailureLimit",
    "NoImprovement",
    "PatienceRule",
    "PercentileRule",
    "TargetReached",
    "ThresholdRule",
    "TimeLimit",
]
