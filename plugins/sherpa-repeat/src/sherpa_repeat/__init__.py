"""Repeat: every configuration of another algorithm is tried several times."""

from sherpa_repeat.repeat import Repeat

__all__ = ["Repeat"]
