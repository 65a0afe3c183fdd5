"""Studies on real clusters: whatever happens to runner, controller or jobs, trials count once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.errors import SchedulerError, Unreachable
from sherpa_testkit.waiting import until

pytestmark = pytest.mark.timeout(600)


def test_a_killed_runner_finds_its_jobs_again(study: Callable[..., Any]) -> None:
    eight = study(*["waits"] * 8, "trains", max_concurrent=8)
    eight.start()
    eight.wait_for("began", 8)
    eight.kill()
    eight.open_gate()  # they have nobody to report to until the runner is back
    trials = eight.finish()
    assert [trial.status for trial in trials.values()] == ["COMPLETED"] * 9
    assert eight.diary("began") == eight.diary("ended") == [(id, 1) for id in range(1, 10)]
    assert [trial.num_observations for trial in trials.values()] == [2] * 9


def test_a_controller_that_restarts_costs_nothing(
    study: Callable[..., Any], controller: Callable[[str], None]
) -> None:
    three = study(*["waits"] * 3, "trains", "trains", max_concurrent=3)
    three.start()
    three.wait_for("began", 3)
    controller("stop")
    three.open_gate()
    three.wait_for("ended", 3)
    controller("up")
    trials = three.finish()
    assert [trial.status for trial in trials.values()] == ["COMPLETED"] * 5
    assert three.diary("began") == [(id, 1) for id in range(1, 6)]


def test_a_controller_that_is_away_when_a_study_goes_on_doubles_no_job(
    study: Callable[..., Any], controller: Callable[[str], None]
) -> None:
    two = study("waits", "waits")
    two.start()
    two.wait_for("began", 2)
    two.kill()
    controller("stop")
    two.start()
    until(lambda: "the scheduler does not answer" in two.said())
    two.open_gate()
    controller("up")
    assert [trial.status for trial in two.finish().values()] == ["COMPLETED"] * 2
    assert two.diary("began") == [(1, 1), (2, 1)]


def test_a_controller_that_stays_away_ends_the_run_but_not_the_study(
    study: Callable[..., Any], cluster: Any, controller: Callable[[str], None]
) -> None:
    two = study("waits", "waits", silence=3.0)
    two.start()
    two.wait_for("began", 2)
    controller("stop")
    assert two.end() != 0
    assert re.search(cluster.silence, two.said())
    two.open_gate()
    controller("up")
    assert [trial.status for trial in two.finish().values()] == ["COMPLETED"] * 2
    assert two.diary("began") == [(1, 1), (2, 1)]


# Bad input

NO_FILE = "environment file '/there/is/none' does not exist"


@pytest.mark.parametrize(
    ("cluster", "options", "words"),
    [
        ("slurm", {"submit_options": "-p nowhere"}, "invalid partition specified: nowhere"),
        ("slurm", {"submit_options": "--gres=unicorn"}, "Invalid generic resource"),
        ("slurm", {"environment": "/there/is/none"}, NO_FILE),
        ("slurm", {"output_dir": "/proc/nowhere"}, "'/proc/nowhere'"),
        ("slurm", {"resources": {"memory": "900 TB"}}, "Memory specification can not be satisfied"),
        (
            "grid_engine",
            {"submit_options": "-q nowhere"},
            'unknown queue "nowhere"; `qconf -sql`.*options: -q nowhere',
        ),
        (
            "grid_engine",
            {"submit_options": "-P nobody"},
            'requested project "nobody" does not exist; `qconf -sprjl`',
        ),
        (
            "grid_engine",
            {"submit_options": "-l unicorn=1"},
            'unknown resource "unicorn"; `qconf -sc`',
        ),
        ("grid_engine", {"submit_options": "--fast"}, 'invalid option argument "--fast"'),
        ("grid_engine", {"resources": {"gpus": 1}}, 'unknown resource "gpu"'),
        (
            "grid_engine",
            {"resources": {"cpus": 2}, "parallel_environment": "mpx"},
            'environment "mpx" does not.*`qconf -spl`',
        ),
        ("grid_engine", {"resources": {"cpus": 1000}}, "no suitable queues; .* ask for less"),
        ("grid_engine", {"environment": "/there/is/none"}, NO_FILE),
        ("grid_engine", {"output_dir": "/proc/nowhere"}, "'/proc/nowhere'"),
    ],
    indirect=["cluster"],
)
def test_what_cannot_be_submitted_ends_the_run(
    tune: Callable[..., Any], cluster: Any, options: dict[str, Any], words: str
) -> None:
    told = f"{cluster.engine}: job .* cannot be submitted: .*{words}"
    with pytest.raises(SchedulerError, match=told):
        tune(**options)
    trial = tune()  # with better options the same trial runs
    assert trial.failure.startswith("no observation")


def test_an_environment_file_that_fails_fails_the_trials(
    tune: Callable[..., Any], cluster: Any, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    environment.write_text("no-such-program-for-modules load python\n")
    trial = tune(environment=str(environment))
    assert trial.status == "FAILED"
    told = rf"not started: {cluster.engine} job \d+: the environment file"
    assert re.match(told, trial.failure)


def test_a_controller_that_is_down_at_the_start_ends_the_run(
    tune: Callable[..., Any],
    cluster: Any,
    controller: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sherpa_core.runner._OUTAGE", 3.0)
    controller("stop")
    with pytest.raises(Unreachable, match=cluster.silence):
        tune()
    controller("up")
    tune()
