from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sherpa_core import AlgorithmState, Choice, Continuous, SearchSpace, Suggestion
from sherpa_core.asking import TrialRandom, decide
from sherpa_core.sockets import bind
from sherpa_testkit.simulation import Simulation
from sherpa_testkit.strategies import scripts, spaces

SPACE = SearchSpace([Continuous("x", [0, 1]), Choice("c", ["a", "b"])])


@given(st.integers(0, 2**63 - 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_trials_numbers_depend_on_seed_and_number_alone(seed: int, one: int, two: int) -> None:
    random = TrialRandom(seed)
    first = random(one).random(3).tolist()
    second = random(two).random(3).tolist()

    assert random(one).random(3).tolist() == first
    assert TrialRandom(seed)(two).random(3).tolist() == second
    assert (first == second) == (one == two)


def test_trials_and_seeds_are_independent() -> None:
    drawn = np.array([[TrialRandom(seed)(n).random() for n in range(1, 101)] for seed in range(20)])

    assert len(np.unique(drawn)) == drawn.size
    assert abs(drawn.mean() - 0.5) < 0.03
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.08
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.08


@settings(max_examples=30)
@given(spaces(max_size=4), scripts(15), st.integers(0, 2**32))
def test_who_asks_and_when_makes_no_difference(space: SearchSpace, script: Any, seed: int) -> None:
    study = Simulation("random", space, seed=seed)
    study.play(script)

    fresh = [
        decide(bind("algorithm", "random"), study.history, TrialRandom(seed)) for _ in range(2)
    ]

    assert json.dumps(fresh[0]) == json.dumps(fresh[1]) == json.dumps(study.consider())


class Suggesting:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_suggestion(self, parameters: Any) -> Any:
        return self.answer


def decided(answer: Any, queued: bool = False) -> Any:
    study = Simulation(Suggesting(answer), SPACE)
    if queued:
        study.write({"type": "trial_queued", "parameters": {"x": 0.25, "c": "b"}})
    return study.consider()


def test_the_event_of_a_trial() -> None:
    assert decided({"x": 1, "c": "a"}) == {
        "type": "trial_added",
        "key": "trial/1",
        "trial": 1,
        "parameters": {"x": 1.0, "c": "a"},
        "origin": "Suggesting",
        "based_on": 2,
    }


def test_a_composite_says_which_inner_algorithm_it_was() -> None:
    suggestion = Suggestion({"x": 1, "c": "a"}, parent=3, metadata={"rung": 1}, origin="1/asha")

    event = decided(suggestion)

    assert event["origin"] == "Suggesting/1/asha"
    assert (event["parent"], event["metadata"]) == (3, {"rung": 1})


def test_queued_trials_come_before_the_algorithms() -> None:
    event = decided({"x": 1, "c": "a"}, queued=True)

    assert (event["parameters"], event["origin"], event["queue"]) == (
        {"x": 0.25, "c": "b"}, "user", 1,
    )  # fmt: skip


@pytest.mark.parametrize("state", list(AlgorithmState))
def test_states_are_handed_on(state: AlgorithmState) -> None:
    assert decided(state) is state


def test_ranges_are_left_only_by_algorithms_that_say_so() -> None:
    class Widening(Suggesting):
        widens_ranges = True

    study = Simulation(Widening({"x": 7, "c": "a", "save_to": "1"}), SPACE)

    decision = study.consider()

    assert isinstance(decision, dict)
    assert decision["parameters"] == {"x": 7.0, "c": "a", "save_to": "1"}
