"""How long do ask, observe and finalize take in memory, and how does that grow?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import optuna
from _common import Options, Row, interleaved, main, space, suggest_with_optuna
from optuna.trial import TrialState

from sherpa_core import Study

Curve = Callable[[int, int], float]


def random_curve(number: int, iteration: int) -> float:
    """A curve that falls; which trial is best looks random, so that many are to stop."""
    return (number * 7919 % 101) / 100 + 1 / iteration


def better_curve(number: int, iteration: int) -> float:
    """A curve that falls; each trial is a little better than those before, so that none stops."""
    return 1 / iteration - number * 1e-6


def sherpa(
    trials: int, curve: Curve = random_curve, observations: int = 1, rule: str | None = None
) -> float:
    """Return the microseconds per trial of one study."""
    study = Study(space(), "random", random_seed=1, stopping_rule=rule, disable_dashboard=True)
    start = time.perf_counter()
    for _ in range(trials):
        trial = study.get_suggestion()
        for iteration in range(1, observations + 1):
            study.add_observation(trial, curve(trial.id, iteration), iteration)
            if rule is not None:
                study.should_trial_stop(trial)
        study.finalize(trial)
    return (time.perf_counter() - start) / trials * 1e6


def with_optuna(
    trials: int,
    curve: Curve = random_curve,
    observations: int = 1,
    pruner: optuna.pruners.BasePruner | None = None,
) -> float:
    """Return the microseconds per trial of one of Optuna's studies."""
    study = optuna.create_study(
        sampler=optuna.samplers.RandomSampler(1), pruner=pruner or optuna.pruners.NopPruner()
    )
    start = time.perf_counter()
    for _ in range(trials):
        trial = study.ask()
        suggest_with_optuna(trial)
        prune = False
        for iteration in range(1, observations + 1):
            value = curve(trial.number, iteration)
            if observations > 1:
                trial.report(value, iteration)
            if pruner is not None:
                prune = trial.should_prune() or prune
        if prune:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, value)
    return (time.perf_counter() - start) / trials * 1e6


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    few, many = options.size(1_000, 10), options.size(100_000, 50)

    ours, theirs = interleaved(options.repeats, lambda: sherpa(few), lambda: with_optuna(few))
    yield Row(f"{few:,} trials, a trial", "us", ours, "Optuna", theirs, at_most=0.12)

    larger, small = interleaved(
        min(options.repeats, 3), lambda: sherpa(many), lambda: sherpa(few), warm_up=False
    )
    yield Row(f"{many:,} trials, a trial", "us", larger, f"{few:,} trials", small, at_most=1.3)

    stops: dict[str, tuple[Curve, float | None]] = {
        "none is to stop": (better_curve, 0.08),
        "most are to stop": (random_curve, None),
    }
    for what, (curve, goal) in stops.items():
        ours, theirs = interleaved(
            min(options.repeats, 5),
            lambda curve=curve: sherpa(few, curve, 10, "median"),
            lambda curve=curve: with_optuna(few, curve, 10, optuna.pruners.MedianPruner()),
            warm_up=False,
        )
        what = f"{few:,} trials, 10 observations, median rule, {what}"
        yield Row(what, "us", ours, "Optuna", theirs, at_most=goal)
    notes.append(
        "A trial is one ask, its observations and one finalize, of 5 parameters with random "
        "search.\nWith the rule every observation is followed by a question whether to stop. A "
        "trial that is told to stop\nreports all 10 nevertheless, so that both sides do the same "
        "work, and ends as stopped or pruned:\nOptuna's pruner looks at completed trials only, "
        "so that it has little work where most are to stop."
    )


if __name__ == "__main__":
    main("Ask, observe and finalize in memory", measure)
