"""Successive halving: ASHA, and Hyperband made of several ASHA brackets."""

from sherpa_asha.asha import SuccessiveHalving
from sherpa_asha.hyperband import Hyperband

__all__ = ["Hyperband", "SuccessiveHalving"]
