"""One study from several threads and processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import sherpa_core as sherpa
from sherpa_core import AlgorithmState, Study, Trial

PARAMETERS = [sherpa.Continuous("lr", [0, 1]), sherpa.Discrete("n", [1, 9])]


def in_threads(number: int, work: Any) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(number)

    def guarded() -> None:
        try:
            barrier.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_eight_threads_ask_and_tell_one_study() -> None:
    study = Study(
        PARAMETERS, {"name": "random", "max_num_trials": 200}, random_seed=2,
        stopping_rule="median", disable_dashboard=True,
    )  # fmt: skip

    def work() -> None:
        while isinstance(trial := study.get_suggestion(), Trial):
            for iteration in range(3):
                study.add_observation(trial, trial.parameters["lr"], iteration)
                study.should_trial_stop(trial)
            assert study.results["Trial-ID"].max() <= 200
            study.finalize(trial, "COMPLETED")

    in_threads(8, work)

    assert sorted(study.history.trials) == list(range(1, 201))
    assert study.history.count("COMPLETED") == 200
    assert {each.num_observations for each in study.history.trials.values()} == {3}
    alone = Study(PARAMETERS, "random", random_seed=2, disable_dashboard=True)
    for trial, _ in zip(alone, range(200), strict=False):
        assert study.history.trials[trial.id].parameters == trial.parameters


def test_threads_that_loop_wait_for_each_other() -> None:
    class Generations:
        """Two trials at a time, three times."""

        def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
            if len(history.trials) == 6:
                return AlgorithmState.DONE
            if len(history.trials) % 2 == 0 and history.running:
                return AlgorithmState.WAIT
            return parameters.sample(rng)

    study = Study(PARAMETERS, Generations(), disable_dashboard=True)
    pairs = threading.Barrier(2)

    def work() -> None:
        for trial in study:
            pairs.wait(timeout=60)  # both of a generation run at once
            study.add_observation(trial, 1.0)
            study.finalize(trial)

    in_threads(2, work)

    assert study.history.count("COMPLETED") == 6


WORKER = """
import sys
import sherpa_core as sherpa
study = sherpa.Study.load(sys.argv[1], disable_dashboard=True)
for trial in study:
    for iteration in range(3):
        study.add_observation(trial, trial.parameters["lr"], iteration)
    study.finalize(trial)
"""


def test_processes_share_a_study_in_a_database(tmp_path: Path) -> None:
    study = Study(
        PARAMETERS, {"name": "random", "max_num_trials": 60}, random_seed=2,
        output_dir=tmp_path, disable_dashboard=True,
    )  # fmt: skip

    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)], env=os.environ, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors.decode()

    study.refresh()
    assert sorted(study.history.trials) == list(range(1, 61))
    assert study.history.count("COMPLETED") == 60
    assert {each.attempt for each in study.history.trials.values()} == {1}
    assert {each.num_observations for each in study.history.trials.values()} == {3}
    assert study.get_suggestion() is AlgorithmState.DONE
    alone = Study(PARAMETERS, "random", random_seed=2, disable_dashboard=True)
    for trial, _ in zip(alone, range(60), strict=False):
        assert study.history.trials[trial.id].parameters == trial.parameters


def test_two_studies_of_one_database_see_each_other(tmp_path: Path) -> None:
    one = Study(PARAMETERS, "random", output_dir=tmp_path, disable_dashboard=True)
    two = Study.load(tmp_path, disable_dashboard=True)
    first, second = one.get_suggestion(), two.get_suggestion()
    assert isinstance(first, Trial)
    assert isinstance(second, Trial)
    assert (first.id, second.id) == (1, 2)

    two.request_stop(first, "seen enough")
    assert one.should_trial_stop(first)
    one.add_observation(first, 0.5)
    one.finalize(first)

    assert two.get_best_result()["Trial-ID"] == 1
    assert two.results["Status"].tolist() == ["INTERMEDIATE", "STOPPED"]


def test_an_iteration_that_another_process_reported_is_refused(tmp_path: Path) -> None:
    one = Study(PARAMETERS, "random", output_dir=tmp_path, disable_dashboard=True)
    trial = one.get_suggestion()
    assert isinstance(trial, Trial)
    two = Study.load(tmp_path, disable_dashboard=True)
    two.add_observation(trial, 0.5, 1)

    try:
        one.add_observation(trial, 0.7, 1)
    except sherpa.UserError as error:
        assert str(error) == "trial 1 has an observation of iteration 1"
    else:
        raise AssertionError("it was accepted")
    assert one.history.trials[1].objectives == [0.5]


def test_a_loop_takes_over_what_a_dead_process_left(tmp_path: Path) -> None:
    class One:
        """One trial in all."""

        def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
            if history.trials:
                return AlgorithmState.WAIT if history.running else AlgorithmState.DONE
            return parameters.sample(rng)

    study = Study(PARAMETERS, One(), output_dir=tmp_path, disable_dashboard=True)
    script = (
        "import os, sys\n"
        "import sherpa_core as sherpa\n"
        "study = sherpa.Study.load(sys.argv[1], 'random', disable_dashboard=True)\n"
        "study.get_suggestion()\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=os.environ)
    assert done.returncode == 9

    seen = []
    for trial in study:
        seen.append((trial.id, trial.attempt))
        study.add_observation(trial, 1.0)
        study.finalize(trial)

    assert seen == [(1, 2)]
