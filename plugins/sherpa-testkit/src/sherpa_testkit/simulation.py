"""Simulation: a study without storage and processes, in which a test says what happens."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from sherpa_core import events as ev
from sherpa_core.asking import TrialRandom, decide
from sherpa_core.errors import PluginError, UserError
from sherpa_core.events import Event, decode, encode, to_json
from sherpa_core.history import History
from sherpa_core.parameters import Parameter
from sherpa_core.plugin import AlgorithmState
from sherpa_core.sockets import AlgorithmSocket, bind
from sherpa_core.space import SearchSpace
from sherpa_core.trial import Trial
from sherpa_testkit.promises import promised

#: What the algorithm decided at one position of the log.
Decision = Event | AlgorithmState


@attrs.frozen
class Step:
    """One thing that happens in a simulated study.

    Args:
        action: `ask`, `run` (ask, observe and complete), `observe`, `complete`, `fail`, `stop`,
            `restart` (a running trial's next attempt) or `queue` (a user's configuration).
        which: the running trial it happens to, counted from the oldest, modulo their number.
        value: the objective that is observed; for `queue` the place in the unit cube.
        iteration: the iteration that is observed.
    """

    action: str
    which: int = 0
    value: float = 0.0
    iteration: int = 1


_STATUS = {"complete": "COMPLETED", "fail": "FAILED", "stop": "STOPPED"}


class Drawn:
    """An algorithm that draws from the space: whatever else it is, it is somebody else's."""

    def get_suggestion(self, parameters: SearchSpace, rng: Any) -> dict[str, Any]:
        """Return a random configuration."""
        return parameters.sample(rng)


class Simulation:
    """A study whose log is a list; one second goes by with each event.

    Args:
        algorithm: a plugin's name, a dict of name and options, or an object.
        space: the search space.
        lower_is_better: the direction.
        seed: the study's seed.
        max_concurrent: how many trials the run is said to have at a time.

    Attributes:
        events: the log so far, as a storage would give it back.
        history: its fold, grown event by event.
        decisions: what the algorithm answered, with the position of the log at that time.
    """

    def __init__(
        self,
        algorithm: Any,
        space: Iterable[Parameter],
        lower_is_better: bool = True,
        seed: int = 1,
        max_concurrent: int = 1,
    ) -> None:
        self.algorithm: AlgorithmSocket = bind("algorithm", algorithm)
        self.events: list[Event] = []
        self.history = History(lambda after, limit: self.events[after:][:limit])
        self.decisions: list[tuple[int, Decision]] = []
        self.seed = seed
        self._random = TrialRandom(seed)
        config = {
            "format": 1,
            "name": "simulated",
            "parameters": SearchSpace(space).to_list(),
            "algorithm": self.algorithm.config,
            "lower_is_better": lower_is_better,
            "seed": seed,
        }
        self.write({"type": ev.STUDY_CREATED, "key": "study", "config": config})
        run = {"max_num_trials": None, "max_concurrent": max_concurrent, "timeout": None}
        self.write({"type": ev.RUN_STARTED, **run})

    @property
    def running(self) -> list[Trial]:
        """The running trials, the oldest first."""
        return list(self.history.running.values())

    def write(self, event: Event) -> None:
        """Append an event to the log and fold it."""
        event = {**event, "time": 1e9 + len(self.events), "writer": "testkit"}
        self.events.append(decode(encode(event)))
        self.history.fold((event,))

    def ask(self) -> Trial | AlgorithmState:
        """Ask for the next trial and start it."""
        decision = self.consider()
        self.decisions.append((self.history.position, decision))
        if isinstance(decision, AlgorithmState):
            return decision
        self.write(decision)
        return self.history.trials[decision["trial"]]

    def run(self, objective: float) -> None:
        """Ask for a trial, and if there is one let it report an objective and complete."""
        trial = self.ask()
        if isinstance(trial, Trial):
            self.observe(trial, objective)
            self.finish(trial)

    def consider(self) -> Decision:
        """Ask for the next trial and forget the answer."""
        return _decided(self.algorithm, self.history, self._random)

    def change(self, algorithm: Any) -> None:
        """Go on with another algorithm."""
        self.algorithm = bind("algorithm", algorithm)
        self.write({"type": ev.ALGORITHM_CHANGED, "algorithm": self.algorithm.config})

    def observe(self, trial: Trial, objective: float, iteration: int = 0) -> None:
        """Report an objective; 0 means the next iteration, one that was reported does nothing."""
        iteration = iteration or max(trial.iterations, default=0) + 1
        if iteration in trial.iterations:
            return
        self.write(
            {
                "type": ev.OBSERVATION_ADDED,
                "key": f"trial/{trial.id}/observation/{trial.attempt}/{iteration}",
                "trial": trial.id,
                "attempt": trial.attempt,
                "iteration": iteration,
                "objective": objective,
                "context": {"seconds": 1.5},
            }
        )

    def finish(self, trial: Trial, status: str = "COMPLETED") -> None:
        """End a trial; one that has observed nothing cannot be completed and fails."""
        if status == "COMPLETED" and not trial.num_observations:
            status = "FAILED"
        key = f"trial/{trial.id}/final"
        self.write({"type": ev.TRIAL_FINALIZED, "key": key, "trial": trial.id, "status": status})

    def restart(self, trial: Trial) -> None:
        """Begin a trial's next attempt: what it has reported counts no more."""
        attempt = trial.attempt + 1
        self.write(
            {
                "type": ev.ATTEMPT_STARTED,
                "key": f"trial/{trial.id}/attempt/{attempt}",
                "trial": trial.id,
                "attempt": attempt,
            }
        )

    def queue(self, place: float) -> None:
        """Queue the configuration whose numbers in the unit cube are all `place`."""
        space = self.history.space
        self.write({"type": ev.TRIAL_QUEUED, "parameters": space.decode([place] * len(space))})

    def play(self, steps: Iterable[Step]) -> None:
        """Let things happen; what needs a running trial does nothing where there is none."""
        for step in steps:
            running = self.running
            trial = running[step.which % len(running)] if running else None
            if step.action == "ask":
                self.ask()
            elif step.action == "run":
                self.run(step.value)
            elif step.action == "queue":
                self.queue(step.value)
            elif trial is None:
                continue
            elif step.action == "observe":
                self.observe(trial, step.value, step.iteration)
            elif step.action == "restart":
                self.restart(trial)
            else:
                self.finish(trial, _STATUS[step.action])


def decide_afresh(algorithm: Any, events: Sequence[Event], seed: int) -> Decision:
    """Ask an object that knows nothing but the log, as in a study that is continued."""
    history = History.of(events)
    socket: AlgorithmSocket = bind("algorithm", algorithm)
    if history.trials and socket.implements("load"):
        socket.hook.load(num_trials=len(history.trials))
    return _decided(socket, history, TrialRandom(seed))


def _decided(socket: AlgorithmSocket, history: History, random: TrialRandom) -> Decision:
    try:
        return decide(socket, history, random)
    except PluginError as error:
        if not isinstance(error.__cause__, UserError):
            raise
        with promised("a suggestion lies in the search space, and what it carries besides is JSON"):
            raise


def text_of(decisions: Iterable[Decision]) -> list[str]:
    """Return decisions as texts that are equal when the decisions are."""
    return [
        str(decision) if isinstance(decision, AlgorithmState) else to_json(decision)
        for decision in decisions
    ]


def fingerprint(history: History) -> str:
    """Return a text that changes with whatever a plugin could change in a history."""
    trials = [
        [
            *(trial.id, trial.parameters, trial.status, trial.origin, trial.parent),
            *(dict(trial.metadata), trial.attempt, trial.failure, trial.started, trial.ended),
            *(trial.stop_requested, trial.iterations, trial.objectives),
            [dict(observation.context) for observation in trial.observations],
        ]
        for trial in history.trials.values()
    ]
    return to_json(
        [
            *(trials, history.position, history.config, history.origin, history.note, history.tags),
            *(history.space.to_list(), history.lower_is_better, list(history.rows)),
            *(list(history.running), [trial.id for trial in history.ended], list(history.queue)),
            *(history.best.id if history.best else None, history.stop_requested),
        ]
    )


def bowl(space: SearchSpace, parameters: dict[str, Any]) -> float:
    """Return an objective that is 0 at 0.3 on every axis of the unit cube, and grows from there."""
    known = {name: value for name, value in parameters.items() if name in space.by_name}
    places: Sequence[float] = space.encode(known).tolist()
    return math.fsum((place - 0.3) ** 2 for place in places if place == place)
