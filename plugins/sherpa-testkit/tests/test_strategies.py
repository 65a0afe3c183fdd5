"""The strategies give what studies can hold, and all of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, History, Ordinal, SearchSpace
from sherpa_testkit.simulation import Drawn, Simulation, Step, fingerprint
from sherpa_testkit.strategies import configurations, histories, objectives, parameters, spaces

SEARCH = settings(
    max_examples=1000,
    phases=[Phase.generate],  # the first one that is found will do
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(space=spaces(), data=st.data())
def test_spaces_and_configurations_are_valid(space, data):
    assert 1 <= len(space) <= 30
    assert SearchSpace.from_list(space.to_list()) == space
    configuration = data.draw(configurations(space))
    assert space.validate(configuration) == configuration


@pytest.mark.parametrize("kind", [Continuous, Discrete, Ordinal, Choice])
def test_every_type_comes(kind):
    assert find(parameters(), lambda found: isinstance(found, kind), settings=SEARCH)


@pytest.mark.parametrize(
    "special",
    [
        lambda each: each.scale == "log",
        lambda each: each.step is not None,
        lambda each: (each.distribution or {}).get("type") == "normal",
        lambda each: (each.distribution or {}).get("type") == "lognormal",
    ],
)
@pytest.mark.parametrize("kind", [Continuous, Discrete])
def test_every_kind_of_range_comes(kind, special):
    def wanted(found):
        return isinstance(found, kind) and special(found)

    assert find(parameters(), wanted, settings=SEARCH)


def depth(space, name):
    when = space.by_name[name].when
    return max((1 + depth(space, other) for other in when), default=0)


def test_conditions_come_three_levels_deep():
    def deep(space):
        return max(depth(space, name) for name in space.names) >= 3

    assert find(spaces(max_size=8), deep, settings=SEARCH)


@SLOW
@given(space=spaces(max_size=6, conditions=False))
def test_conditions_can_be_left_out(space):
    assert not space.conditional


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.0])
def test_special_objectives_come(value):
    assert find(objectives(), lambda found: found == value, settings=SEARCH) == value


@pytest.mark.parametrize(
    "special",
    [
        lambda trial: trial.status == "RUNNING" and trial.num_observations,
        lambda trial: trial.status == "COMPLETED",
        lambda trial: trial.status == "FAILED" and trial.num_observations,
        lambda trial: trial.status == "STOPPED" and not trial.num_observations,
        lambda trial: any(math.isnan(objective) for objective in trial.objectives),
        lambda trial: trial.attempt > 1,
        lambda trial: trial.origin == "user",
        lambda trial: trial.iterations != sorted(trial.iterations),
    ],
)
def test_trials_of_every_fate_come(special):
    def wanted(events):
        return any(map(special, History.of(events).trials.values()))

    space = SearchSpace([Continuous("x", [0, 1])])
    assert find(histories(space), wanted, settings=SEARCH)


@SLOW
@given(events=histories())
def test_a_history_is_the_same_from_events_one_by_one(events):
    history = History()
    for event in events:
        history.fold([event])
    assert fingerprint(history) == fingerprint(History.of(events))


def test_what_needs_a_running_trial_does_nothing_without():
    study = Simulation(Drawn(), [Continuous("x", [0, 1])])
    study.play([Step("observe"), Step("complete"), Step("restart"), Step("stop"), Step("fail")])
    assert len(study.events) == 2


def test_a_simulation_says_what_happened():
    study = Simulation(Drawn(), [Continuous("x", [0, 1])], lower_is_better=False)
    study.play([Step("run", value=2.0), Step("queue", value=0.5), Step("ask"), Step("ask")])
    history = study.history
    assert [trial.origin for trial in history.trials.values()] == ["Drawn", "user", "Drawn"]
    assert history.best.id == 1
    assert history.trials[2].parameters == {"x": 0.5}
    assert [position for position, _ in study.decisions] == [2, 6, 7]
