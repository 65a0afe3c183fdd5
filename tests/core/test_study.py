from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sherpa_core as sherpa
from sherpa_core import AlgorithmState, Study, Trial, UserError
from sherpa_core.errors import StudyStopped
from sherpa_testkit.studies import ask, tell

PARAMETERS = [
    sherpa.Continuous("lr", [0.005, 0.1], "log"),
    sherpa.Discrete("num_units", [50, 200]),
    sherpa.Choice("activation", ["relu", "elu"]),
]


def new(algorithm: Any = "random", parameters: Any = None, **more: Any) -> Study:
    return Study(parameters or PARAMETERS, algorithm, disable_dashboard=True, **more)


# The manual's loops


def test_thirty_seconds() -> None:
    parameters = [sherpa.Discrete("num_units", [50, 200])]
    alg = sherpa.algorithms.RandomSearch(max_num_trials=50)
    study = sherpa.Study(
        parameters=parameters, algorithm=alg, lower_is_better=True, disable_dashboard=True
    )

    for trial in study:
        study.add_observation(trial, objective=float(trial.parameters["num_units"]))
        study.finalize(trial)

    final = study.results[study.results["Status"] == "COMPLETED"]
    assert final["Trial-ID"].tolist() == list(range(1, 51))
    assert study.get_best_result()["num_units"] == final["num_units"].min()


def test_the_double_loop_with_context() -> None:
    study = new(sherpa.algorithms.RandomSearch(max_num_trials=3), lower_is_better=False)

    for trial in study:
        for iteration in range(4):
            study.add_observation(
                trial=trial,
                iteration=iteration,
                objective=trial.id * 10 + iteration,
                context={"training_error": np.float32(iteration)},
            )
        study.finalize(trial)

    assert len(study.results) == 3 * 5
    best = study.get_best_result()
    assert list(best) == [
        "Trial-ID", "Iteration", "lr", "num_units", "activation", "Objective", "training_error",
    ]  # fmt: skip
    assert (best["Trial-ID"], best["Iteration"], best["Objective"]) == (3, 3, 33.0)
    assert best["training_error"] == 3.0


def test_the_manuals_grid() -> None:
    parameters = sherpa.Parameter.grid({"act": ["tanh", "relu"], "lrinit": [0.1, 0.01]})
    study = new(sherpa.algorithms.GridSearch(), parameters)

    seen = []
    for trial in study:
        seen.append((trial.parameters["act"], trial.parameters["lrinit"]))
        study.finalize(trial, "FAILED")

    assert seen == [("tanh", 0.1), ("tanh", 0.01), ("relu", 0.1), ("relu", 0.01)]


def test_done_stays_done() -> None:
    study = new(sherpa.algorithms.RandomSearch(max_num_trials=1))
    tell(study, ask(study), 0.5)

    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.get_suggestion() is AlgorithmState.DONE
    assert list(study) == []


def test_max_num_trials_counts_trials_of_every_status() -> None:
    study = new(sherpa.algorithms.RandomSearch(max_num_trials=3))

    for trial, status in zip(study, ("FAILED", "STOPPED", "FAILED"), strict=False):
        study.finalize(trial, status)

    assert study.get_suggestion() is AlgorithmState.DONE


def test_an_empty_study_has_no_best_result() -> None:
    study = new()

    assert study.get_best_result() == {}
    assert study.results.empty


# Waiting


class Turns:
    """One trial at a time."""

    def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
        if history.running:
            return AlgorithmState.WAIT
        if len(history.ended) == 2:
            return None
        return parameters.sample(rng)


def test_wait_is_handed_to_who_asks() -> None:
    study = new(Turns())
    ask(study)

    assert study.get_suggestion() is AlgorithmState.WAIT


def test_a_loop_that_waits_for_its_own_trial_says_what_to_do() -> None:
    study = new(Turns())

    with pytest.raises(StudyStopped, match="finalize 1 before the next one is asked for"):
        for _ in study:
            pass


def test_a_loop_that_waits_for_nothing_says_so() -> None:
    class Waiting:
        def get_suggestion(self, parameters: Any) -> Any:
            return AlgorithmState.WAIT

    with pytest.raises(StudyStopped, match="'Waiting' waits although no trial is running"):
        list(new(Waiting()))


def test_a_loop_waits_for_the_trials_of_others() -> None:
    class Ending(Turns):
        asked = 0

        def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
            self.asked += 1
            if self.asked == 3:
                study.finalize(others, "FAILED")
            return super().get_suggestion(parameters, history, rng)

    algorithm = Ending()
    study = new(algorithm)
    others = ask(study)

    seen = []
    for trial in study:
        seen.append(trial.id)
        study.finalize(trial, "FAILED")

    assert seen == [2]
    assert algorithm.asked > 3


# Stopping


class StopAfter:
    """Stops each trial after two observations."""

    def should_trial_stop(self, trial: Trial) -> bool:
        return trial.num_observations >= 2


def test_a_rule_stops_and_finalize_knows() -> None:
    study = new(stopping_rule=StopAfter())
    trial = ask(study)
    iteration = 0
    while not study.should_trial_stop(trial):
        study.add_observation(trial, 0.5, iteration)
        iteration += 1
    study.finalize(trial)

    assert iteration == 2
    final = study.results.iloc[-1]
    assert (final["Status"], final["Failure"]) == ("STOPPED", "stopping rule StopAfter")


def test_finalize_takes_the_users_word_over_the_rules() -> None:
    study = new(stopping_rule=StopAfter())
    trial = ask(study)
    study.add_observation(trial, 0.5, 1)
    study.add_observation(trial, 0.4, 2)
    assert study.should_trial_stop(trial)

    study.finalize(trial, "COMPLETED")

    assert study.results.iloc[-1]["Status"] == "COMPLETED"
    assert study.results.iloc[-1]["Failure"] == ""


def test_any_rule_stops() -> None:
    class Never:
        def should_trial_stop(self, trial: Trial) -> bool:
            return False

    study = new(stopping_rule=Never(), stopping_rules=[Never(), StopAfter()])
    trial = ask(study)
    study.add_observation(trial, 0.5, 1)
    assert not study.should_trial_stop(trial)
    study.add_observation(trial, 0.5, 2)
    assert study.should_trial_stop(trial)


def test_without_a_rule_nothing_stops_until_somebody_asks_for_it() -> None:
    study = new()
    trial = ask(study)
    assert not study.should_trial_stop(trial)

    study.request_stop(trial, "too slow")

    assert study.should_trial_stop(trial)
    study.add_observation(trial, 0.5)
    study.finalize(trial)
    assert study.results.iloc[-1]["Status"] == "STOPPED"
    assert study.results.iloc[-1]["Failure"] == "too slow"


def test_a_study_can_be_stopped_and_go_on() -> None:
    study = new()
    study.stop("lunch")
    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.history.stop_requested == "lunch"

    study.stop(None)

    assert isinstance(study.get_suggestion(), Trial)


def test_a_rule_may_end_the_study() -> None:
    class Enough:
        def should_study_stop(self, history: Any) -> bool:
            return history.best is not None and history.best.objective < 0.1

    study = new(stopping_rule=Enough())
    tell(study, ask(study), 0.5)
    tell(study, ask(study), 0.05)

    assert study.get_suggestion() is AlgorithmState.DONE
    assert study.history.stop_requested == "stopping rule Enough"


# Queued trials


CONFIGURATION = {"lr": 0.01, "num_units": 100, "activation": "elu"}


def test_queued_trials_come_first_in_their_order() -> None:
    study = new()
    study.add_trial(Trial(7, {**CONFIGURATION, "num_units": 60}))
    study.enqueue({**CONFIGURATION, "num_units": np.int64(70)})

    trials = [ask(study) for _ in range(3)]

    assert [each.id for each in trials] == [1, 2, 3]
    assert [each.parameters["num_units"] for each in trials[:2]] == [60, 70]
    assert type(trials[1].parameters["num_units"]) is int
    assert [each.origin for each in trials] == ["user", "user", "random"]


def test_queued_trials_do_not_count_for_the_algorithm() -> None:
    study = new(sherpa.algorithms.RandomSearch(max_num_trials=2))
    study.enqueue(CONFIGURATION)

    for _ in range(3):
        tell(study, ask(study), 0.5)
    assert study.get_suggestion() is AlgorithmState.DONE


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        ({}, "'lr' has no value"),
        ({**CONFIGURATION, "lr": 5}, "lr must lie in"),
        (
            {**CONFIGURATION, "num_unit": 5},
            "'num_unit' is not a parameter, did you mean 'num_units'",
        ),
        ({**CONFIGURATION, "activation": "rely"}, "activation must be one of"),
        (None, "must be a dict"),
        ([1], "must be a dict"),
    ],
)
def test_wrong_queued_trials_are_refused(configuration: Any, sentence: str) -> None:
    study = new()
    before = list(study._log.read(0))

    with pytest.raises(UserError, match=sentence):
        study.enqueue(configuration)
    assert list(study._log.read(0)) == before


def test_add_trial_takes_trials() -> None:
    with pytest.raises(UserError, match="add_trial takes a Trial"):
        new().add_trial(CONFIGURATION)  # type: ignore[arg-type]


# Whose data it is


def test_a_trials_parameters_are_ones_own() -> None:
    study = new(parameters=[sherpa.Choice("layers", [[16, 32]])])
    trial = ask(study)

    trial.parameters["layers"].append(99)
    study.add_observation(trial, 1.0)
    study.finalize(trial)

    assert trial.parameters == {"layers": [16, 32]}
    assert study.get_best_result()["layers"] == [16, 32]
    assert study.results["layers"].tolist() == [[16, 32], [16, 32]]


def test_notes_and_tags_are_kept() -> None:
    study = new(tags=["first"])
    study.set_note("größer", tags=["a", "b"])

    assert (study.history.note, study.history.tags) == ("größer", ["a", "b"])


def test_studies_have_unique_names_unless_named() -> None:
    assert new().name != new().name
    assert new(name="mine").name == "mine"


def test_what_a_study_was_given_can_be_read() -> None:
    study = new(lower_is_better=False, random_seed=5)

    assert study.parameters == PARAMETERS
    assert study.lower_is_better is False
    assert study.random_seed == 5
    assert new().random_seed != new().random_seed


def test_a_keras_callback_without_its_distribution_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = new()
    monkeypatch.setattr("sherpa_core.registry.entries", lambda kind: {})

    with pytest.raises(sherpa.PluginError, match="pip install sherpa-contrib"):
        study.keras_callback(ask(study), objective_name="val_loss")
