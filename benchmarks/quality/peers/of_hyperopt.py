"""Hyperopt's TPE; conditional parameters stand within the choice that they depend on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hyperopt import STATUS_OK, Trials, hp, space_eval, tpe
from hyperopt.base import JOB_STATE_DONE, Domain

DISTRIBUTIONS = ["hyperopt"]


class Optimizer:
    def __init__(self, space: list[dict[str, Any]], seed: int, trials: int) -> None:
        self.space = space
        parents = {other for each in space for other in each.get("when", {})}
        nodes = {each["name"]: _node(each) for each in space if each["name"] not in parents}
        self.nested = {each["name"]: nodes[each["name"]] for each in space if _top(each, parents)}
        for name in parents:
            self.nested[name] = self._branches(name, nodes)
        self.domain = Domain(lambda _: 0.0, self.nested)
        self.trials = Trials()
        self.rng = np.random.default_rng(seed)
        self.asked: list[dict[str, Any]] = []

    def ask(self, number: int) -> list[dict[str, Any]]:
        self.asked, found = [], []
        for _ in range(number):
            ids = self.trials.new_trial_ids(1)
            self.trials.refresh()
            drawn = int(self.rng.integers(2**31 - 1))
            [document] = tpe.suggest(ids, self.domain, self.trials, drawn)
            self.trials.insert_trial_docs([document])
            self.trials.refresh()
            drawn_values = {k: v[0] for k, v in document["misc"]["vals"].items() if v}
            found.append(self._configuration(space_eval(self.nested, drawn_values)))
        self.asked = self.trials._dynamic_trials[-number:]
        return found

    def tell(self, values: list[float]) -> None:
        for document, value in zip(self.asked, values, strict=True):
            document["state"] = JOB_STATE_DONE
            document["result"] = {"loss": value, "status": STATUS_OK}
        self.trials.refresh()

    def add(self, finished: list[tuple[dict[str, Any], float]]) -> None:
        ids = self.trials.new_trial_ids(len(finished))
        documents = []
        for number, (configuration, value) in zip(ids, finished, strict=True):
            place = {
                "tid": number,
                "cmd": ("domain_attachment", "FMinIter_Domain"),
                "workdir": None,
                "idxs": {name: [number] for name in configuration},
                "vals": {name: [each] for name, each in configuration.items()},
            }
            result = {"loss": value, "status": STATUS_OK}
            documents += self.trials.new_trial_docs([number], [None], [result], [place])
            documents[-1]["state"] = JOB_STATE_DONE
        self.trials.insert_trial_docs(documents)
        self.trials.refresh()

    def _branches(self, parent: str, nodes: dict[str, Any]) -> Any:
        [given] = [each for each in self.space if each["name"] == parent]
        values = _values(given)
        inner = [
            {
                each["name"]: nodes[each["name"]]
                for each in self.space
                if value in each.get("when", {}).get(parent, ())
            }
            for value in values
        ]
        return hp.choice(
            parent, [{"value": value, **own} for value, own in zip(values, inner, strict=True)]
        )

    def _configuration(self, drawn: dict[str, Any]) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for name, value in drawn.items():
            if isinstance(value, dict):
                flat[name] = value["value"]
                flat |= {other: each for other, each in value.items() if other != "value"}
            else:
                flat[name] = value
        for each in self.space:
            if each["kind"] == "int" and each["name"] in flat:
                whole = round(flat[each["name"]])
                flat[each["name"]] = min(max(int(whole), each["low"]), each["high"])
        return flat


def _top(given: dict[str, Any], parents: set[str]) -> bool:
    return not given.get("when") and given["name"] not in parents


def _values(given: dict[str, Any]) -> list[Any]:
    return given.get("choices") or list(range(given["low"], given["high"] + 1))


def _node(given: dict[str, Any]) -> Any:
    name = given["name"]
    if given["kind"] == "cat":
        return hp.choice(name, given["choices"])
    low, high = given["low"], given["high"]
    if given["kind"] == "int":
        if given["log"]:
            return hp.qloguniform(name, math.log(low - 0.5), math.log(high + 0.5), 1)
        return hp.uniformint(name, low, high)
    if given["log"]:
        return hp.loguniform(name, math.log(low), math.log(high))
    return hp.uniform(name, low, high)
