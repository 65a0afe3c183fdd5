"""Several runners on one study, runners that are gone, and storages in trouble."""

from __future__ import annotations

import os
import threading
import time
from itertools import pairwise
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core.errors import StorageError
from sherpa_core.events import Event
from sherpa_core.execution import JobExecution
from sherpa_core.jobs import JobReport, JobStatus
from sherpa_core.memory import MemoryStorage
from sherpa_core.options import RunOptions
from sherpa_core.runner import LEASE, Runner
from sherpa_core.sockets import bind
from sherpa_testkit import FakeScheduler

pytestmark = pytest.mark.timeout(60)


# Several runners at once


def test_runners_share_the_work(lab: Any, draw: Any) -> None:
    started: list[str] = []

    def behaviour(job: Any) -> int:
        started.append(job.env["SHERPA_TRIAL_ID"])
        time.sleep(0.001)  # so that nobody does all the work
        lab.report(job, 1)
        return 0

    def work() -> None:
        scheduler = bind("scheduler", FakeScheduler(lab.clock, behaviour))
        execution = JobExecution(scheduler, ["x"], lab.folder, lab.folder, "study", "memory://")
        study = lab.study(draw(60))
        together.wait()
        Runner(study.engine, execution, RunOptions(2, max_num_trials=50)).run()
        counts.append(sum(each.writer == study.engine.log.writer for each in study.history.ended))

    counts: list[int] = []
    together = threading.Barrier(3)
    lab.study(draw(60))
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    history = lab.study(draw(60)).history
    assert sorted(history.trials) == list(range(1, 51))
    assert sorted(started, key=int) == [str(number) for number in range(1, 51)]
    assert {trial.status for trial in history.ended} == {"COMPLETED"}
    assert len(counts) == 3
    assert min(counts) > 0


def test_a_second_runner_leaves_the_first_ones_trials_alone(lab: Any, draw: Any) -> None:
    def second(_: Any) -> None:
        if lab.now > 15 and not others:
            others.append(lab.study(draw(4)))
            lab.runner(others[0]).run()

    others: list[sherpa.Study] = []
    study = lab.study(draw(4))

    lab.runner(study, progress=second).run()

    assert lab.started == [(1, 1), (2, 1), (3, 1), (4, 1)]
    owners = [trial.writer for trial in study.history.trials.values()]
    assert owners == [study.engine.log.writer] + [others[0].engine.log.writer] * 3


# Runners that are gone


def foreign(lab: Any, *events: Event, host: str = "elsewhere", until: float | None = LEASE) -> None:
    """Write what a runner on another host has written before it went away."""
    stamps = {"time": lab.clock.time(), "writer": "foreign"}
    session = {"type": "session_started", "host": host, "pid": os.getpid(), "started": "long ago"}
    batch = [session]
    if until is not None:
        batch.append({"type": "runner_lease", "until": lab.clock.time() + until})
    batch += [
        {
            "type": "trial_added",
            "key": "trial/1",
            "trial": 1,
            "parameters": {"x": 0.5},
            "origin": "a",
        },
        *events,
    ]
    lab.study().engine.log.storage.plugin.append("study", [{**event, **stamps} for event in batch])


def submitted(job: str) -> Event:
    return {"type": "job_submitted", "trial": 1, "attempt": 1, "job": job}


def observed(iteration: int, objective: float) -> Event:
    key = f"trial/1/observation/1/{iteration}"
    event: Event = {"type": "observation_added", "key": key, "trial": 1, "attempt": 1}
    return event | {"iteration": iteration, "objective": objective}


def test_a_trial_of_another_host_is_taken_when_its_lease_has_run_out(lab: Any, draw: Any) -> None:
    foreign(lab, submitted("elsewhere-1"))
    lab.seconds = 30.0

    history = lab.run(lab.study(draw(3)))

    first, second, third = history.trials.values()
    assert (first.attempt, first.status) == (2, "COMPLETED")
    assert second.attempt == third.attempt == 1
    assert 90 < first.started - lab.opened < 121
    assert lab.started == [(2, 1), (1, 2), (3, 1)]


def test_without_a_lease_nobody_can_tell(lab: Any, draw: Any) -> None:
    foreign(lab, until=None)
    lab.seconds = 100.0

    history = lab.run(lab.study(draw(2)))

    assert list(history.running) == [1]


def test_a_job_that_the_scheduler_knows_is_followed(lab: Any, draw: Any) -> None:
    lab.scheduler.remote = True
    job = lab.scheduler.submit_job(
        ["x"], {"SHERPA_TRIAL_ID": "1", "SHERPA_ATTEMPT": "1"}, "study-1", {}
    )
    foreign(lab, submitted(job), until=-1.0)

    history = lab.run(lab.study(draw(2)))

    assert lab.started == [(1, 1), (2, 1)]
    assert [(trial.status, trial.iterations) for trial in history.ended] == [
        ("COMPLETED", [1, 2, 3])
    ] * 2


def test_a_job_that_was_cancelled_with_its_runner_runs_again(lab: Any, draw: Any) -> None:
    lab.scheduler.remote = True
    job = lab.scheduler.submit_job(
        ["x"], {"SHERPA_TRIAL_ID": "1", "SHERPA_ATTEMPT": "1"}, "study-1.1", {}
    )
    lab.scheduler.jobs[job].report = JobReport(JobStatus.killed, reason="cancelled")
    foreign(lab, submitted(job), until=-1.0)

    history = lab.run(lab.study(draw(1)))

    assert lab.started == [(1, 1), (1, 2)]
    assert [(trial.status, trial.attempt) for trial in history.ended] == [("COMPLETED", 2)]


def test_a_job_whose_id_was_never_written_down_is_found_by_its_name(lab: Any, draw: Any) -> None:
    lab.scheduler.remote = True
    lab.scheduler.submit_job(
        ["x"], {"SHERPA_TRIAL_ID": "1", "SHERPA_ATTEMPT": "1"}, "study-1.1", {}
    )
    foreign(lab, until=-1.0)

    history = lab.run(lab.study(draw(2)))

    assert lab.started == [(1, 1), (2, 1)], "nothing runs twice"
    assert history.trials[1].job == "fake-1"
    assert [trial.status for trial in history.ended] == ["COMPLETED"] * 2


def test_what_a_followed_job_said_meanwhile_is_judged_at_its_place(lab: Any, draw: Any) -> None:
    class Never:
        def should_trial_stop(self, trial: Any) -> bool:
            return bool(trial.objectives[-1] > 5)

    lab.scheduler.remote = True
    lab.behaviour = lambda job: iter([1e5]) and hang()
    job = lab.scheduler.submit_job(
        ["x"], {"SHERPA_TRIAL_ID": "1", "SHERPA_ATTEMPT": "1"}, "study-1", {}
    )
    said = [observed(1, 1.0), observed(2, 9.0), observed(3, 1.0)]
    foreign(lab, submitted(job), *said, until=-1.0)

    history = lab.run(lab.study(draw(1), stopping_rule=Never()))

    (trial,) = history.ended
    assert (trial.status, trial.iterations) == ("STOPPED", [1, 2])


def hang() -> Any:
    yield 1e5


def test_the_trials_of_a_dead_process_of_this_host_run_again_at_once(lab: Any, draw: Any) -> None:
    from sherpa_core.session import host

    foreign(lab, submitted("fake-99"), observed(1, -5.0), host=host())

    history = lab.run(lab.study(draw(2)))

    assert lab.started == [(1, 2), (2, 1)]
    assert history.trials[1].objectives == [1 + 1.0, 1 + 1 / 2, 1 + 1 / 3]
    assert history.best is history.trials[1]


def test_a_runner_that_was_asleep_for_too_long_lets_go(lab: Any, draw: Any) -> None:
    """Another one has begun the trial anew: the job of the old attempt is ended."""

    def taken_over() -> None:
        event = {"type": "attempt_started", "key": "trial/1/attempt/2", "trial": 1, "attempt": 2}
        stamps = {"time": lab.clock.time(), "writer": "foreign"}
        lab.storage.append("study", [{**event, **stamps}])

    lab.at(15.0, taken_over)

    history = lab.run(lab.study(draw(2)))

    assert lab.scheduler.killed == ["fake-1"]
    assert list(history.running) == [1]
    assert history.trials[1].num_observations == 0
    assert history.trials[2].status == "COMPLETED"


def test_the_lease_is_renewed_and_given_back(lab: Any, draw: Any) -> None:
    lab.seconds = 100.0

    lab.run(lab.study(draw(1)))

    leases = lab.events("runner_lease")
    assert leases[-1]["until"] == 0
    times = [event["time"] for event in leases]
    assert all(later - earlier < LEASE / 2 for earlier, later in pairwise(times))
    assert leases[0]["until"] == pytest.approx(leases[0]["time"] + LEASE)


# Storages in trouble


class Troubled(MemoryStorage):
    """A storage that can be out of reach, or lose the answer to what it has written."""

    shared = True

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.every = 0  # which append's answer is lost
        self.count = 0

    def append(self, study: str, events: Any) -> int:
        self._check()
        answer = super().append(study, events)
        self.count += 1
        if self.every and self.count % self.every == 0:
            raise StorageError("connection reset by peer")
        return answer

    def read(self, study: str, after: int, limit: int | None) -> Any:
        self._check()
        return super().read(study, after, limit)

    def _check(self) -> None:
        if self.broken:
            raise StorageError("the server is out of reach")


def outage(lab: Any, begin: float, end: float) -> Troubled:
    storage = lab.storage = Troubled()
    lab.at(begin, lambda: setattr(storage, "broken", True))
    lab.at(end, lambda: setattr(storage, "broken", False))
    return storage


def check_nothing_lost_or_doubled(history: Any, number: int) -> None:
    assert list(history.trials) == list(range(1, number + 1))
    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * number
    assert {tuple(sorted(trial.iterations)) for trial in history.ended} == {(1, 2, 3)}
    assert len(history.rows) == 2 * 4 * number


@pytest.mark.parametrize("begin", [5.0, 19.95, 20.05, 39.9, 40.05])
def test_a_short_outage_is_waited_for(lab: Any, draw: Any, begin: float) -> None:
    outage(lab, begin, begin + 45.0)

    history = lab.run(lab.study(draw(4)), max_concurrent=2)

    check_nothing_lost_or_doubled(history, 4)
    assert sorted(lab.started) == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_a_timeout_is_enforced_during_an_outage(lab: Any, draw: Any) -> None:
    outage(lab, 5.0, 55.0)

    lab.run(lab.study(draw(1)), trial_timeout=20.0)

    assert lab.scheduler.killed == ["fake-1"]
    assert lab.now < 57


def test_an_outage_is_said_once(lab: Any, draw: Any, caplog: pytest.LogCaptureFixture) -> None:
    outage(lab, 5.0, 35.0)

    lab.run(lab.study(draw()), max_num_trials=4)

    assert caplog.text.count("the storage does not answer, trying again") == 1


def test_a_long_outage_ends_the_run_and_the_study_can_go_on(lab: Any, draw: Any) -> None:
    outage(lab, 55.0, 200.0)

    with pytest.raises(StorageError, match="the server is out of reach"):
        lab.run(lab.study(draw(4)), max_concurrent=2)
    assert 110 < lab.now < 125
    lab.sleep(100.0)

    check_nothing_lost_or_doubled(lab.run(lab.study(draw(4)), max_concurrent=2), 4)


@pytest.mark.parametrize("every", [2, 3, 5, 7])
def test_a_lost_answer_doubles_nothing(lab: Any, draw: Any, every: int) -> None:
    study = None
    storage = lab.storage = Troubled()
    study = lab.study(draw(5))
    lab.at(1.0, lambda: setattr(storage, "every", every))
    lab.at(300.0, lambda: setattr(storage, "every", 0))

    history = lab.run(study, max_concurrent=2)

    check_nothing_lost_or_doubled(history, 5)
    assert {attempt for _, attempt in lab.started} == {1}
