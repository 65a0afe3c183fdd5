"""A stopping rule that keeps its promises, and one that breaks each of them."""

from __future__ import annotations

import random

import attrs

from sherpa_core import StoppingRule, option


@attrs.define(eq=False, slots=False)
class Patience(StoppingRule):
    """Ends what is worse than the best trial by more than a tolerance."""

    tolerance: float = option("how much worse a trial may be", default=1.0)

    def should_trial_stop(self, trial, history, lower_is_better):
        best = self.best(history)
        if best is None or trial.objective != trial.objective:
            return False
        sign = 1 if lower_is_better else -1
        return sign * (trial.objective - best) > self.tolerance

    def should_study_stop(self, history):
        return len(history.ended) >= 100

    def best(self, history):
        return history.best.objective if history.best else None


class HasNoHook:
    def should_stop(self, trial):
        return True


class AnswersWithNumbers(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        return trial.objective


class AnswersNothing(Patience):
    def should_study_stop(self, history):
        if len(history.ended) > 100:
            return True


class CannotBearNaN(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        assert not any(value != value for value in trial.objectives)
        return False


class ExpectsObservations(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        return trial.best.objective > 1e9


class ExpectsTrials(Patience):
    def should_study_stop(self, history):
        return history.trials[1].failure == "out of memory"


class CountsItsCalls(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        self.calls = getattr(self, "calls", 0) + 1
        return self.calls % 3 == 0


class StopsOnSecondQuestion(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        asked = history.cached(self, dict)
        asked[trial.id] = asked.get(trial.id, 0) + 1
        return asked[trial.id] > 6


class ThrowsDice(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        return random.random() < 0.3


class Seeds(Patience):
    def should_study_stop(self, history):
        random.seed(1)
        return random.random() < 0.0


class StopsByItself(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        if super().should_trial_stop(trial, history, lower_is_better):
            trial.stop_requested = "patience"
        return False


class AlwaysMinimizes(Patience):
    def should_trial_stop(self, trial, history, lower_is_better):
        return super().should_trial_stop(trial, history, True)


class HidesAnOption(StoppingRule):
    def __init__(self, tolerance=1.0):
        self._rule = Patience(tolerance)

    def should_trial_stop(self, trial, history, lower_is_better):
        return self._rule.should_trial_stop(trial, history, lower_is_better)


@attrs.define(eq=False, slots=False)
class DoublesAnOption(Patience):
    factor: float = option("what is multiplied", default=1.0, converter=lambda value: 2 * value)


@attrs.define(eq=False, slots=False)
class SetAfterwards(Patience):
    """Is configured by something that is no option."""

    made = 0

    def __attrs_post_init__(self):
        type(self).made += 1
        self.number = self.made

    def best(self, history):
        return super().best(history) if self.number < 3 else None
