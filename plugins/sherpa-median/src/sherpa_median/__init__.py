"""The median stopping rule: ends trials that are worse than half of the others."""

from sherpa_median.rule import CurveRule, MedianStoppingRule

__all__ = ["CurveRule", "MedianStoppingRule"]
