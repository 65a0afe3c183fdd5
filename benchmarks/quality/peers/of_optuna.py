"""Optuna's samplers; conditional parameters are asked for only where they count."""

from __future__ import annotations

from typing import Any

import optuna

DISTRIBUTIONS = ["optuna"]
optuna.logging.set_verbosity(optuna.logging.ERROR)


class Optimizer:
    def __init__(
        self, space: list[dict[str, Any]], seed: int, trials: int, sampler: str, **options: Any
    ) -> None:
        self.space = space
        chosen = getattr(optuna.samplers, sampler)(seed=seed, **options)
        self.study = optuna.create_study(sampler=chosen)
        self.asked: list[optuna.Trial] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked, found = [], []
        for _ in range(number):
            self.asked.append(self.study.ask())
            found.append(self._configuration(self.asked[-1]))
        return found

    def tell(self, values: list[float]) -> None:
        for trial, value in zip(self.asked, values, strict=True):
            self.study.tell(trial, value)

    def add(self, finished: list[tuple[dict[str, Any], float]]) -> None:
        for configuration, value in finished:
            fixed = optuna.trial.FixedTrial(configuration)
            self._configuration(fixed)
            self.study.add_trial(
                optuna.trial.create_trial(
                    params=fixed.params, distributions=fixed.distributions, value=value
                )
            )

    def _configuration(self, trial: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for each in self.space:
            name, when = each["name"], each.get("when", {})
            if not all(found.get(other) in values for other, values in when.items()):
                continue
            if each["kind"] == "cat":
                found[name] = trial.suggest_categorical(name, each["choices"])
            else:
                suggest = trial.suggest_int if each["kind"] == "int" else trial.suggest_float
                found[name] = suggest(name, each["low"], each["high"], log=each["log"])
        return found
