"""Real frameworks, in an environment of their own: `make test-frameworks`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import torch

from sherpa_core import Continuous, Study, Trial

os.environ["KERAS_BACKEND"] = "torch"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Train on one thread: the models are tiny, and OpenMP does not outlive a fork."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class StopAfter:
    """A stopping rule: enough is enough."""

    def should_trial_stop(self, trial: Trial) -> bool:
        return trial.num_observations >= 2


@pytest.fixture
def next_trial() -> Callable[[bool], tuple[Study, Trial]]:
    """Make a study, with a rule that stops after two observations or without, and ask it."""

    def ask(stop: bool) -> tuple[Study, Trial]:
        rule = StopAfter() if stop else None
        study = Study([Continuous("rate", [0.05, 0.2])], "random", stopping_rule=rule)
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        return study, trial

    return ask


@pytest.fixture
def stopping_study() -> Study:
    return Study([Continuous("rate", [0.05, 0.2])], "random", stopping_rule=StopAfter())
