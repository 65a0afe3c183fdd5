"""A study for callbacks to report to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sherpa_core import Continuous, Study, Trial


@pytest.fixture
def study() -> Study:
    return Study([Continuous("x", [0, 1])], "random", disable_dashboard=True)


@pytest.fixture
def next_trial(study: Study) -> Callable[[], Trial]:
    """Ask the study for a trial."""

    def ask() -> Trial:
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        return trial

    return ask
