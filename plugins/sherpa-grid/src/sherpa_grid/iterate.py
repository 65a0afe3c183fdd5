"""Iterate: given configurations, one after the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    History,
    Parameter,
    SearchSpace,
    option,
)
from sherpa_core.errors import UserError
from sherpa_core.events import to_json


def _configurations(value: Any) -> list[dict[str, Any]]:
    configurations = list(value)
    for configuration in configurations:
        if not isinstance(configuration, Mapping):
            raise ValueError(f"hp_iter must hold dicts, but holds {configuration!r}")
    if not configurations:
        raise ValueError("hp_iter must hold at least one configuration, but is empty")
    plain: list[dict[str, Any]] = json.loads(to_json(configurations))
    return plain


@attrs.define(eq=False)
class Iterate(Algorithm):
    """Evaluates fully specified configurations in their order.

    Args:
        hp_iter: the configurations, dicts of parameter values; tuples in them become lists.

    Raises:
        ValueError: no configurations, something else than dicts, or values that are not JSON.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"hp_iter": [{"units": 16, "lr": 0.5}, {"units": 32, "lr": 0.25}]},
        "space": [
            {"name": "units", "type": "choice", "range": [16, 32]},
            {"name": "lr", "type": "continuous", "range": [0, 1]},
        ],
        "finite": True,
    }

    hp_iter: list[dict[str, Any]] = option(
        "the configurations, dicts of parameter values", converter=_configurations
    )

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Raise `UserError` if a configuration does not fit the space."""
        for number, configuration in enumerate(self.hp_iter):
            try:
                parameters.restore(configuration)
            except UserError as error:
                raise UserError(f"hp_iter[{number}]: {error}") from error

    def get_suggestion(self, history: History) -> dict[str, Any] | AlgorithmState:
        """Return the next configuration, DONE after the last."""
        index = history.num_own
        return self.hp_iter[index] if index < len(self.hp_iter) else AlgorithmState.DONE

    def get_parameters(self) -> list[Parameter]:
        """Return a search space of the values that occur: one Choice per name."""
        values: dict[str, dict[str, Any]] = {}
        for configuration in self.hp_iter:
            for name, value in configuration.items():
                values.setdefault(name, {}).setdefault(json.dumps(value, sort_keys=True), value)
        return [Choice(name, list(each.values())) for name, each in values.items()]
