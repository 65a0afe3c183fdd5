"""Repeat: the algorithm that wraps another one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, Trial, option
from sherpa_core.plugin import Run
from sherpa_core.sockets import AlgorithmSocket, bind, check_space
from sherpa_repeat.groups import Group, Groups, View

_flag = attrs.validators.instance_of(bool)


@attrs.define(eq=False)
class Repeat(Algorithm):
    """Gives every configuration of another algorithm several trials.

    A repetition that fails does not hold up the others. Around an algorithm that passes models on
    (ASHA, population based training), each repetition has a `save_to` of its own and loads the
    model of the same repetition of its parent, or of the parent's best one if that failed.

    Args:
        algorithm: name, dict of name and options, or object of the algorithm that is repeated.
        num_times: how many trials each configuration gets.
        wait_for_completion: whether the next configuration waits for all repetitions of the last
            one; matters with several trials at a time.
        agg: whether the wrapped algorithm sees one result per configuration (the mean, with
            ObjectiveStdErr, ObjectiveVar and ObjectiveCount) instead of all trials.

    Raises:
        ValueError: `num_times` is below 1.
        UserError: the algorithm's options are wrong.
        PluginError: the algorithm is not installed.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"algorithm": "random", "num_times": 3},
        "startup_trials": 3,
    }

    algorithm: Any = option("the algorithm that is repeated: name, table of options, or object")
    num_times: int = option(
        "how many trials each configuration gets",
        default=5,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)],
    )
    wait_for_completion: bool = option(
        "whether the next configuration waits for all repetitions of the last one",
        default=False,
        validator=_flag,
    )
    agg: bool = option(
        "whether the algorithm sees one mean result per configuration",
        default=False,
        validator=_flag,
    )
    _socket: AlgorithmSocket = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._socket = bind("algorithm", self.algorithm)

    @property
    def widens_ranges(self) -> bool:  # type: ignore[override]
        """Whether the algorithm may leave the declared ranges."""
        return bool(getattr(self._socket.plugin, "widens_ranges", False))

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a space that the algorithm cannot search."""
        check_space(self._socket, parameters)

    def get_suggestion(
        self,
        parameters: SearchSpace,
        history: History,
        rng: np.random.Generator,
        lower_is_better: bool,
        run: Run,
    ) -> Suggestion | AlgorithmState:
        """Return the next repetition that is due, else the algorithm's next configuration."""
        groups = self._groups(history)
        if groups:
            newest = groups[-1]
            if len(newest.trials) < self.num_times:
                return self._repetition(history, groups, newest)
            if self.wait_for_completion and newest.num_running:
                return AlgorithmState.WAIT
        answer = self._socket(parameters, self._view(history), rng, lower_is_better, run)
        if not isinstance(answer, Suggestion):
            return answer
        name = self._socket.name
        about: dict[str, Any] = {
            "config": len(groups),
            "repetition": 0,
            "origin": f"{name}/{answer.origin}" if answer.origin else name,
            "inner": dict(answer.metadata),
            "parent": answer.parent,
        }
        if "save_to" in answer.parameters:
            about["parameters"] = dict(answer.parameters)
        return self._suggest(history, groups, about, dict(answer.parameters))

    def get_best_result(self, history: History) -> dict[str, Any] | None:
        """Return the configuration with the best mean, with its best repetition's Trial-ID."""
        best: Group | None = None
        mean = float("nan")
        for group in self._groups(history):
            summary = group.summary()
            if summary and history.is_better(summary["Objective"], mean):
                best, mean = group, summary["Objective"]
        if best is None:
            return None
        usable = [trial for trial in best.trials if trial.objective == trial.objective]
        order = sorted(usable, key=lambda trial: trial.objective)
        top = order[0] if history.lower_is_better else order[-1]
        observation = top.best
        assert observation is not None
        return {
            "Trial-ID": top.id,
            "Iteration": observation.iteration,
            **top.parameters,
            **observation.context,
            **best.summary(),
        }

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return all repetitions of what the algorithm keeps."""
        if not self._socket.implements("checkpoints_to_keep"):
            return ()
        view = self._view(history)
        kept = set(self._socket.hook.checkpoints_to_keep(history=view))
        own = [trial.id for trial in view.trials.values() if view.is_own(trial)]
        groups = self._groups(history)
        return {
            trial.id
            for id, group in zip(own, groups, strict=False)
            if id in kept
            for trial in group.trials
        }

    def _repetition(self, history: History, groups: list[Group], group: Group) -> Suggestion:
        first = group.trials[0]
        about = {**first.metadata, "repetition": len(group.trials)}
        return self._suggest(history, groups, about, first.parameters)

    def _suggest(
        self,
        history: History,
        groups: list[Group],
        about: dict[str, Any],
        configuration: dict[str, Any],
    ) -> Suggestion:
        parent: Trial | None = None
        if about["parent"] is not None:
            group = self._group_of(history, groups, about["parent"])
            parent = group.model_of(about["repetition"], history.lower_is_better)
        if "save_to" in configuration:
            configuration["save_to"] = str(history.last_id + 1)
            configuration["load_from"] = "" if parent is None else parent.parameters["save_to"]
        return Suggestion(
            configuration,
            None if parent is None else parent.id,
            metadata=about,
            origin=about["origin"],
        )

    def _group_of(self, history: History, groups: list[Group], view_id: int) -> Group:
        """Return the group that the inner algorithm knows under an id."""
        view = self._view(history)
        own: dict[int, Group] = history.cached((self, "own"), dict)
        if view_id not in own:
            ids = [trial.id for trial in view.trials.values() if view.is_own(trial)]
            own.update(zip(ids, groups, strict=False))
        return own[view_id]

    def _groups(self, history: History) -> list[Group]:
        groups = history.cached(self, Groups)
        groups.update(history)
        return groups.groups

    def _view(self, history: History) -> History:
        return history.cached(
            (self, "view"),
            lambda: history.derive(View(self._socket.config, self.num_times, self.agg)),
        )
