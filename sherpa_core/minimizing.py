"""minimize and maximize: a study in one call, for people in a hurry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs

from sherpa_core import registry
from sherpa_core.errors import UserError
from sherpa_core.objective import Objective
from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal, Parameter
from sherpa_core.study import Study
from sherpa_core.values import native


@attrs.frozen
class Found:
    """What a search has found.

    Attributes:
        parameters: the best configuration.
        objective: its objective.
        study: the whole study, with `results`, `plot` and `history`.
    """

    parameters: dict[str, Any]
    objective: float
    study: Study = attrs.field(repr=False)


def minimize(
    objective: str | Objective,
    space: Mapping[str, Any] | Iterable[Parameter],
    trials: int,
    *,
    workers: int = 1,
    timeout: float | None = None,
    algorithm: Any = None,
    stopping_rule: Any = None,
    output_dir: str | Path | None = None,
    random_seed: int | None = None,
) -> Found:
    """Return the configuration for which a function is smallest.

    Args:
        objective: `f(trial)`, which reads `trial.parameters` and returns a number, or calls
            `trial.report(number)` after each epoch, which ends the function where the trial is
            to stop; or `"module:function"`. It is called in processes of its own.
        space: the parameters: a dict of names, each with `(low, high)`, `(low, high, "log")` or a
            list of values, or a list of `Parameter` objects. Whole numbers as bounds give whole
            numbers; values that rise from one to the next are taken as ordered.
        trials: number of trials.
        workers: number of trials at a time.
        timeout: seconds after which no trial is started.
        algorithm: name, dict or object. Default: `auto` where it is installed, else `random`.
        stopping_rule: what ends bad trials early: name, dict or object.
        output_dir: a new folder in which the study is kept. Default: in memory.
        random_seed: makes the suggestions reproducible.

    Raises:
        UserError: wrong arguments, or no trial gave an objective.
        KeyboardInterrupt: a second Ctrl-C.
    """
    return _search(
        objective, space, trials, True, workers, timeout, algorithm, stopping_rule, output_dir,
        random_seed,
    )  # fmt: skip


def maximize(
    objective: str | Objective,
    space: Mapping[str, Any] | Iterable[Parameter],
    trials: int,
    *,
    workers: int = 1,
    timeout: float | None = None,
    algorithm: Any = None,
    stopping_rule: Any = None,
    output_dir: str | Path | None = None,
    random_seed: int | None = None,
) -> Found:
    """Return the configuration for which a function is largest; arguments as for `minimize`."""
    return _search(
        objective, space, trials, False, workers, timeout, algorithm, stopping_rule, output_dir,
        random_seed,
    )  # fmt: skip


def parameters_of(space: Mapping[str, Any] | Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters that a short notation means; see `minimize`.

    Raises:
        UserError: it cannot be read.
    """
    if not isinstance(space, Mapping):
        given: Any = space
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise UserError(f"the space must be a dict or a list of parameters, but is {given!r}")
        return list(given)
    return [_parameter(str(name), meant) for name, meant in space.items()]


def _parameter(name: str, meant: Any) -> Parameter:
    if isinstance(meant, Parameter):
        if meant.name != name:
            raise UserError(f"{name}: its parameter is called {meant.name!r}")
        return meant
    if hasattr(meant, "tolist"):  # an array
        meant = meant.tolist()
    if isinstance(meant, tuple) and len(meant) in (2, 3):
        bounds = [native(bound) for bound in meant[:2]]
        if all(map(_is_number, bounds)):
            whole = all(isinstance(bound, int) for bound in bounds)
            return (Discrete if whole else Continuous)(name, bounds, *meant[2:])
    if isinstance(meant, Sequence) and not isinstance(meant, str | bytes | tuple) and meant:
        values = [native(each) for each in meant]
        rising = all(map(_is_number, values)) and all(low < high for low, high in pairwise(values))
        return (Ordinal if rising and len(values) > 1 else Choice)(name, values)
    raise UserError(
        f'{name}: a parameter is (low, high), (low, high, "log") or a list of values, not {meant!r}'
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _search(
    objective: str | Objective,
    space: Mapping[str, Any] | Iterable[Parameter],
    trials: int,
    lower_is_better: bool,
    workers: int,
    timeout: float | None,
    algorithm: Any,
    stopping_rule: Any,
    output_dir: str | Path | None,
    random_seed: int | None,
) -> Found:
    if algorithm is None:
        chosen = "auto" if "auto" in registry.entries("algorithm") else None
        algorithm = chosen or registry.default("algorithm")
    study = Study(
        parameters_of(space),
        algorithm,
        lower_is_better,
        stopping_rule,
        disable_dashboard=True,
        output_dir=output_dir,
        random_seed=random_seed,
    )
    study.optimize(objective, trials, workers, timeout)
    best = study.history.best
    if best is None:
        failures = [trial.failure for trial in study.history.ended if trial.failure]
        why = f"; the last one had {failures[-1]}" if failures else ""
        raise UserError(f"none of {len(study.history.ended)} trials gave an objective{why}")
    return Found(dict(best.parameters), best.objective, study)
