"""Bayesian optimization with GPyOpt's models and acquisitions, in sequence and in batches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from sherpa_core import Algorithm, AlgorithmState, History, SearchSpace, option
from sherpa_core.errors import UserError, listed, nearest

if TYPE_CHECKING:
    import numpy as np

    from sherpa_gpyopt.fit import Data, Fit

__all__ = ["GPyOpt"]

logger = logging.getLogger(__name__)

MODEL_TYPES = ("GP", "GP_MCMC", "sparseGP", "warpedGP", "InputWarpedGP", "RF")
ACQUISITION_TYPES = ("EI", "EI_MCMC", "MPI", "MPI_MCMC", "LCB", "LCB_MCMC")


def _one_of(allowed: tuple[str, ...]) -> Any:
    def check(instance: object, attribute: Any, value: Any) -> None:
        if value not in allowed:
            hint = nearest(str(value), allowed)
            raise UserError(
                f"{attribute.name} must be one of {listed(allowed)}, but is {value!r}{hint}"
            )

    return check


def _check_num_initial(instance: object, attribute: Any, value: Any) -> None:
    if value != "infer" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise UserError(
            f"{attribute.name} must be 'infer' or a whole number of at least 1, but is {value!r}"
        )


def _list_of_points(given: Any) -> list[dict[str, Any]]:
    """Return configurations as a list; a data frame's empty cells are left out."""
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        given = [
            {name: value for name, value in row.items() if value == value}  # NaN is not itself
            for row in given.to_dict("records")
        ]
    if isinstance(given, Mapping | str) or not hasattr(given, "__iter__"):
        raise UserError(
            f"initial_data_points must be a list of dicts or a data frame, but is {given!r:.80}"
        )
    points = list(given)
    for point in points:
        if not isinstance(point, Mapping):
            raise UserError(f"initial_data_points must hold dicts, but holds {point!r:.80}")
    return [dict(point) for point in points]


@attrs.define(eq=False)
class GPyOpt(Algorithm):
    """Fits a model to all trials that ended, and tries what its acquisition says is best.

    The first trials are the given ones, then random ones, until there are enough results for a
    model. Trials that are running count as pending: the acquisition is penalized around them.
    Trials that failed or reported no number count as bad as the worst result.

    Sources: GPyOpt (https://github.com/SheffieldML/GPyOpt); local penalization: González et al.,
    "Batch Bayesian Optimization via Local Penalization", AISTATS 2016.

    Args:
        model_type: `GP`, `GP_MCMC`, `sparseGP`, `warpedGP`, `InputWarpedGP` or `RF`.
        num_initial_data_points: number of results before a model is fitted, at least the number
            of parameters. `infer` means their number + 1, or 0 where another algorithm or the
            user has left results.
        initial_data_points: configurations to begin with, as dicts or as a data frame.
        acquisition_type: `EI`, `MPI` or `LCB`; with the model `GP_MCMC` their integrated forms
            `EI_MCMC`, `MPI_MCMC` or `LCB_MCMC`.
        max_concurrent: number of trials at a time: a suggestion keeps away from the newest
            `max_concurrent` - 1 that are running.
        verbosity: whether to print each fitted model, to the standard error.
        max_num_trials: number of trials after which it is done. Default: never.

    Raises:
        UserError: an option is wrong, or model and acquisition do not go together.
    """

    model_type: str = option(
        f"model of the objective: {listed(MODEL_TYPES)}",
        default="GP",
        validator=_one_of(MODEL_TYPES),
    )
    num_initial_data_points: int | str = option(
        "number of results before a model is fitted; infer: the number of parameters + 1, or 0 "
        "where there are results of another origin",
        default="infer",
        validator=_check_num_initial,
    )
    initial_data_points: list[dict[str, Any]] = option(
        "configurations to begin with: a list of dicts, or a data frame",
        factory=list,
        converter=_list_of_points,
    )
    acquisition_type: str = option(
        f"acquisition: {listed(ACQUISITION_TYPES)}; those with _MCMC need the model GP_MCMC",
        default="EI",
        validator=_one_of(ACQUISITION_TYPES),
    )
    max_concurrent: int = option(
        "number of trials at a time: a suggestion keeps away from the others that are running",
        default=4,
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)],
    )
    verbosity: bool = option(
        "whether to print each fitted model, to the standard error",
        default=False,
        validator=attrs.validators.instance_of(bool),
    )
    max_num_trials: int | None = option(
        "number of trials after which it is done",
        default=None,
        validator=attrs.validators.optional(
            [attrs.validators.instance_of(int), attrs.validators.ge(1)]
        ),
    )
    _asked: History | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        sampled = self.acquisition_type.endswith("_MCMC")
        if sampled and self.model_type != "GP_MCMC":
            raise UserError(
                f"acquisition_type {self.acquisition_type!r} needs model_type 'GP_MCMC', "
                f"but that is {self.model_type!r}"
            )
        if self.model_type == "GP_MCMC" and not sampled:
            raise UserError(
                "model_type 'GP_MCMC' needs an acquisition over its samples: acquisition_type "
                f"must be {self.acquisition_type + '_MCMC'!r}, but is {self.acquisition_type!r}"
            )

    def check_parameters(self, parameters: SearchSpace) -> None:
        """Refuse given points that are not in the space, and too few points for it."""
        for index, point in enumerate(self.initial_data_points):
            try:
                parameters.validate(point)
            except UserError as error:
                raise UserError(f"initial_data_points[{index}]: {error}") from None
        needed = self.num_initial_data_points
        if isinstance(needed, int) and needed < len(parameters):
            raise UserError(
                "num_initial_data_points must be at least the number of parameters, "
                f"{len(parameters)}, but is {needed}"
            )

    def get_suggestion(
        self, parameters: SearchSpace, history: History, rng: np.random.Generator
    ) -> dict[str, Any] | AlgorithmState:
        """Return a given point, a random one, or the best one by model and acquisition."""
        self._asked = history
        if self.max_num_trials is not None and history.num_own >= self.max_num_trials:
            return AlgorithmState.DONE
        if history.num_own < len(self.initial_data_points):
            return parameters.validate(self.initial_data_points[history.num_own])
        data = self._data(history)
        if data.num_results < self._num_needed(data):
            return parameters.sample(rng)
        running = [trial.parameters for trial in history.running.values()]
        pending = data.encoding.units(running[max(0, len(running) - self.max_concurrent + 1) :])
        try:
            point = self._fit(data).propose(self.acquisition_type, pending, rng)
        except ArithmeticError as error:
            logger.warning(
                "no %s fits the results, so a trial is random: %s", self.model_type, error
            )
            return parameters.sample(rng)
        return parameters.decode(point.tolist())

    def get_best_pred(self, history: History | None = None) -> dict[str, Any]:
        """Return the configuration whose objective the model predicts to be best.

        Args:
            history: the study's history. Default: the one that it was last asked about.

        Returns:
            The configuration with `Objective`, the prediction; `{}` while there are no results.
        """
        history = history or self._asked
        if history is None:
            return {}
        data = self._data(history)
        if not data.num_results:
            return {}
        point, cost = self._fit(data).best()
        objective = cost if history.lower_is_better else -cost
        return {**history.space.decode(point.tolist()), "Objective": objective}

    def _data(self, history: History) -> Data:
        from sherpa_gpyopt.fit import Data

        data = history.cached(self, lambda: Data(history))
        data.update(history)
        return data

    def _num_needed(self, data: Data) -> int:
        """Return the number of results that a model needs."""
        if isinstance(self.num_initial_data_points, int):
            return self.num_initial_data_points
        return 1 if data.num_foreign else len(data.encoding.space) + 1

    def _fit(self, data: Data) -> Fit:
        fit, is_new = data.fit(self.model_type)
        if self.verbosity and is_new:
            print(fit, file=sys.stderr)
        return fit
