"""An algorithm that keeps its promises, and one that breaks each of them."""

from __future__ import annotations

import random
from typing import ClassVar

import attrs
import numpy as np

from sherpa_core import Algorithm, AlgorithmState, Suggestion, option


@attrs.define(eq=False)
class Climber(Algorithm):
    """Draws at random at first, then near the best trial."""

    max_num_trials: int | None = option(
        "number of trials",
        default=None,
        validator=attrs.validators.optional(attrs.validators.ge(1)),
    )
    spread: float = option("width of the steps in the unit cube", default=0.2)

    def get_suggestion(self, parameters, history, rng, lower_is_better):
        if self.max_num_trials is not None and self.own(history) >= self.max_num_trials:
            return AlgorithmState.DONE
        point = rng.random(len(parameters))
        best = self.best(history, lower_is_better)
        if history.num_own >= 5 and best is not None:
            start = parameters.encode(best.parameters)
            start = np.where(np.isnan(start), point, start)
            point = np.clip(start + self.spread * (point - 0.5), 0, 1)
        return self.suggest(parameters, point.tolist())

    def own(self, history):
        return history.num_own

    def best(self, history, lower_is_better):
        return history.best

    def suggest(self, parameters, point):
        return parameters.decode(point)


class CannotReadLists(Climber):
    def suggest(self, parameters, point):
        configuration = super().suggest(parameters, point)
        assert len(set(configuration.values())) <= len(parameters)
        return configuration


class LeavesTheRange(Climber):
    def suggest(self, parameters, point):
        configuration = super().suggest(parameters, point)
        return {
            name: value * 1.5 if isinstance(value, float) else value
            for name, value in configuration.items()
        }


class ForgetsAParameter(Climber):
    def suggest(self, parameters, point):
        configuration = super().suggest(parameters, point)
        return dict(list(configuration.items())[:20])


class KnowsNoConditions(Climber):
    def suggest(self, parameters, point):
        configuration = super().suggest(parameters, point)
        return {each.name: configuration[each.name] for each in parameters}


class DeclaresNoConditions(KnowsNoConditions):
    """Is none of the broken ones: it says what it cannot do."""

    supports_conditions = False


class ExpectsObservations(Climber):
    def best(self, history, lower_is_better):
        return min(history.ended, key=lambda trial: trial.best.objective, default=None)


class CannotBearNaN(Climber):
    def best(self, history, lower_is_better):
        for trial in history.ended:
            if any(value != value for value in trial.objectives):
                raise ValueError("cannot convert float NaN to integer")
        return history.best


class CannotBearInfinity(Climber):
    def best(self, history, lower_is_better):
        [round(value) for trial in history.ended for value in trial.objectives if value == value]
        return history.best


class ExpectsTheEnd(Climber):
    def best(self, history, lower_is_better):
        for trial in history.trials.values():
            trial.ended - trial.started
        return history.best


class WaitsForEver(Climber):
    def get_suggestion(self, parameters, history, rng, lower_is_better):
        return AlgorithmState.WAIT if history.num_own == 5 else parameters.sample(rng)


class WaitsUnannounced(Climber):
    def get_suggestion(self, parameters, history, rng, lower_is_better):
        return AlgorithmState.WAIT if history.running else parameters.sample(rng)


class IsDoneUnannounced(Climber):
    def get_suggestion(self, parameters, history, rng, lower_is_better):
        return None if history.num_own == 7 else parameters.sample(rng)


class ReadsForeignMetadata(Climber):
    def best(self, history, lower_is_better):
        [trial.metadata["place"] for trial in history.trials.values() if trial.origin != "user"]
        return history.best

    def suggest(self, parameters, point):
        return Suggestion(super().suggest(parameters, point), metadata={"place": 1})


class CountsOnItsMetadata(ReadsForeignMetadata):
    def best(self, history, lower_is_better):
        [trial.metadata["place"] for trial in history.trials.values()]
        return history.best


class CountsItsCalls(Climber):
    def get_suggestion(self, parameters, history, rng, lower_is_better):
        object.__setattr__(self, "_calls", getattr(self, "_calls", 0) + 1)
        if self._calls % 4 == 0:
            return parameters.decode([0.5] * len(parameters))
        return parameters.sample(rng)


class FitsSometimes(Climber):
    """Brings its model up to date at every third question only."""

    def best(self, history, lower_is_better):
        model = history.cached(self, lambda: {"asked": 0, "best": None})
        if model["asked"] % 3 == 0:
            model["best"] = history.best
        model["asked"] += 1
        return model["best"]


class DrawsGlobally(Climber):
    def suggest(self, parameters, point):
        return super().suggest(parameters, [random.random() for _ in point])


class SeedsGlobally(Climber):
    def suggest(self, parameters, point):
        np.random.seed(len(point))
        return super().suggest(parameters, np.random.random(len(point)).tolist())


class SortsTheHistory(Climber):
    def best(self, history, lower_is_better):
        history.ended.sort(key=lambda trial: trial.id, reverse=True)
        return history.best


class MarksTrials(Climber):
    def best(self, history, lower_is_better):
        for trial in history.ended:
            trial.failure = "seen"
        return history.best


class NarrowsTheSpace(Climber):
    def best(self, history, lower_is_better):
        if history.best:
            history.space[0].range[0] = history.best.objective
        return history.best


class AlwaysMinimizes(Climber):
    def best(self, history, lower_is_better):
        known = [trial for trial in history.ended if trial.objective == trial.objective]
        return min(known, key=lambda trial: trial.objective, default=None)


class TakesTheWorst(Climber):
    def best(self, history, lower_is_better):
        sign = 1 if lower_is_better else -1
        known = [trial for trial in history.ended if trial.objective == trial.objective]
        return max(known, key=lambda trial: sign * trial.objective, default=None)


class HidesAnOption(Algorithm):
    def __init__(self, spread=0.2):
        self._climber = Climber(spread=spread)

    def get_suggestion(self, parameters, history, rng, lower_is_better):
        return self._climber.get_suggestion(parameters, history, rng, lower_is_better)


@attrs.define(eq=False)
class DoublesAnOption(Climber):
    factor: float = option("what steps are multiplied with", default=1.0, converter=lambda x: 2 * x)


@attrs.define(eq=False)
class SetAfterwards(Climber):
    """Is configured by something that is no option."""

    objects: ClassVar = []

    def __attrs_post_init__(self):
        self.objects.append(self)  # the first objects are others than those made later

    def suggest(self, parameters, point):
        scale = 0.5 if self.objects.index(self) < 2 else 1.0
        return super().suggest(parameters, [unit * scale for unit in point])


class CountsAllTrials(Climber):
    def own(self, history):
        return len(history.trials)


class CountsSuccesses(Climber):
    def own(self, history):
        return history.count("COMPLETED")


@attrs.define(eq=False)
class RunsZeroTrials(Climber):
    max_num_trials: int | None = option("number of trials", default=None)


class StartsAgain(Climber):
    def own(self, history):
        return len(history.running) + history.num_own % 6


class RemembersArrays(Climber):
    def suggest(self, parameters, point):
        return Suggestion(super().suggest(parameters, point), metadata={"point": np.array(point)})


class HasTextForBest(Climber):
    def get_best_result(self, history):
        return ["best", history.best]


class KeepsUnknownCheckpoints(Climber):
    def checkpoints_to_keep(self, history):
        return [0]


class OrdersBySets(Climber):
    """Suggests another order of trials in each process."""

    def suggest(self, parameters, point):
        names = list({parameter.name for parameter in parameters})
        places = dict(zip(names, point, strict=True))
        return super().suggest(parameters, [places[each.name] for each in parameters])


class DeclaresTooMuch(Climber):
    contract: ClassVar = {"clever": True}
