from __future__ import annotations

import logging
import random
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from sherpa_core import (
    AlgorithmState,
    Choice,
    Continuous,
    History,
    PluginError,
    SearchSpace,
    Suggestion,
    UserError,
)
from sherpa_core.plugin import Run
from sherpa_core.sockets import bind, bind_all, check_space

SPACE = SearchSpace([Continuous("x", [0, 1]), Choice("c", ["a", "b"])])


def ask(plugin: Any, seed: int = 0) -> Suggestion | AlgorithmState:
    rng = np.random.default_rng(seed)
    return bind("algorithm", plugin)(SPACE, History(), rng, True, Run(max_concurrent=3))


def algorithm(answer: Any) -> Any:
    class Fixed:
        def get_suggestion(self, parameters: Any) -> Any:
            return answer() if callable(answer) else answer

    return Fixed()


# What an algorithm may name


def test_a_plugin_gets_just_the_arguments_that_it_names() -> None:
    class Picky:
        def get_suggestion(self, run: Any, parameters: Any) -> dict[str, Any]:
            return {"x": parameters[0].low, "c": run.max_concurrent}

    answer = ask(Picky())

    assert isinstance(answer, Suggestion)
    assert answer.parameters == {"x": 0.0, "c": 3}


def test_the_manuals_three_arguments() -> None:
    class Old:
        def get_suggestion(self, parameters, results, lower_is_better):  # type: ignore[no-untyped-def]
            return {"x": float(results.shape[0]), "c": lower_is_better}

    history = History.of(
        [
            {
                "type": "study_created",
                "config": {
                    "parameters": SPACE.to_list(),
                    "algorithm": {},
                    "lower_is_better": True,
                },
            }
        ]
    )
    answer = bind("algorithm", Old())(SPACE, history, np.random.default_rng(), True, Run())

    assert isinstance(answer, Suggestion)
    assert answer.parameters == {"x": 0.0, "c": True}


def test_defaults_of_arguments_do_not_hide_what_is_given() -> None:
    class Scheduler:
        def submit_job(self, command, env={}, job_name=""):  # type: ignore[no-untyped-def]  # noqa: B006
            return f"{command} {env} {job_name}"

        def get_status(self, job_id):  # type: ignore[no-untyped-def]
            return 1

        def kill_job(self, job_id):  # type: ignore[no-untyped-def]
            return None

    socket = bind("scheduler", Scheduler())
    job = socket.hook.submit_job(
        command=["run"], env={"A": "1"}, job_name="j", resources={}, work_dir="", output_path=""
    )

    assert job == "['run'] {'A': '1'} j"


def test_global_generators_follow_the_trials_and_are_restored() -> None:
    class Global:
        def get_suggestion(self, parameters: Any) -> dict[str, Any]:
            return {"x": np.random.rand() + random.random(), "c": parameters[1].sample()}

    np.random.seed(5)
    random.seed(5)
    before = (np.random.get_state()[1].tolist(), random.getstate())  # type: ignore[index, union-attr]

    answers = [ask(Global(), seed) for seed in (1, 1, 2)]

    assert answers[0] == answers[1] != answers[2]
    after = (np.random.get_state()[1].tolist(), random.getstate())  # type: ignore[index, union-attr]
    assert before == after


def test_global_generators_are_restored_after_a_failure() -> None:
    class Failing:
        def get_suggestion(self, parameters: Any) -> dict[str, Any]:
            random.random()
            raise RuntimeError("no")

    before = random.getstate()
    with pytest.raises(PluginError):
        ask(Failing())

    assert random.getstate() == before


def test_sampling_inside_an_ask_follows_the_trial() -> None:
    class Sampling:
        def get_suggestion(self, parameters: Any, rng: Any) -> dict[str, Any]:
            return {each.name: each.sample() for each in parameters}

    assert ask(Sampling(), 1) == ask(Sampling(), 1) != ask(Sampling(), 2)


# What it may answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, AlgorithmState.DONE),
        (AlgorithmState.DONE, AlgorithmState.DONE),
        (AlgorithmState.WAIT, AlgorithmState.WAIT),
        ({"x": 0.5}, Suggestion({"x": 0.5})),
        (Suggestion({"x": 0.5}, parent=3), Suggestion({"x": 0.5}, parent=3)),
    ],
)
def test_answers(answer: Any, expected: Any) -> None:
    assert ask(algorithm(answer)) == expected


@pytest.mark.parametrize("answer", [5, "random", [0.5], [("x", 1)], True, AlgorithmState], ids=repr)
def test_other_answers_are_named(answer: Any) -> None:
    class Odd:
        def get_suggestion(self, parameters: Any) -> Any:
            return answer

    with pytest.raises(PluginError, match=r"the algorithm 'Odd' returned .*but a suggestion is"):
        ask(Odd())


def test_a_failing_algorithm_is_named_with_its_cause() -> None:
    with pytest.raises(
        PluginError, match="'Fixed' failed in get_suggestion: ZeroDivisionError"
    ) as e:
        ask(algorithm(lambda: 1 / 0))

    assert isinstance(e.value.__cause__, ZeroDivisionError)


# What cannot be bound


def plugin(**methods: Any) -> Any:
    return type("Plugin", (), methods)()


@pytest.mark.parametrize(
    ("kind", "made", "sentence"),
    [
        ("algorithm", plugin(), "the algorithm 'Plugin' lacks 'get_suggestion'"),
        ("algorithm", None, "lacks 'get_suggestion'"),
        ("algorithm", 5, "lacks 'get_suggestion'"),
        ("algorithm", plugin(get_suggestion=3), "lacks 'get_suggestion'"),
        (
            "algorithm",
            plugin(get_suggestion=lambda self, **kwargs: {}),
            r"get_suggestion takes \*kwargs",
        ),
        (
            "algorithm",
            plugin(get_suggestion=lambda self, *args: {}),
            r"get_suggestion takes \*args",
        ),
        (
            "algorithm",
            plugin(get_suggestion=lambda self, *, rng: {}),
            "takes 'rng' as keyword only",
        ),
        (
            "algorithm",
            plugin(get_suggestion=lambda self, params: {}),
            "takes 'params', which is not an argument of this hook; there are 'parameters'",
        ),
        (
            "algorithm",
            plugin(get_suggestion=lambda self: {}, load=lambda self, path: None),
            "load takes 'path', which is not an argument of this hook; there are 'num_trials'",
        ),
        ("scheduler", plugin(submit_job=lambda self, command: ""), "lacks 'get_status' and 'kill_"),
        ("storage", plugin(), "lacks 'append', 'read', 'list_studies' and 'delete_study'"),
        (
            "stopping_rule",
            plugin(should_trial_stop=lambda self, results, trail: True),
            "takes 'trail'",
        ),
        ("dashboard", plugin(), "the dashboard 'Plugin' lacks 'start_dashboard'"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, made: Any, sentence: str) -> None:
    with pytest.raises(PluginError, match=sentence):
        bind(kind, made)


def test_an_unhashable_plugin_is_bound_or_refused_with_a_sentence() -> None:
    @attrs.define
    class Unhashable:
        def get_suggestion(self, parameters: Any) -> dict[str, Any]:
            return {"x": 0.5, "c": "a"}

    try:
        assert isinstance(ask(Unhashable()), Suggestion)
    except PluginError as error:
        assert "'Unhashable'" in str(error)


def test_properties_that_raise_do_not_hinder() -> None:
    class Moody:
        @property
        def model(self) -> Any:
            raise RuntimeError("not fitted")

        def get_suggestion(self, parameters: Any) -> dict[str, Any]:
            return {"x": 0.5, "c": "a"}

    assert isinstance(ask(Moody()), Suggestion)


def test_one_or_many_or_none_can_be_bound() -> None:
    assert bind_all("stopping_rule", None) == []
    with pytest.raises(PluginError, match="has neither 'should_trial_stop' nor"):
        bind("stopping_rule", object())
    assert [each.name for each in bind_all("stopping_rule", "median")] == ["median"]
    assert len(bind_all("stopping_rule", ["median", {"name": "median", "min_trials": 2}])) == 2


def test_a_storage_may_be_a_path(tmp_path: Path) -> None:
    for place in (tmp_path / "a.db", str(tmp_path / "b.db")):
        assert bind("storage", place).name == "sqlite"
    assert bind("storage", "memory://").name == "memory"


# Conditions


CONDITIONAL = SearchSpace([Choice("o", ["a", "b"]), Continuous("x", [0, 1], when={"o": "a"})])


def test_an_algorithm_without_conditions_refuses_a_conditional_space() -> None:
    class Plain:
        supports_conditions = False

        def get_suggestion(self, parameters: Any) -> None:
            return None

    check_space(bind("algorithm", Plain()), SPACE)
    with pytest.raises(
        UserError, match=r"'Plain' does not support conditional.*'x' have conditions"
    ):
        check_space(bind("algorithm", Plain()), CONDITIONAL)


# Stopping rules


@pytest.mark.parametrize("answer", [True, np.bool_(True), 1])
def test_a_rule_that_says_stop_stops(answer: Any) -> None:
    rule = bind("stopping_rule", plugin(should_trial_stop=lambda self, trial: answer))

    assert rule.should_trial_stop(None, History()) is True  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [False, None, 0, np.bool_(False)])
def test_a_rule_that_does_not_say_stop_does_not_stop(answer: Any) -> None:
    rule = bind("stopping_rule", plugin(should_trial_stop=lambda self, trial: answer))

    assert rule.should_trial_stop(None, History()) is False  # type: ignore[arg-type]
    assert rule.should_study_stop(History()) is False


def test_a_failing_rule_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fail(self: Any, trial: Any) -> bool:
        raise KeyError("loss")

    rule = bind("stopping_rule", plugin(should_trial_stop=fail))

    with caplog.at_level(logging.WARNING, logger="sherpa_core"):
        assert rule.should_trial_stop(None, History()) is False  # type: ignore[arg-type]
    assert "the stopping rule 'Plugin' failed in should_trial_stop: KeyError: 'loss'" in caplog.text
