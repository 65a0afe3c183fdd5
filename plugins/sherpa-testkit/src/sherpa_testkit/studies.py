"""Real studies in a test's own process: made, asked, told and run with one call each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sherpa_core.parameters import Parameter
from sherpa_core.study import Study
from sherpa_core.trial import Trial


def study_of(
    space: Iterable[Parameter], algorithm: Any = "random", seed: int = 1, **options: Any
) -> Study:
    """Return a new study in memory, or with `output_dir` in a folder, without a dashboard.

    Args:
        space: the parameters.
        algorithm: a plugin's name, a dict of name and options, or an object.
        seed: the study's seed.
        options: further arguments of `Study`.
    """
    return Study(list(space), algorithm, random_seed=seed, disable_dashboard=True, **options)


def ask(study: Study) -> Trial:
    """Ask for a trial that there must be, and start it."""
    trial = study.get_suggestion()
    assert isinstance(trial, Trial), f"there is no trial: the algorithm says {trial}"
    return trial


def tell(study: Study, trial: Trial, objective: float, status: str = "COMPLETED") -> None:
    """Observe an objective once, and end the trial."""
    study.add_observation(trial, objective)
    study.finalize(trial, status)


def go_wrong(study: Study, trial: Trial, fate: str) -> None:
    """Let a trial end as `FAILED`, or complete it with the objective `NaN`, `inf` or `-inf`."""
    if fate == "FAILED":
        study.finalize(trial, fate)
    else:
        tell(study, trial, float(fate))


def go_on(
    study: Study, objective: Callable[[dict[str, Any]], float], trials: int, workers: int = 1
) -> float:
    """Complete that many trials, so many running at a time, and stop those that are left.

    Args:
        study: the study.
        objective: of a trial's parameters.
        trials: the number of trials.
        workers: the number of trials at a time.

    Returns:
        The best objective of the study.
    """
    running: list[Trial] = []
    for _ in range(trials):
        while len(running) < workers:
            running.append(ask(study))
        trial = running.pop(0)
        tell(study, trial, objective(trial.parameters))
    for trial in running:
        study.finalize(trial, "STOPPED")
    return float(study.get_best_result()["Objective"])
