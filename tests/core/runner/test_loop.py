"""The loop: which trials start, when the run ends, and what it does meanwhile."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from sherpa_core.errors import PluginError, StudyStopped
from sherpa_core.plugin import AlgorithmState

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("max_concurrent", [1, 3])
def test_as_many_trials_run_at_a_time_as_may(lab: Any, draw: Any, max_concurrent: int) -> None:
    history = lab.run(lab.study(draw(7)), max_concurrent=max_concurrent)

    assert lab.scheduler.most_at_once == max_concurrent
    assert list(history.trials) == [1, 2, 3, 4, 5, 6, 7]
    assert {trial.status for trial in history.ended} == {"COMPLETED"}
    assert [trial.iterations for trial in history.ended] == [[1, 2, 3]] * 7


def test_a_slot_is_filled_as_soon_as_it_is_free(lab: Any, draw: Any) -> None:
    lab.run(lab.study(draw(8)), max_concurrent=2)

    assert lab.now == pytest.approx(4 * 4 * lab.seconds, abs=8 * 0.2)


def test_max_num_trials_counts_trials_of_all_runs(lab: Any, draw: Any) -> None:
    lab.behaviour = lambda job: 1
    assert len(lab.run(lab.study(draw(9)), max_num_trials=3).trials) == 3
    assert len(lab.run(lab.study(draw(9)), max_num_trials=3).trials) == 3
    assert len(lab.run(lab.study(draw(9)), max_num_trials=5).trials) == 5
    assert lab.started == [(number, 1) for number in (1, 2, 3, 4, 5)]


def test_no_trial_starts_after_the_timeout(lab: Any, draw: Any) -> None:
    history = lab.run(lab.study(draw(99)), timeout=100.0)

    # A trial takes 40 s: the third began at 80 s, and it is waited for.
    assert [trial.status for trial in history.ended] == ["COMPLETED"] * 3


def test_queued_trials_come_first(lab: Any, draw: Any) -> None:
    study = lab.study(draw(3))
    study.enqueue({"x": 0.25})
    study.enqueue({"x": 0.75})

    history = lab.run(study)

    assert [trial.parameters["x"] for trial in list(history.trials.values())[:2]] == [0.25, 0.75]
    assert [trial.origin for trial in history.trials.values()][:2] == ["user", "user"]
    assert len(history.trials) == 3


def test_a_queue_does_not_outlast_max_num_trials(lab: Any, draw: Any) -> None:
    study = lab.study(draw(9))
    for x in (0.1, 0.2, 0.3):
        study.enqueue({"x": x})

    history = lab.run(study, max_num_trials=2)

    assert len(history.trials) == 2
    assert len(history.queue) == 1


def test_what_is_queued_after_the_algorithm_is_done_runs_too(lab: Any, draw: Any) -> None:
    study = lab.study(draw(1))
    lab.at(15.0, lambda: lab.study(draw(1)).enqueue({"x": 0.5}))

    assert [trial.parameters["x"] for trial in lab.run(study).ended][1:] == [0.5]


class Generations:
    """Two trials, and the third when both have ended."""

    def get_suggestion(self, history: Any, rng: Any) -> Any:
        if len(history.trials) == 3:
            return AlgorithmState.DONE
        if len(history.trials) == 2 and history.running:
            return AlgorithmState.WAIT
        return {"x": rng.random()}


def test_an_algorithm_that_waits_is_asked_again_when_trials_have_ended(lab: Any) -> None:
    history = lab.run(lab.study(Generations()), max_concurrent=3)

    assert [trial.status for trial in history.ended] == ["COMPLETED"] * 3
    assert history.trials[3].started >= max(history.trials[id].ended for id in (1, 2))


def test_waiting_for_nothing_is_an_error(lab: Any) -> None:
    class Sleeper:
        def get_suggestion(self) -> Any:
            return AlgorithmState.WAIT

    with pytest.raises(StudyStopped, match="'Sleeper' waits although no trial is running"):
        lab.run(lab.study(Sleeper()))


def test_a_failing_algorithm_is_named_and_its_jobs_are_ended(lab: Any) -> None:
    class Broken:
        def get_suggestion(self, history: Any) -> Any:
            return {"x": 1 / (1 - len(history.trials))}

    with pytest.raises(PluginError, match=r"'Broken' failed in get_suggestion: ZeroDivisionError"):
        lab.run(lab.study(Broken()), max_concurrent=2)

    assert lab.scheduler.killed == ["fake-1"]


# Stops


class AfterThree:
    """A stopping rule: the odd trials end at iteration 3."""

    def should_trial_stop(self, trial: Any) -> bool:
        return trial.id % 2 == 1 and trial.num_observations >= 3


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.03, 1.0, 60.0])
def test_a_rule_stops_at_the_same_iteration_whenever_one_looks(
    lab: Any, draw: Any, seconds: float
) -> None:
    def behaviour(job: Any) -> Any:
        for iteration in range(1, 8):
            yield seconds
            lab.report(job, iteration)
        yield 300.0

    lab.behaviour = behaviour

    history = lab.run(lab.study(draw(2), stopping_rule=AfterThree()), max_concurrent=2)

    first, second = history.trials.values()
    assert (first.status, first.iterations) == ("STOPPED", [1, 2, 3])
    assert first.failure == "stopping rule AfterThree"
    assert (second.status, second.iterations) == ("COMPLETED", [1, 2, 3, 4, 5, 6, 7])
    stops = lab.events("stop_requested")
    assert [(event["trial"], event["iteration"]) for event in stops] == [(1, 3)]
    assert lab.scheduler.killed == ["fake-1"]


def test_a_failing_rule_stops_nothing(lab: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def should_trial_stop(self, trial: Any) -> bool:
            raise RuntimeError("no idea")

    history = lab.run(lab.study(stopping_rule=Broken()))

    assert {trial.status for trial in history.ended} == {"COMPLETED"}
    assert "'Broken' failed in should_trial_stop: RuntimeError: no idea" in caplog.text


def test_a_user_stops_one_trial(lab: Any, draw: Any) -> None:
    lab.at(25.0, lambda: (other := lab.study(draw(2))).request_stop(other.history.trials[1]))

    history = lab.run(lab.study(draw(2)), max_concurrent=2)

    assert (history.trials[1].status, history.trials[1].failure) == ("STOPPED", "stop requested")
    assert history.trials[1].iterations == [1, 2]
    assert history.trials[2].status == "COMPLETED"


def test_a_study_that_is_stopped_lets_its_trials_end_and_can_go_on(lab: Any, draw: Any) -> None:
    lab.at(15.0, lambda: lab.study(draw(3)).stop())

    history = lab.run(lab.study(draw(3)))
    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"]

    history = lab.run(lab.study(draw(3)))
    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 3


def test_a_stop_can_be_taken_back_while_the_study_runs(lab: Any, draw: Any) -> None:
    lab.at(15.0, lambda: lab.study(draw(3)).stop())
    lab.at(25.0, lambda: lab.study(draw(3)).stop(None))

    assert len(lab.run(lab.study(draw(3))).ended) == 3


def test_a_rule_may_end_the_study(lab: Any, draw: Any) -> None:
    class Enough:
        def should_study_stop(self, history: Any) -> bool:
            return len(history.ended) >= 2

    assert len(lab.run(lab.study(draw(9), stopping_rule=Enough())).trials) == 2


# Interrupts


def test_the_first_interrupt_lets_running_trials_end(lab: Any, draw: Any) -> None:
    lab.at(15.0, lambda: signal.raise_signal(signal.SIGINT))

    history = lab.run(lab.study(draw(9)), max_concurrent=2)

    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 2
    assert lab.scheduler.killed == []


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)])
def test_the_second_interrupt_or_sigterm_kills_them(lab: Any, draw: Any, signals: Any) -> None:
    before = signal.getsignal(signal.SIGINT)
    for number in signals:
        lab.at(15.0, lambda number=number: signal.raise_signal(number))

    history = lab.run(lab.study(draw(3)), max_concurrent=2)

    assert list(history.running) == [1, 2]
    assert lab.scheduler.killed == ["fake-1", "fake-2"]
    assert lab.now < 16
    assert signal.getsignal(signal.SIGINT) is before

    history = lab.run(lab.study(draw(3)), max_concurrent=2)
    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 3
    assert [trial.attempt for trial in history.trials.values()] == [2, 2, 1]


def test_the_third_interrupt_ends_at_once(lab: Any, draw: Any) -> None:
    for _ in range(3):
        lab.at(15.0, lambda: signal.raise_signal(signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        lab.run(lab.study(draw(3)))

    assert lab.scheduler.killed == ["fake-1"]


# Slow algorithms


class Slow:
    """Two trials at once, and a third that is thought about until `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.seen: list[int] = []

    def get_suggestion(self, history: Any, rng: Any) -> Any:
        if len(history.trials) == 2:
            self.seen.append(history.position)
            assert self.go.wait(30)
            self.seen.append(history.position)
        return AlgorithmState.DONE if len(history.trials) == 3 else {"x": rng.random()}


def test_the_loop_goes_on_while_an_algorithm_thinks(lab: Any) -> None:
    def behaviour(job: Any) -> Any:
        lab.report(job, 1)
        yield 500.0 if job.env["SHERPA_TRIAL_ID"] == "1" else 20.0

    lab.behaviour = behaviour
    algorithm = Slow()
    lab.at(200.0, algorithm.go.set)

    history = lab.run(lab.study(algorithm), max_concurrent=3, trial_timeout=60.0)

    assert len(set(algorithm.seen)) == 1, "the history changed under the algorithm"
    first, second, third = history.trials.values()
    assert (first.status, first.failure) == ("FAILED", "timeout: it ran longer than 60 s")
    assert lab.scheduler.killed == ["fake-1"]
    assert (second.status, second.num_observations) == ("COMPLETED", 1)
    assert third.started == pytest.approx(second.ended, abs=0.2)


def test_an_interrupt_does_not_wait_for_an_algorithm(lab: Any) -> None:
    algorithm = Slow()
    lab.at(100.0, lambda: signal.raise_signal(signal.SIGINT))

    history = lab.run(lab.study(algorithm), max_concurrent=3)

    assert [trial.status for trial in history.ended] == ["COMPLETED"] * 2
    algorithm.go.set()


# Observers


class Diary:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []
        self.positions: list[int] = []

    def trial_started(self, trial: Any, position: int) -> None:
        self._note(position, "started", trial.id)

    def observation_added(self, trial: Any, observation: Any, position: int) -> None:
        self._note(position, "observed", trial.id, observation.iteration)

    def trial_finalized(self, trial: Any, position: int) -> None:
        self._note(position, "finalized", trial.id, trial.status)

    def study_finished(self) -> None:
        self.entries.append(("finished",))

    def _note(self, position: int, *entry: Any) -> None:
        self.entries.append(entry)
        self.positions.append(position)


def test_observers_are_told_each_thing_once(lab: Any, draw: Any) -> None:
    diary = Diary()

    lab.run(lab.study(draw(2), observers=[diary], stopping_rule=AfterThree()))

    assert diary.entries == [
        *(("started", 1), ("observed", 1, 1), ("observed", 1, 2), ("observed", 1, 3)),
        ("finalized", 1, "STOPPED"),
        *(("started", 2), ("observed", 2, 1), ("observed", 2, 2), ("observed", 2, 3)),
        *(("finalized", 2, "COMPLETED"), ("finished",)),
    ]
    kinds = {"started": "trial_added", "observed": "observation_added"}
    events = lab.events()
    assert [events[position - 1]["type"] for position in diary.positions] == [
        kinds.get(entry[0], "trial_finalized") for entry in diary.entries[:-1]
    ]


def test_an_observer_may_stop_a_trial_while_it_is_told(lab: Any, draw: Any) -> None:
    class Strict:
        def observation_added(self, trial: Any, observation: Any) -> None:
            if observation.iteration == 2:
                study.request_stop(trial, "seen enough")
                assert study.results is not None

    study = lab.study(draw(2), observers=[Strict()])

    history = lab.run(study)

    assert [trial.failure for trial in history.ended] == ["seen enough"] * 2
    assert history.position == len(lab.events())
    assert len(lab.events("stop_requested")) == 2


def test_a_failing_observer_harms_nothing(lab: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def trial_finalized(self, trial: Any) -> None:
            raise RuntimeError("out of ink")

    history = lab.run(lab.study(observers=[Broken()]))

    assert len(history.ended) == 4
    assert "'Broken' failed in trial_finalized: RuntimeError: out of ink" in caplog.text


def test_progress_sees_the_last_trial_end(lab: Any) -> None:
    seen: list[int] = []

    lab.run(progress=lambda runner: seen.append(len(runner.history.ended)))

    assert seen[-1] == 4
