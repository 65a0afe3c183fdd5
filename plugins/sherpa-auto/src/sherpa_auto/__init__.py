"""Auto: the algorithm that chooses the algorithm."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import attrs

from sherpa_core import (
    Algorithm,
    AlgorithmState,
    Choice,
    History,
    SearchSpace,
    Suggestion,
    option,
)
from sherpa_core.events import as_alone
from sherpa_core.plugin import Run
from sherpa_core.sockets import AlgorithmSocket, bind, check_space

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Auto"]

_whole = attrs.validators.instance_of(int)
_at_least_one = attrs.validators.optional([_whole, attrs.validators.ge(1)])


@attrs.define(eq=False)
class Auto(Algorithm):
    """Asks the algorithm that suits the study at this point.

    With `R` that is `bohb`; else a Gaussian process (`gp`) for the first `gp_trials` trials, then
    `cma-es` if all parameters are numbers or ordered and none has a condition, else `tpe`. Each
    learns from all trials, whoever suggested them.

    Args:
        R: the most resource of a trial, for example epochs; with it trials begin with less of it,
            and the best are continued. Default: every trial is trained as a whole.
        gp_trials: number of trials in the study after which the Gaussian process is asked no more.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        ValueError: an option is out of range.
    """

    R: int | None = option(
        "the most resource of a trial, for example epochs; default: trials are trained as a whole",
        default=None,
        validator=_at_least_one,
    )
    gp_trials: int = option(
        "number of trials in the study after which the Gaussian process is asked no more",
        default=500,
        validator=[_whole, attrs.validators.ge(0)],
    )
    max_num_trials: int | None = option(
        "number of trials after which it is done", default=None, validator=_at_least_one
    )
    _sockets: dict[str, AlgorithmSocket] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        used = ["gp", "cma-es", "tpe"] if self.R is None else [{"name": "bohb", "R": self.R}]
        self._sockets = {each.name: each for each in (bind("algorithm", one) for one in used)}

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a space that one of the algorithms cannot search."""
        for socket in self._sockets.values():
            check_space(socket, parameters)

    def get_suggestion(
        self,
        parameters: SearchSpace,
        history: History,
        rng: np.random.Generator,
        lower_is_better: bool,
        run: Run,
    ) -> Suggestion | AlgorithmState:
        """Return the suggestion of the algorithm that suits the study now."""
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        name = self._chosen(history)
        view = self._view(history, name)
        answer = self._sockets[name](parameters, view, rng, lower_is_better, run)
        if isinstance(answer, Suggestion):
            origin = f"{name}/{answer.origin}" if answer.origin else name
            return attrs.evolve(answer, origin=origin)
        return answer

    def checkpoints_to_keep(self, history: History) -> Collection[int]:
        """Return what the algorithm that passes models on keeps."""
        name = self._chosen(history)
        return self._sockets[name].checkpoints_to_keep(self._view(history, name))

    def _chosen(self, history: History) -> str:
        """Return the name of the algorithm that suits the study now."""
        if self.R is not None:
            return "bohb"
        if len(history.trials) < self.gp_trials:
            return "gp"
        plain = not any(isinstance(each, Choice) or each.when for each in history.space)
        return "cma-es" if plain else "tpe"

    def _view(self, history: History, name: str) -> History:
        config, prefix = self._sockets[name].config, f"{history.origin}/"
        return history.cached(
            (self, name), lambda: history.derive(lambda event, _: as_alone(event, config, prefix))
        )
