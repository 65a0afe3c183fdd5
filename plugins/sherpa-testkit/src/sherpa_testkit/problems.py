"""Problems whose best objective is known to be 0, to see how well an algorithm searches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal, Parameter


@attrs.frozen
class Problem:
    """A space to search, and the objective of its configurations; lower is better."""

    space: list[Parameter]
    objective: Callable[[Mapping[str, Any]], float]


def _network(values: Mapping[str, Any]) -> float:
    rate = (math.log10(values["lr"]) + 2.5) ** 2
    size = 0.1 * abs(values["layers"] - 4) + (math.log2(values["units"]) - 7) ** 2 / 4
    kind = {"a": 1.0, "b": 0.0, "c": 0.5}[values["kind"]]
    return float(rate + size + (values["batch"] != 64) + kind)


def _pipeline(values: Mapping[str, Any]) -> float:
    if values["model"] == "forest":
        return float(0.5 + abs(values["depth"] - 9) / 10)
    degree = values["degree"] if values["kernel"] == "poly" else 0
    return float((math.log10(values["C"]) - 1) ** 2 + 0.1 * degree)


#: Parameters of every type, each with an influence of its own.
NETWORK = Problem(
    [
        Continuous("lr", [1e-5, 1.0], "log"),
        Discrete("layers", [1, 12]),
        Discrete("units", [8, 1024], "log"),
        Ordinal("batch", [16, 32, 64, 128]),
        Choice("kind", ["a", "b", "c"]),
    ],
    _network,
)

#: Conditions two levels deep; the one branch is better than the other only if it is searched.
PIPELINE = Problem(
    [
        Choice("model", ["forest", "svm"]),
        Discrete("depth", [1, 20], when={"model": "forest"}),
        Continuous("C", [1e-3, 1e3], "log", when={"model": "svm"}),
        Choice("kernel", ["rbf", "poly"], when={"model": "svm"}),
        Discrete("degree", [1, 5], when={"kernel": "poly"}),
    ],
    _pipeline,
)
