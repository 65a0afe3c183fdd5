"""An observer that keeps its promises, and one that breaks each of them."""

from __future__ import annotations

import math
import random
import threading

import attrs

from sherpa_core import Observer, option


@attrs.define(eq=False, slots=False)
class Notes(Observer):
    """Keeps lines about what happens."""

    width: int = option("characters of a line", default=80)

    def __attrs_post_init__(self):
        self.lines = {}

    def trial_started(self, trial):
        self.note(trial, "started")

    def observation_added(self, trial, observation):
        self.note(trial, f"{observation.iteration}: {observation.objective}")

    def trial_finalized(self, trial, history):
        self.note(trial, trial.status)

    def study_finished(self, history):
        self.note(history.best, "is the best")

    def note(self, trial, line):
        self.lines.setdefault(trial and trial.id, []).append(line[: self.width])


class HasNoHook:
    def trial_ended(self, trial):
        pass


class CannotBearNaN(Notes):
    def observation_added(self, trial, observation):
        self.note(trial, str(math.floor(observation.objective)))


class ExpectsTheStart(Notes):
    def trial_finalized(self, trial, history):
        self.lines[trial.id].append("ended")


class ExpectsAnOwnRow(Notes):
    def trial_started(self, trial):
        assert (trial.id, trial.attempt) not in self.lines
        self.lines[trial.id, trial.attempt] = []


class ExpectsABestTrial(Notes):
    def study_finished(self, history):
        self.note(history.best, f"{history.best.objective:.3}")


class KnowsOnlyTheFirstAttempt(Notes):
    def trial_started(self, trial):
        assert trial.attempt == 1
        self.note(trial, "started")


class BelongsToItsThread(Notes):
    def __attrs_post_init__(self):
        super().__attrs_post_init__()
        self.thread = threading.get_ident()

    def trial_started(self, trial):
        assert self.thread == threading.get_ident(), "SQLite objects created in another thread"


class Marks(Notes):
    def trial_finalized(self, trial, history):
        trial.failure = trial.failure or "noted"


class Waits(Notes):
    def study_finished(self, history):
        threading.Event().wait(0.3)


class ThrowsDice(Notes):
    def trial_started(self, trial):
        self.note(trial, f"started, draw {random.random()}")


class HidesAnOption(Observer):
    def __init__(self, width=80):
        self._width = width

    def study_finished(self, history):
        pass


@attrs.define(eq=False, slots=False)
class DoublesAnOption(Notes):
    factor: int = option("what is multiplied", default=1, converter=lambda value: 2 * value)
