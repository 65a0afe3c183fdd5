"""SHERPA's own algorithms, asked as a script would ask them."""

from __future__ import annotations

from typing import Any

from sherpa_core import Choice, Continuous, Discrete, Parameter, Study, Trial

DISTRIBUTIONS: list[str] = ["sherpa-core"]


class Optimizer:
    def __init__(
        self,
        space: list[dict[str, Any]],
        seed: int,
        trials: int,
        algorithm: str | dict[str, Any],
        distribution: str,
    ) -> None:
        DISTRIBUTIONS[:] = [distribution]
        parameters = [_parameter(each) for each in space]
        self.study = Study(parameters, algorithm, random_seed=seed, disable_dashboard=True)
        self.asked: list[Trial] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked = []
        for _ in range(number):
            trial = self.study.get_suggestion()
            assert isinstance(trial, Trial)
            self.asked.append(trial)
        return [dict(trial.parameters) for trial in self.asked]

    def tell(self, values: list[float]) -> None:
        for trial, value in zip(self.asked, values, strict=True):
            self.study.add_observation(trial, value)
            self.study.finalize(trial)

    def add(self, finished: list[tuple[dict[str, Any], float]]) -> None:
        for configuration, value in finished:
            self.study.enqueue(configuration)
            self.ask(1)
            self.tell([value])


def _parameter(given: dict[str, Any]) -> Parameter:
    name, when = given["name"], given.get("when")
    if given["kind"] == "cat":
        return Choice(name, given["choices"], when=when)
    kind = Discrete if given["kind"] == "int" else Continuous
    scale = "log" if given["log"] else "linear"
    return kind(name, [given["low"], given["high"]], scale, when=when)
