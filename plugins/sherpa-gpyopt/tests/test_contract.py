"""The contract of algorithms, kept by GPyOpt in its start-up and its model phase."""

from __future__ import annotations

from sherpa_core import Algorithm
from sherpa_gpyopt import GPyOpt
from sherpa_testkit import AlgorithmContract


class TestGPyOptContract(AlgorithmContract):
    startup_trials = 6  # the suite's space has five parameters
    trials = 1
    max_examples = 3  # each ask is a fit

    def make_algorithm(self) -> Algorithm:
        return GPyOpt()
