"""What does an old-style algorithm pay that names `results`, the data frame, in its signature?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import optuna
from _common import Options, Row, interleaved, main, space, suggest_with_optuna

from sherpa_core import Study


class Plain:
    """Proposes without looking at anything."""

    def get_suggestion(self, parameters: Any, lower_is_better: bool) -> dict[str, Any]:
        return {each.name: each.sample() for each in parameters}


class OldStyle(Plain):
    """Proposes the same, but takes the data frame, and scribbles on it."""

    def get_suggestion(
        self, parameters: Any, results: Any, lower_is_better: bool
    ) -> dict[str, Any]:
        if len(results):
            results.loc[results.index[0], "Objective"] = -1e9
            results["scribble"] = 1
        return super().get_suggestion(parameters, lower_is_better)


class Reader(Plain):
    """Proposes the same, and takes the data frame without changing it."""

    def get_suggestion(
        self, parameters: Any, results: Any, lower_is_better: bool
    ) -> dict[str, Any]:
        return super().get_suggestion(parameters, lower_is_better)


def step(study: Any) -> None:
    """Ask, observe, finalize."""
    trial = study.get_suggestion()
    study.add_observation(trial, (trial.id * 7919 % 101) / 100)
    study.finalize(trial)


def study_with(algorithm: Any, trials: int) -> Study:
    """Return a study of so many trials that goes on with `algorithm`."""
    study = Study(space(), "random", random_seed=1, disable_dashboard=True)
    for _ in range(trials):
        step(study)
    from sherpa_core.sockets import bind

    study.engine.algorithm = bind("algorithm", algorithm)
    step(study)  # the table is built once
    return study


def milliseconds(study: Study, steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        step(study)
    return (time.perf_counter() - start) / steps * 1e3


def optuna_study(trials: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(1))
    for _ in range(trials):
        trial = study.ask()
        suggest_with_optuna(trial)
        study.tell(trial, 0.5)
    return study


def table_of_optuna(study: optuna.Study) -> float:
    start = time.perf_counter()
    study.trials_dataframe()
    return (time.perf_counter() - start) * 1e3


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    trials, steps = options.size(10_000, 20), options.size(100, 3)
    plain, reader = study_with(Plain(), trials), study_with(Reader(), trials)
    peer = optuna_study(trials)
    without, with_frame, theirs = interleaved(
        options.repeats,
        lambda: milliseconds(plain, steps),
        lambda: milliseconds(reader, steps),
        lambda: table_of_optuna(peer),
    )
    cost = [max(0.0, slow - fast) for slow, fast in zip(with_frame, without, strict=True)]
    yield Row(f"the frame at {trials:,} trials, an ask", "ms", cost, at_most=5)
    yield Row("the same beside trials_dataframe()", "ms", cost, "Optuna", theirs)

    scribbler = study_with(OldStyle(), trials)
    before = scribbler.results
    scribbler.get_suggestion()
    changed = not scribbler.results.equals(before) or before["Objective"].min() < 0
    yield Row("cells changed by an algorithm that writes into it", "", [float(changed)], at_most=0)


if __name__ == "__main__":
    main("An old-style algorithm that names `results`", measure, repeats=5)
