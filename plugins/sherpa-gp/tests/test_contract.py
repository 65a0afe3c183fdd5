"""The contract of algorithms, kept in the start-up and in the model phase."""

from __future__ import annotations

from sherpa_core import Algorithm
from sherpa_gp import GaussianProcess
from sherpa_testkit import AlgorithmContract


class TestGaussianProcessContract(AlgorithmContract):
    startup_trials = 6  # the suite's space has five parameters
    trials = 2
    max_examples = 6  # each ask is a search

    def make_algorithm(self) -> Algorithm:
        return GaussianProcess()


class TestModelFromTheFirstResultOn(AlgorithmContract):
    startup_trials = 1
    trials = 2
    max_examples = 6

    def make_algorithm(self) -> Algorithm:
        return GaussianProcess(num_startup=1)
