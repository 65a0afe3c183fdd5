"""Studies to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter, Study, Trial

Objective = Callable[[Trial, int], float]

MIXED: list[Parameter] = [
    Choice("kernel", ["rbf", "poly"]),
    Continuous("C", [0.1, 1000.0], scale="log"),
    Discrete("degree", [2, 5], when={"kernel": ["poly"]}),
    Ordinal("batch", [16, 32, 64]),
]


def by_size(trial: Trial, iteration: int) -> float:
    """Any objective that improves."""
    return trial.id % 7 + 1 / iteration


@pytest.fixture
def make() -> Callable[..., Study]:
    """Return a function that makes a study of so many trials."""

    def study(
        num_trials: int,
        objective: Objective = by_size,
        parameters: Sequence[Parameter] = MIXED,
        iterations: int = 1,
        failed: Sequence[int] = (),
        algorithm: Any = "random",
        **options: Any,
    ) -> Study:
        made = Study(parameters, algorithm, random_seed=1, **options)
        for _ in range(num_trials):
            trial = made.get_suggestion()
            assert isinstance(trial, Trial)
            if trial.id in failed:
                made.finalize(trial, "FAILED")
                continue
            for iteration in range(1, iterations + 1):
                made.add_observation(trial, objective(trial, iteration), iteration)
            made.finalize(trial)
        return made

    return study
