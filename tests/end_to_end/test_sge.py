"""What Grid Engine does to a study's jobs, as no other engine does it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from sherpa_testkit.waiting import until

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.parametrize("cluster", ["grid_engine"], indirect=True),
]


def test_the_ends_of_trials_are_told_apart(study: Callable[..., Any]) -> None:
    fates = ["trains", "fails", "crashes", "is killed once", "dawdles"]
    trials = study(*fates, resources={"time": 25}).finish()
    statuses = [trial.status for trial in trials.values()]
    assert statuses == ["COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED"]
    assert trials[2].failure == "exit code 3"
    assert trials[3].failure == "signal 11 (SIGSEGV)"
    assert re.match(r"timeout: Grid Engine job \d+: it was killed at one of", trials[5].failure)
    assert [trial.attempt for trial in trials.values()] == [1, 1, 1, 2, 1]


def test_jobs_that_somebody_deletes_run_again(study: Callable[..., Any], cluster: Any) -> None:
    three = study("waits", "waits", "waits", options="-h")
    three.start()
    until(lambda: len(three.jobs()) == 3)
    jobs = three.jobs()
    cluster.delete(jobs[1])
    cluster.release(jobs[2], jobs[3])
    three.wait_for("began", 2)
    cluster.delete(jobs[2])

    until(lambda: jobs.items() & three.jobs().items() == {(3, jobs[3])})
    until(lambda: len(three.jobs()) == 3)
    cluster.release(*three.jobs().values())
    three.open_gate()
    trials = three.finish()
    assert [trial.status for trial in trials.values()] == ["COMPLETED"] * 3
    assert three.diary("ended") == [(1, 2), (2, 2), (3, 1)]


def test_a_job_that_cannot_start_is_a_trial_that_has_failed(
    study: Callable[..., Any], cluster: Any
) -> None:
    two = study("trains", "trains", options="-h", max_concurrent=1)
    two.start()
    until(lambda: len(two.jobs()) == 1)
    first = two.jobs()[1]
    shutil.move(two.folder / "jobs", two.folder / "away")  # no node can write there now
    cluster.release(first)
    until(lambda: first not in cluster.queue().values())
    shutil.move(two.folder / "away", two.folder / "jobs")
    until(lambda: 2 in two.jobs())
    cluster.release(two.jobs()[2])
    trials = two.finish()
    assert [trial.status for trial in trials.values()] == ["FAILED", "COMPLETED"]
    told = rf"not started: Grid Engine job {first}: it could not start: .*output.* \(failed 26\)"
    assert re.match(told, trials[1].failure), trials[1].failure
