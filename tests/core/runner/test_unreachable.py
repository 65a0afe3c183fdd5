"""Schedulers whose engine does not answer for a while."""

from __future__ import annotations

from typing import Any

import pytest

from sherpa_core.errors import SchedulerError, Unreachable
from sherpa_testkit import FakeScheduler

pytestmark = pytest.mark.timeout(60)


class Remote(FakeScheduler):
    """A scheduler whose engine may be away."""

    away = False

    def submit_job(self, command: Any, env: Any, job_name: str, resources: Any) -> str:
        self._check()
        return super().submit_job(command, env, job_name, resources)

    def get_status(self, job_id: str) -> Any:
        self._check()
        return super().get_status(job_id)

    def _check(self) -> None:
        if self.away:
            raise Unreachable("the cluster is down")


@pytest.fixture
def cluster(lab: Any) -> Remote:
    lab.scheduler = Remote(lab.clock, lab.behave)
    return lab.scheduler


@pytest.mark.parametrize("begin", [-1.0, 5.0, 39.95, 40.0, 40.05])
def test_a_short_absence_is_waited_for(
    lab: Any, draw: Any, cluster: Remote, begin: float, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.away = begin < 0
    lab.at(begin, lambda: setattr(cluster, "away", True))
    lab.at(begin + 45.0, lambda: setattr(cluster, "away", False))

    history = lab.run(lab.study(draw(4)), max_concurrent=2)

    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 4
    assert sorted(lab.started) == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert "the cluster is down" in caplog.text


def test_a_long_absence_ends_the_run_and_fails_no_trial(
    lab: Any, draw: Any, cluster: Remote
) -> None:
    cluster.away = True
    with pytest.raises(Unreachable, match="the cluster is down"):
        lab.run(lab.study(draw(2)))
    assert 60 < lab.now < 65
    cluster.away = False

    history = lab.run(lab.study(draw(2)))

    assert [trial.status for trial in history.trials.values()] == ["COMPLETED"] * 2
    assert [trial for trial, _ in lab.started] == [1, 2]


def test_a_long_absence_while_trials_run_ends_the_run_after_a_minute(
    lab: Any, draw: Any, cluster: Remote
) -> None:
    cluster.poll_interval = 1.0  # longer than what a runner waits between two turns
    lab.at(5.0, lambda: setattr(cluster, "away", True))
    study = lab.study(draw(2))

    with pytest.raises(SchedulerError, match="the cluster is down"):
        lab.run(study, max_concurrent=2)

    assert 65 < lab.now < 70
    assert [trial.status for trial in study.history.trials.values()] == ["RUNNING"] * 2


def test_a_job_that_cannot_be_asked_about_is_not_taken_for_lost(
    lab: Any, draw: Any, cluster: Remote
) -> None:
    study = lab.study(draw(1))
    trial = study.get_suggestion()
    study.engine.submitted(trial, lab.execution().start(trial, "", ""))
    cluster.away = True

    with pytest.raises(Unreachable):
        lab.execution().adopt(trial, same_host=True)
    cluster.away = False
    assert lab.execution().adopt(trial, same_host=True) == trial.job
