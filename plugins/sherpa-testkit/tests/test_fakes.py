"""The fakes: simulated time passes as it should, and jobs do what they are told in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_core import sockets
from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobStatus
from sherpa_testkit import FakeClock, FakeScheduler


def submit(scheduler, **env):
    return sockets.bind("scheduler", scheduler).hook.submit_job(
        command=["train"],
        env=env,
        job_name="trial",
        resources={},
        work_dir=".",
        output_path="out",
    )


@given(st.lists(st.floats(0, 100), max_size=20), st.lists(st.floats(0, 30), max_size=10))
def test_things_happen_in_order_and_at_their_time(times, naps):
    clock = FakeClock(0.0)
    seen = []
    for when in times:
        clock.call_at(when, lambda when=when: seen.append((when, clock.time())))
    for nap in naps:
        before = clock.time()
        clock.sleep(nap)
        assert clock.time() == pytest.approx(before + nap)
        assert len(seen) == sum(when <= clock.time() for when in times)
    assert seen == sorted(seen)
    assert all(due == at for due, at in seen)


def test_a_wait_ends_with_the_next_thing():
    clock = FakeClock(0.0)
    clock.call_at(5.0, lambda: None)
    assert (clock.wait(2.0), clock.time()) == (False, 2.0)
    assert (clock.wait(60.0), clock.time()) == (True, 5.0)
    with pytest.raises(AssertionError, match="for ever"):
        clock.wait()


def test_a_job_lives_in_simulated_time():
    clock = FakeClock(0.0)
    told = []

    def behaviour(job):
        yield 3600.0
        told.append((clock.time(), job.env["SHERPA_TRIAL_ID"]))
        yield 3600.0
        return 3

    scheduler = FakeScheduler(clock, behaviour, queued=10.0)
    job_id = submit(scheduler, SHERPA_TRIAL_ID="7")
    assert scheduler.get_status(job_id).status is JobStatus.queued
    clock.sleep(10.0)
    assert scheduler.get_status(job_id).status is JobStatus.running
    clock.sleep(7199.0)
    assert scheduler.get_status(job_id).status is JobStatus.running
    clock.sleep(1.0)
    report = scheduler.get_status(job_id)
    assert (report.status, report.exit_code) == (JobStatus.failed, 3)
    assert told == [(3610.0, "7")]


@pytest.mark.parametrize(
    ("outcome", "status", "signal"),
    [(None, "finished", None), (0, "finished", None), (1, "failed", None), (-9, "killed", 9)],
)
def test_a_job_may_end_at_once(outcome, status, signal):
    scheduler = FakeScheduler(FakeClock(), lambda job: outcome)
    report = scheduler.get_status(submit(scheduler))
    assert (report.status.name, report.signal) == (status, signal)


@pytest.mark.parametrize(("end", "reason"), [("kill_job", "signal"), ("lose", "lost")])
@pytest.mark.parametrize("queued", [0.0, 5.0])
def test_a_job_that_was_ended_does_nothing_more(end, reason, queued):
    clock = FakeClock()
    steps = []

    def behaviour(job):
        steps.append("started")
        yield 10.0
        steps.append("went on")

    scheduler = FakeScheduler(clock, behaviour, queued)
    job_id = submit(scheduler)
    clock.sleep(1.0)
    getattr(scheduler, end)(job_id)
    clock.sleep(60.0)
    report = scheduler.get_status(job_id)
    assert (report.status, report.reason) == (JobStatus.killed, reason)
    assert steps == ([] if queued else ["started"])


def test_it_counts_jobs_at_once_and_refuses_unknown_ones():
    clock = FakeClock()

    def behaviour(job):
        yield 10.0

    scheduler = FakeScheduler(clock, behaviour)
    for _ in range(3):
        submit(scheduler)
        clock.sleep(5.0)
    assert scheduler.most_at_once == 2
    with pytest.raises(SchedulerError, match="'x'"):
        scheduler.get_status("x")
