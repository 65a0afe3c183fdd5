"""BOHB: Hyperband, with a model that chooses the configurations which begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from sherpa_asha import Hyperband
from sherpa_core import History, SearchSpace, Suggestion, option
from sherpa_core.events import Event, as_alone
from sherpa_core.sockets import AlgorithmSocket, bind, check_space

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BOHB"]


@attrs.define(eq=False)
class BOHB(Hyperband):
    """Hyperband whose new configurations come from a model of what was tried so far.

    The model sees the trials of one resource only, the largest that has enough results: three
    more than there are parameters. Before any has, configurations are random, later on a share of
    them, so that it ends no worse than Hyperband. Promotion, stopping, and what a trial holds are
    those of `Hyperband`.

    Source: S. Falkner, A. Klein, F. Hutter, BOHB: Robust and Efficient Hyperparameter
    Optimization at Scale, ICML 2018.

    Args:
        r: minimum resource of a trial, for example epochs.
        R: maximum resource of a trial.
        eta: the best 1/eta of each rung are promoted, to eta times the resource.
        max_finished_configs: it is done when that many trials completed a top rung.
        model: name, dict of name and options, or object of the algorithm that is the model.
        random_fraction: probability that a new configuration is random.

    Raises:
        ValueError: an option is out of range.
        UserError: the model's options are wrong.
        PluginError: the model is not installed.
    """

    model: Any = option(
        "the algorithm that chooses new configurations: name, table of options, or object",
        default={"name": "tpe", "num_startup": 1},
    )
    random_fraction: float = option(
        "probability that a new configuration is random",
        default=0.33,
        converter=float,
        validator=[attrs.validators.ge(0), attrs.validators.le(1)],
    )
    _socket: AlgorithmSocket = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self._socket = bind("algorithm", self.model)

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse a space that the model cannot search."""
        check_space(self._socket, parameters)

    def new_configuration(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any]:
        """Return the model's choice where there is a model, else a random configuration."""
        view = self._view(history)
        if view is not None and rng.random() >= self.random_fraction:
            lower_is_better, run = history.lower_is_better, history.run
            answer = self._socket(parameters, view, rng, lower_is_better, run)
            if isinstance(answer, Suggestion):
                return dict(answer.parameters)
        return parameters.sample(rng)

    def _view(self, history: History) -> History | None:
        """Return the history of the largest resource that has enough results for a model."""
        for resource in reversed(self.ladders()[0]):
            mapping = self._only(resource)
            view = history.cached((self, resource), partial(history.derive, mapping))
            if view.count("COMPLETED") + view.count("STOPPED") >= len(history.space) + 3:
                return view
        return None

    def _only(self, resource: int) -> Callable[[Event, History], Iterable[Event]]:
        """Return what maps the study's events to those of the trials with one resource."""

        def see(event: Event, history: History) -> Iterable[Event]:
            if "trial" in event:
                trial = history.trials.get(event["trial"])
                if trial is None or not history.is_own(trial):
                    return ()
                if trial.parameters.get("resource") != resource:
                    return ()
            return as_alone(event, self._socket.config, f"{history.origin}/")

        return see
