"""Studies with other people's plugins: old-style ones, failing ones, ones that watch."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

import sherpa_core as sherpa
from sherpa_core import AlgorithmState, PluginError, Study, Suggestion, Trial
from sherpa_core.memory import MemoryStorage

PARAMETERS = [
    sherpa.Continuous("lr", [0.1, 1]),
    sherpa.Discrete("units", [1, 100]),
    sherpa.Choice("net", [[16], None, "relu"]),
]


def new(algorithm: Any = "random", parameters: Any = None, **more: Any) -> Study:
    return Study(parameters or PARAMETERS, algorithm, disable_dashboard=True, **more)


def run(study: Study, number: int) -> list[dict[str, Any]]:
    seen = []
    for _, trial in zip(range(number), study, strict=False):
        study.add_observation(trial, trial.parameters["lr"])
        study.finalize(trial)
        seen.append(trial.parameters)
    return seen


def returning(answer: Any) -> Any:
    class Fixed:
        def get_suggestion(self, parameters: Any) -> Any:
            return answer

    return Fixed()


VALID = {"lr": 0.5, "units": 3, "net": None}


# "Writing your own algorithm", with the manual's slips mended


class MyAlgorithm(sherpa.algorithms.Algorithm):
    def get_suggestion(self, parameters, results, lower_is_better):  # type: ignore[no-untyped-def]
        trial_1_params = self._get_candidate(parameters, results, lower_is_better)
        trial_2_params = self._get_candidate(parameters, results, lower_is_better)
        params_values_for_next_trial = {}
        for param_name in trial_1_params:
            param_origin = np.random.randint(3)
            if param_origin == 1:
                params_values_for_next_trial[param_name] = trial_1_params[param_name]
            elif param_origin == 2:
                params_values_for_next_trial[param_name] = trial_2_params[param_name]
            else:
                for parameter_object in parameters:
                    if param_name == parameter_object.name:
                        params_values_for_next_trial[param_name] = parameter_object.sample()
        return params_values_for_next_trial

    def _get_candidate(self, parameters, results, lower_is_better, min_candidates=10):  # type: ignore[no-untyped-def]
        population = None
        if results.shape[0] > 0:
            population = results.loc[results["Status"] != "INTERMEDIATE", :]
        if population is None or population.shape[0] < min_candidates:
            trial_param_values = {}
            for parameter_object in parameters:
                trial_param_values[parameter_object.name] = parameter_object.sample()
            return trial_param_values
        population = population.sort_values(by="Objective", ascending=lower_is_better)
        idx = np.random.randint(low=0, high=population.shape[0] // 3)
        trial_all_values = population.iloc[idx].to_dict()
        return {param.name: trial_all_values[param.name] for param in parameters}


def test_the_manuals_own_algorithm() -> None:
    one, two = (run(new(MyAlgorithm(), random_seed=4), 40) for _ in range(2))

    assert one == two
    assert {type(each["units"]) for each in one} == {int}
    late = [each["lr"] for each in one[20:]]
    early = [each["lr"] for each in one[:10]]
    assert sum(late) / len(late) < sum(early) / len(early), "it selects the better ones"


def test_an_algorithm_that_writes_into_the_results_changes_nothing() -> None:
    class Vandal:
        def get_suggestion(self, parameters, results, lower_is_better):  # type: ignore[no-untyped-def]
            results["Objective"] = -1.0
            results["lr"] = 99.0
            for cell in results["net"]:
                if isinstance(cell, list):
                    cell.append(99)
            return {each.name: each.sample() for each in parameters}

    study = new(Vandal(), random_seed=1)
    seen = run(study, 8)

    final = study.results[study.results["Status"] == "COMPLETED"]
    assert final["Objective"].tolist() == [each["lr"] for each in seen]
    assert [each.parameters for each in study.history.trials.values()] == seen
    assert all(99 not in each["net"] for each in seen if isinstance(each["net"], list))


# What a suggestion may be


def test_a_suggestion_becomes_native() -> None:
    given = {"lr": np.float32(0.5), "units": np.float64(3.0), "net": (16,), "save_to": np.int64(1)}
    trial = new(returning(given)).get_suggestion()

    assert isinstance(trial, Trial)
    assert repr(trial.parameters) == repr({"lr": 0.5, "units": 3, "net": [16], "save_to": 1})


def test_what_an_algorithm_remembers_is_the_same_for_every_reader() -> None:
    metadata = {"path": (1, 2), "score": np.float64(0.5), "inner": {"rung": [0]}}
    study = new(returning(Suggestion(VALID, parent=None, metadata=metadata)))
    trial = study.get_suggestion()
    metadata["inner"]["rung"].append(1)  # type: ignore[index]

    assert isinstance(trial, Trial)
    again = sherpa.History.of(study._log.read(0)).trials[1]
    expected = {"path": [1, 2], "score": 0.5, "inner": {"rung": [0]}}
    assert repr(trial.metadata) == repr(again.metadata) == repr(expected)


def test_values_of_inactive_parameters_are_left_out() -> None:
    parameters = [*PARAMETERS, sherpa.Choice("extra", [1, 2], when={"units": 99})]
    trial = new(returning({**VALID, "extra": float("nan")}), parameters).get_suggestion()

    assert isinstance(trial, Trial)
    assert trial.parameters == VALID


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({}, "'lr' has no value"),
        ({**VALID, "lr": 5}, "lr must lie in"),
        ({**VALID, "lr": "0.5"}, "lr must be a number"),
        ({**VALID, "net": [17]}, "net must be one of"),
        ({**VALID, "Status": 1}, "cannot be named 'Status'"),
        ({**VALID, 3: 1}, "name must be a non-empty string"),
        ({**VALID, "model": object()}, "not JSON"),
        (Suggestion(VALID, metadata={"model": object()}), "not JSON"),
        (Suggestion(VALID, metadata=[1]), "metadata that is no dict of JSON"),  # type: ignore[arg-type]
        (Suggestion(5), "suggested 5"),  # type: ignore[arg-type]
        (3, "returned 3 of type int, but a suggestion is a dict"),
    ],
)
def test_a_wrong_suggestion_is_the_algorithms_fault(answer: Any, sentence: str) -> None:
    study = new(returning(answer))
    before = study._log.read(0)

    with pytest.raises(PluginError, match=f"the algorithm 'Fixed' .*{sentence}") as caught:
        study.get_suggestion()

    assert caught.value.name == "Fixed"
    assert study._log.read(0) == before
    assert study.history.trials == {}


def test_a_study_survives_a_failing_algorithm() -> None:
    class Moody:
        good = False

        def get_suggestion(self, parameters: Any, rng: Any) -> Any:
            if not self.good:
                raise RuntimeError("no luck")
            return parameters.sample(rng)

    algorithm = Moody()
    study = new(algorithm, random_seed=3)
    with pytest.raises(
        PluginError, match="'Moody' failed in get_suggestion: RuntimeError: no luck"
    ):
        study.get_suggestion()

    algorithm.good = True

    assert run(study, 3) == run(new(random_seed=3), 3), "a failed ask used up nothing"


@pytest.mark.parametrize("hook", ["get_best_result", "load"])
def test_other_failing_hooks_are_named(hook: str, tmp_path: Any) -> None:
    class Failing:
        def get_suggestion(self, parameters: Any) -> Any:
            return VALID

    def fail(self: Any) -> None:
        raise RuntimeError("no luck")

    study = new()
    run(study, 1)
    study.save(tmp_path)
    setattr(Failing, hook, fail)

    with pytest.raises(PluginError, match=f"'Failing' failed in {hook}: RuntimeError: no luck"):
        Study.load(tmp_path, Failing(), disable_dashboard=True).get_best_result()


def test_an_algorithm_may_know_better_which_result_is_best() -> None:
    class Own:
        def get_suggestion(self, parameters: Any, rng: Any) -> Any:
            return parameters.sample(rng)

        def get_best_result(self, history: Any) -> Any:
            return {"Trial-ID": 1, "Objective": 5.0} if len(history.ended) > 1 else None

    study = new(Own())
    (first,) = run(study, 1)
    assert study.get_best_result()["lr"] == first["lr"]
    run(study, 1)
    assert study.get_best_result() == {"Trial-ID": 1, "Objective": 5.0}


# Stopping rules


def test_an_old_style_rule_reads_the_results() -> None:
    class Rule(sherpa.stopping_rules.StoppingRule):
        def should_trial_stop(self, trial, results, lower_is_better):  # type: ignore[no-untyped-def]
            own = results[results["Trial-ID"] == trial.id]
            return len(own) >= 2 and own["Objective"].iloc[-1] > own["Objective"].iloc[0]

    study = new(stopping_rule=Rule())
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    study.add_observation(trial, 1.0, 1)
    assert not study.should_trial_stop(trial)
    study.add_observation(trial, 2.0, 2)
    assert study.should_trial_stop(trial)


def test_a_failing_rule_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def should_trial_stop(self, trial: Trial) -> bool:
            raise RuntimeError("no luck")

        def should_study_stop(self, history: Any) -> bool:
            raise RuntimeError("no luck")

    study = new(stopping_rule=Broken())
    with caplog.at_level(logging.WARNING, logger="sherpa_core"):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        study.add_observation(trial, 1.0)
        assert not study.should_trial_stop(trial)
        study.finalize(trial)
        assert isinstance(study.get_suggestion(), Trial)

    for hook in ("should_trial_stop", "should_study_stop"):
        assert f"the stopping rule 'Broken' failed in {hook}: RuntimeError: no luck" in caplog.text


# Observers


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def trial_started(self, trial: Trial, position: int) -> None:
        self.seen.append(("started", trial.id, trial.attempt, position))

    def observation_added(self, trial: Trial, observation: Any, history: Any) -> None:
        assert history.trials[trial.id] is trial
        self.seen.append(("observed", trial.id, observation.iteration, observation.objective))

    def trial_finalized(self, trial: Trial) -> None:
        self.seen.append(("finalized", trial.id, str(trial.status)))


def test_observers_are_told_what_happens() -> None:
    watcher = Watcher()
    study = new(observers=[watcher])
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    position = study.history.position
    study.add_observation(trial, 0.5, 1)
    study.add_observation(trial, 0.25, 2, {"acc": 1})
    study.finalize(trial)

    assert watcher.seen == [
        ("started", 1, 1, position),
        ("observed", 1, 1, 0.5),
        ("observed", 1, 2, 0.25),
        ("finalized", 1, "COMPLETED"),
    ]


def test_observers_are_not_told_what_was_before(tmp_path: Any) -> None:
    study = new()
    run(study, 2)
    study.save(tmp_path)
    watcher = Watcher()

    again = Study.load(tmp_path, observers=watcher, disable_dashboard=True)
    run(again, 1)

    assert {each[1] for each in watcher.seen} == {3}


def test_observers_are_told_of_their_own_processs_trials() -> None:
    storage = MemoryStorage()
    watcher = Watcher()
    study = new(storage=storage, name="s", observers=watcher)
    other = new(storage=storage, name="s", resume=True)
    run(other, 2)
    study.refresh()
    run(study, 1)

    assert {each[1] for each in watcher.seen} == {3}


def test_a_failing_observer_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def observation_added(self, trial: Trial) -> None:
            raise RuntimeError("no luck")

    watcher = Watcher()
    study = new(observers=[Broken(), watcher])

    with caplog.at_level(logging.WARNING, logger="sherpa_core"):
        assert len(run(study, 2)) == 2

    assert len(watcher.seen) == 6
    assert "the observer 'Broken' failed in observation_added: RuntimeError" in caplog.text


def test_an_observer_may_ask_for_a_trials_end() -> None:
    class Impatient:
        study: Study

        def observation_added(self, trial: Trial) -> None:
            self.study.request_stop(trial, "seen enough")

    observer = Impatient()
    study = observer.study = new(observers=observer)
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    study.add_observation(trial, 0.5)

    assert study.should_trial_stop(trial)
    study.finalize(trial)
    assert study.results.iloc[-1][["Status", "Failure"]].tolist() == ["STOPPED", "seen enough"]


# The run


def test_an_algorithm_is_told_of_the_run() -> None:
    seen = []

    class Told:
        def get_suggestion(self, parameters: Any, run: Any, rng: Any) -> Any:
            seen.append(run.max_concurrent)
            return AlgorithmState.DONE

    new(Told()).get_suggestion()

    assert seen == [1]
