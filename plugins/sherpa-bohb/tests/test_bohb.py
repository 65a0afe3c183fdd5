"""BOHB: the contract."""

from __future__ import annotations

from sherpa_bohb import BOHB
from sherpa_core import Algorithm
from sherpa_testkit import AlgorithmContract


class TestBOHBContract(AlgorithmContract):
    startup_trials = 24

    def make_algorithm(self) -> Algorithm:
        return BOHB(R=27)
