"""What Slurm does to a study's jobs, as no other engine does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sherpa_testkit.waiting import until

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.parametrize("cluster", ["slurm"], indirect=True),
]


def test_the_ends_of_trials_are_told_apart(study: Callable[..., Any]) -> None:
    fates = ["trains", "fails", "crashes", "is killed once", "hoards", "dawdles"]
    trials = study(*fates, resources={"time": 60, "memory": "500 MB"}).finish()
    statuses = [trial.status for trial in trials.values()]
    assert statuses == ["COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED", "FAILED"]
    assert trials[2].failure == "exit code 3"
    assert trials[3].failure == "signal 11 (SIGSEGV)"
    assert trials[5].failure.startswith("out of memory: Slurm job ")
    assert trials[6].failure.startswith("timeout: Slurm job ")
    assert [trial.attempt for trial in trials.values()] == [1, 1, 1, 2, 1, 1]


def test_trials_that_somebody_cancels_have_failed(study: Callable[..., Any], cluster: Any) -> None:
    three = study("waits", "waits", "waits", options="--hold")
    three.start()
    until(lambda: len(three.jobs()) == 3)
    jobs = three.jobs()
    cluster.delete(jobs[1])
    cluster.release(jobs[2], jobs[3])
    three.wait_for("began", 2)
    cluster.delete(jobs[2])
    until(lambda: 2 not in three.jobs())
    three.open_gate()
    trials = three.finish()
    assert [trial.status for trial in trials.values()] == ["FAILED", "FAILED", "COMPLETED"]
    for id in (1, 2):
        assert trials[id].failure == f"cancelled: Slurm job {jobs[id]}: it was cancelled in Slurm"
    assert "it is held; `scontrol release` lets it go" in three.said()
