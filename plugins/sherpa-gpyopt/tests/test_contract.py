"""The contract of algorithms, kept by GPyOpt in its start-up and its model phase."""

from typing import Any

from sherpa_gpyopt import GPyOpt
from sherpa_testkit.algorithm import AlgorithmContract


class TestGPyOpt(AlgorithmContract):
    startup_trials = 6  # five parameters and one
    trials = 2
    max_examples = 4  # a fit takes a tenth of a second

    def make_algorithm(self) -> Any:
        return GPyOpt()
