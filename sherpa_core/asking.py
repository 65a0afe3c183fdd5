"""The decision which trial comes next: a pure function of the history."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from sherpa_core import events as ev
from sherpa_core.errors import UserError
from sherpa_core.events import Event
from sherpa_core.plugin import AlgorithmState
from sherpa_core.sockets import AlgorithmSocket
from sherpa_core.values import check_name, plain_dict

if TYPE_CHECKING:
    import numpy as np

    from sherpa_core.history import History
    from sherpa_core.space import SearchSpace


class TrialRandom:
    """Random generators keyed by (study seed, trial number): there is no state to save.

    Args:
        seed: the study's seed, from 0 to 2**63 - 1.
    """

    def __init__(self, seed: int) -> None:
        from numpy.random import Generator, Philox

        self._bits = Philox(key=seed)
        self._generator = Generator(self._bits)
        self._state: Any = self._bits.state

    def __call__(self, number: int) -> np.random.Generator:
        """Return the generator of trial `number`, valid until the next call."""
        self._state["state"]["key"][1] = number
        self._bits.state = self._state  # setting a state is six times faster than a new generator
        return self._generator


def decide(
    algorithm: AlgorithmSocket, history: History, random: TrialRandom
) -> Event | AlgorithmState:
    """Return the event that adds the next trial, or the algorithm's WAIT or DONE.

    Trials that the user queued come before the algorithm's.

    Raises:
        PluginError: the algorithm failed, or suggested what is not in the space.
    """
    number = history.last_id + 1
    if history.queue:
        queued = history.queue[0]
        return {
            "type": ev.TRIAL_ADDED,
            "key": f"trial/{number}",
            "trial": number,
            "parameters": queued["parameters"],
            "origin": "user",
            "queue": queued["queue"],
            **({"metadata": queued["metadata"]} if "metadata" in queued else {}),
        }
    answer = algorithm(history.space, history, random(number), history.lower_is_better, history.run)
    if isinstance(answer, AlgorithmState):
        return answer
    event: Event = {
        "type": ev.TRIAL_ADDED,
        "key": f"trial/{number}",
        "trial": number,
        "parameters": _checked(algorithm, history.space, answer.parameters),
        "origin": f"{history.origin}/{answer.origin}" if answer.origin else history.origin,
        "based_on": history.position,
    }
    if answer.parent is not None:
        event["parent"] = answer.parent
    if answer.metadata:
        event["metadata"] = _plain(algorithm, answer.metadata, "metadata")
    return event


class Asker:
    """Decides in a thread of its own, so that a slow algorithm holds nobody up.

    The history must not change while `busy`. Leaving does not wait for the thread.
    """

    def __init__(self) -> None:
        self._questions: SimpleQueue[Any] = SimpleQueue()
        self._asked: Future[Event | AlgorithmState] | None = None
        self._thread: threading.Thread | None = None

    @property
    def asked(self) -> bool:
        """Whether a question was asked whose answer was not taken."""
        return self._asked is not None

    @property
    def busy(self) -> bool:
        """Whether that question is not answered yet."""
        return self._asked is not None and not self._asked.done()

    def ask(
        self, algorithm: AlgorithmSocket, history: History, random: TrialRandom, patience: float
    ) -> None:
        """Begin with a decision, and wait at most `patience` seconds for it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="sherpa-ask", daemon=True)
            self._thread.start()
        self._asked = Future()
        self._questions.put((self._asked, algorithm, history, random))
        wait((self._asked,), patience)

    def take(self) -> Event | AlgorithmState:
        """Return the decision; raises what `decide` raises."""
        assert self._asked is not None
        asked, self._asked = self._asked, None
        return asked.result()

    def close(self) -> None:
        """End the thread when it has answered; nobody waits for that."""
        self._questions.put(None)

    def _serve(self) -> None:
        while (question := self._questions.get()) is not None:
            asked, algorithm, history, random = question
            try:
                asked.set_result(decide(algorithm, history, random))
            except BaseException as error:  # noqa: BLE001 - raised again by `take`
                asked.set_exception(error)


def _checked(
    algorithm: AlgorithmSocket, space: SearchSpace, given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the suggested configuration with native values and without inactive parameters."""
    if type(given) is not dict and not isinstance(given, Mapping):
        raise algorithm.error(f"suggested {given!r:.80}, but parameters are a dict.")
    try:
        valid = space.restore(given, strict=not algorithm.widens_ranges)
        if len(given) > len(valid):
            extra = [name for name in given if name not in space.by_name]
            valid |= plain_dict({check_name(name, "parameter"): given[name] for name in extra})
    except UserError as error:
        raise algorithm.error(f"suggested {dict(given)!r:.300}: {error}.") from error
    return valid


def _plain(algorithm: AlgorithmSocket, values: Any, what: str) -> dict[str, Any]:
    try:
        return plain_dict(values)
    except (UserError, AttributeError) as error:
        raise algorithm.error(f"returned {what} that is no dict of JSON: {error}.") from error
