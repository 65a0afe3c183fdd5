"""Tables of trials whose truth is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from sherpa_core import SearchSpace
from sherpa_core.parameters import Parameter
from sherpa_core.plugin import Run
from sherpa_insight.follow_up import Subject
from sherpa_insight.table import Table

COMMAND = {
    "command": [sys.executable, "-c", ""],
    "scheduler": {"name": "local"},
    "resources": {},
    "work_dir": ".",
}


@pytest.fixture
def table() -> Callable[..., Table]:
    """Return a function that makes a table of random trials with a known objective."""

    def make(
        parameters: Sequence[Parameter],
        number: int,
        objective: Callable[[dict[str, Any], dict[str, float]], float],
        noise: float = 0.0,
        seed: int = 1,
        unstable: Callable[[dict[str, float]], bool] = lambda places: False,
        lower_is_better: bool = True,
    ) -> Table:
        rng = np.random.default_rng(seed)
        space = SearchSpace(parameters)
        configurations = [space.sample(rng) for _ in range(number)]
        places = np.array([space.encode(each) for each in configurations])
        named = [dict(zip(space.names, row.tolist(), strict=True)) for row in places]
        values = [objective(*each) for each in zip(configurations, named, strict=True)]
        known = np.array(values) + noise * rng.normal(size=number)
        return Table(
            space,
            lower_is_better,
            np.arange(1, number + 1),
            places,
            known,
            known,
            np.array([unstable(each) for each in named], dtype=bool),
            np.zeros(number, dtype=bool),
            number,
        )

    return make


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """Return a function that makes the study of a table."""

    def make(table: Table, **changes: Any) -> Subject:
        best = table.best(1)
        row = table.places[best[0]] if len(best) else np.full(len(table.space), np.nan)
        values = {
            parameter.name: parameter.from_unit(float(place))
            for parameter, place in zip(table.space, row, strict=True)
            if place == place
        }
        options: dict[str, Any] = {
            "name": "digits",
            "algorithm": {"name": "random", "max_num_trials": 30},
            "rules": [],
            "lower_is_better": table.lower_is_better,
            "trials": 30,
            "best": values,
            "run": Run(task=COMMAND),
        }
        return Subject(**{**options, **changes})

    return make
