"""The problems: their search spaces as plain data, and their functions, all minimised.

A space is a list of dicts: `name`, `kind` ("float", "int" or "cat"), `low`, `high` and `log`, or
`choices`, and where a parameter is conditional `when`: {other parameter: [values]}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import functions
import training

Space = list[dict[str, Any]]
Function = Callable[[Mapping[str, Any]], float]


@attrs.frozen
class Problem:
    """Something to minimise.

    Args:
        kind: its class, by which results are summed up.
        space: what is searched.
        function: the value of a configuration, without noise.
        minimum: the least value, None where nobody knows it.
        noise: standard deviation of what is added to each value that a method sees.
    """

    kind: str
    space: Space
    function: Function
    minimum: float | None = None
    noise: float = 0.0


def real(name: str, low: float, high: float, log: bool = False, **when: list[Any]) -> dict:
    return _with(when, name=name, kind="float", low=float(low), high=float(high), log=log)


def integer(name: str, low: int, high: int, log: bool = False, **when: list[Any]) -> dict:
    return _with(when, name=name, kind="int", low=low, high=high, log=log)


def choice(name: str, choices: Sequence[Any], **when: list[Any]) -> dict:
    return _with(when, name=name, kind="cat", choices=list(choices))


def box(dimensions: int, low: float, high: float) -> Space:
    return [real(f"x{index}", low, high) for index in range(dimensions)]


def active(space: Space, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what counts of a configuration that has a value for every parameter."""
    kept: dict[str, Any] = {}
    for parameter in space:
        when = parameter.get("when", {})
        if all(kept.get(other) in values for other, values in when.items()):
            kept[parameter["name"]] = configuration[parameter["name"]]
    return kept


def _with(when: dict[str, list[Any]], **parameter: Any) -> dict[str, Any]:
    return {**parameter, "when": when} if when else parameter


_BRANIN = [real("x0", -5, 10), real("x1", 0, 15)]
_HARTMANN = box(6, 0, 1)
_STYBLINSKI = box(5, -5, 5)
_MODELS = ["svc", "forest", "neighbours"]

PROBLEMS: dict[str, Problem] = {
    "Branin 2": Problem("function", _BRANIN, functions.branin, 0.397887),
    "Hartmann 6": Problem("function", _HARTMANN, functions.hartmann6, -3.32237),
    "Ackley 5": Problem("function", box(5, -32.768, 32.768), functions.ackley, 0.0),
    "Rosenbrock 4": Problem("function", box(4, -5, 10), functions.rosenbrock, 0.0),
    "Levy 8": Problem("function", box(8, -10, 10), functions.levy, 0.0),
    "Styblinski-Tang 5": Problem("function", _STYBLINSKI, functions.styblinski_tang, -195.83083),
    "mixed 4": Problem(
        "mixed",
        [
            real("rate", 1e-5, 1, log=True),
            integer("layers", 1, 10),
            choice("activation", ["relu", "tanh", "elu"]),
            real("dropout", 0, 0.9),
        ],
        functions.mixed4,
        0.0,
    ),
    "conditional 8": Problem(
        "mixed",
        [
            choice("optimizer", ["sgd", "adam"]),
            real("sgd_rate", 1e-4, 1, log=True, optimizer=["sgd"]),
            real("momentum", 0, 0.99, optimizer=["sgd"]),
            real("adam_rate", 1e-6, 1e-1, log=True, optimizer=["adam"]),
            real("decay", 1e-8, 1e-1, log=True, optimizer=["adam"]),
            integer("depth", 1, 2),
            integer("units1", 4, 512, log=True),
            integer("units2", 4, 512, log=True, depth=[2]),
        ],
        functions.conditional8,
        0.0,
    ),
    "noisy Branin 2": Problem("noisy", _BRANIN, functions.branin, 0.397887, noise=2.0),
    "noisy Hartmann 6": Problem("noisy", _HARTMANN, functions.hartmann6, -3.32237, noise=0.2),
    "noisy Styblinski-Tang 5": Problem(
        "noisy", _STYBLINSKI, functions.styblinski_tang, -195.83083, noise=10.0
    ),
    "Hartmann 6 of 20": Problem(
        "many dimensions", box(20, 0, 1), functions.hartmann6_of_20, -3.32237
    ),
    "Levy 4 of 40": Problem("many dimensions", box(40, -10, 10), functions.levy4_of_40, 0.0),
    "digits SVC": Problem(
        "training",
        [real("C", 1e-3, 1e4, log=True), real("gamma", 1e-6, 10, log=True)],
        training.digits_svc,
    ),
    "diabetes MLP": Problem(
        "training",
        [
            real("rate", 1e-4, 1e-1, log=True),
            real("alpha", 1e-6, 10, log=True),
            integer("units", 4, 128, log=True),
            integer("layers", 1, 3),
            choice("activation", ["relu", "tanh", "logistic"]),
        ],
        training.diabetes_mlp,
    ),
    "cancer boosting": Problem(
        "training",
        [
            real("rate", 1e-3, 1, log=True),
            integer("trees", 5, 60, log=True),
            integer("depth", 1, 6),
            real("subsample", 0.2, 1),
            real("features", 0.05, 1),
        ],
        training.cancer_boosting,
    ),
    "pipeline": Problem(
        "training",
        [
            choice("scaling", ["none", "standard", "quantile"]),
            choice("model", _MODELS),
            real("C", 1e-3, 1e3, log=True, model=["svc"]),
            real("gamma", 1e-5, 10, log=True, model=["svc"]),
            integer("trees", 5, 50, log=True, model=["forest"]),
            integer("depth", 1, 12, model=["forest"]),
            integer("neighbours", 1, 50, log=True, model=["neighbours"]),
            choice("weights", ["uniform", "distance"], model=["neighbours"]),
        ],
        training.pipeline,
    ),
}
