"""Stopping rules: for trials percentile, patience, threshold; for studies three more."""

from sherpa_stopping.study_rules import NoImprovement, TargetReached, TimeLimit
from sherpa_stopping.trial_rules import PatienceRule, PercentileRule, ThresholdRule

__all__ = [
    "NoImprovement",
    "PatienceRule",
    "PercentileRule",
    "TargetReached",
    "ThresholdRule",
    "TimeLimit",
]
