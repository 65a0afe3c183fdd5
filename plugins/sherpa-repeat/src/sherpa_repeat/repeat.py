"""Repeat: the algorithm that wraps another one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, ClassVar

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, option
from sherpa_core.plugin import Run
from sherpa_core.sockets import AlgorithmSocket, bind, check_space
from sherpa_repeat.groups import Group, Groups, view

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
        return self._socket.widens_ranges

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
        newest = groups.all[-1] if groups.all else None
        if newest is not None:
            if not newest.is_complete:
                about = {
                    **newest.first.metadata,
                    "first": newest.first.id,
                    "repetition": len(newest.trials),
                }
                return self._suggest(history, groups, about, newest.first.parameters)
            if self.wait_for_completion and newest.is_running:
                return AlgorithmState.WAIT
        answer = self._socket(parameters, self._view(history), rng, lower_is_better, run)
        if not isinstance(answer, Suggestion):
            return answer
        name = self._socket.name
        about = {
            "times": self.num_times,
            "repetition": 0,
            "origin": f"{name}/{answer.origin}" if answer.origin else name,
            "inner": dict(answer.metadata),
            "parent": answer.parent,
        }
        return self._suggest(history, groups, about, dict(answer.parameters))

    def get_best_result(self, history: History) -> dict[str, Any] | None:
        """Return the configuration with the best mean, with its best repetition's Trial-ID.

        Configurations of which not all repetitions have ended count only as long as no other has.
        """
        groups = self._groups(history).all
        best: Group | None = None
        mean = float("nan")
        for group in [each for each in groups if each.has_ended and each.usable] or groups:
            summary = group.summary()
            if summary and history.is_better(summary["Objective"], mean):
                best, mean = group, summary["Objective"]
        top = best.best(history.lower_is_better) if best else None
        if best is None or top is None or top.best is None:
            return None
        return {
            "Trial-ID": top.id,
            "Iteration": top.best.iteration,
            **top.parameters,
            **top.best.context,
            **best.summary(),
        }

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return all repetitions of what the algorithm keeps, and of what is under way."""
        if not self._socket.implements("checkpoints_to_keep"):
            return ()
        groups = self._groups(history)
        kept = set(self._socket.hook.checkpoints_to_keep(history=self._view(history)))
        under_way = [groups.by_id[id] for id in history.running if id in groups.by_id]
        for group in (*under_way, *groups.all[-1:]):
            kept.add(group.first.id)
            if not group.is_complete:  # a further repetition loads its parent's
                kept.add(group.first.metadata["parent"])
        return {trial.id for id in kept if id in groups.by_id for trial in groups.by_id[id].trials}

    def _suggest(
        self,
        history: History,
        groups: Groups,
        about: dict[str, Any],
        configuration: dict[str, Any],
    ) -> Suggestion | AlgorithmState:
        parent = history.trials.get(about["parent"])
        if parent is not None and parent.id in groups.by_id:
            group = groups.by_id[parent.id]
            parent = group.model_of(about["repetition"], history.lower_is_better)
            if parent is not None and parent.status == "RUNNING":
                return AlgorithmState.WAIT
        if "save_to" in configuration:
            configuration["save_to"] = str(history.last_id + 1)
            configuration["load_from"] = "" if parent is None else parent.parameters["save_to"]
        return Suggestion(
            configuration,
            None if parent is None else parent.id,
            metadata=about,
            origin=about["origin"],
        )

    def _groups(self, history: History, prefix: str = "") -> Groups:
        groups = history.cached(self, lambda: Groups(prefix or f"{history.origin}/"))
        return groups.update(history)

    def _view(self, history: History) -> History:
        of = partial(self._groups, prefix=f"{history.origin}/")
        return history.cached(
            (self, "view"), lambda: history.derive(view(self._socket.config, of, self.agg))
        )
