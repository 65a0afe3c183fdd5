"""Chain: one algorithm after the other, on the same history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, Suggestion, option
from sherpa_core.events import as_alone
from sherpa_core.plugin import Run
from sherpa_core.sockets import AlgorithmSocket, bind, check_space

__all__ = ["Chain"]


def _algorithms(value: Any) -> list[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise ValueError(f"algorithms must be a list of at least one algorithm, but is {value!r}")
    return list(value)


@attrs.define(eq=False)
class Chain(Algorithm):
    """Begins the next algorithm when one is done. Each sees the trials of those before it.

    To each algorithm the others' trials are foreign: a model learns from them, limits such as
    `max_num_trials` do not count them.

    Args:
        algorithms: names, dicts of name and options, or objects, in their order.

    Raises:
        ValueError: the list is empty.
        UserError: one of them has wrong options.
        PluginError: one of them is not installed.
    """

    contract: ClassVar[Mapping[str, Any]] = {
        "options": {"algorithms": [{"name": "random", "max_num_trials": 3}, "random"]},
        "startup_trials": 3,
    }

    algorithms: list[Any] = option(
        "the algorithms in their order: names, tables of name and options, or objects",
        converter=_algorithms,
    )
    _sockets: list[AlgorithmSocket] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._sockets = [bind("algorithm", each) for each in self.algorithms]

    @property
    def widens_ranges(self) -> bool:  # type: ignore[override]
        """Whether one of the algorithms may leave the declared ranges."""
        return any(each.widens_ranges for each in self._sockets)

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a space that one of the algorithms cannot search."""
        for socket in self._sockets:
            check_space(socket, parameters)

    def get_suggestion(
        self,
        parameters: SearchSpace,
        history: History,
        rng: np.random.Generator,
        lower_is_better: bool,
        run: Run,
    ) -> Suggestion | AlgorithmState:
        """Return the suggestion of the first algorithm that is not done."""
        for stage in range(self._stage(history), len(self._sockets)):
            socket = self._sockets[stage]
            answer = socket(parameters, self._view(history, stage), rng, lower_is_better, run)
            if isinstance(answer, Suggestion):
                inner = f"{stage}/{socket.name}"
                origin = f"{inner}/{answer.origin}" if answer.origin else inner
                return attrs.evolve(answer, origin=origin)
            if answer is AlgorithmState.WAIT:
                return answer
        return AlgorithmState.DONE

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return what the current algorithm keeps."""
        stage = self._stage(history)
        return self._sockets[stage].checkpoints_to_keep(self._view(history, stage))

    def _stage(self, history: History) -> int:
        """Return the stage of the newest own trial: those before it are done."""
        for trial in reversed(history.trials.values()):
            if history.is_own(trial):
                number, name = trial.origin.removeprefix(f"{history.origin}/").split("/")[:2]
                if int(number) < len(self._sockets) and self._sockets[int(number)].name == name:
                    return int(number)  # otherwise the chain was another one then
        return 0

    def _view(self, history: History, stage: int) -> History:
        socket = self._sockets[stage]
        prefix = f"{history.origin}/{stage}/"
        return history.cached(
            (self, stage),
            lambda: history.derive(lambda event, _: as_alone(event, socket.config, prefix)),
        )
