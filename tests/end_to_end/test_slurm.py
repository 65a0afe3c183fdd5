"""Studies on a real Slurm, and what may happen to them: every trial counts, and counts once."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core.errors import SchedulerError
from sherpa_core.locate import open_log
from sherpa_core.trial import Trial

SERVICE = Path(__file__).parents[2] / "scripts" / "services" / "slurm.sh"

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("slurm")]


@pytest.fixture
def controller() -> Iterator[Callable[[str], None]]:
    """Stops the controller, and starts it again, at the latest after the test."""

    def control(action: str) -> None:
        subprocess.run([SERVICE, action], check=True, capture_output=True, timeout=120)

    yield control
    control("up")


def queue() -> dict[str, str]:
    words = ["squeue", "--me", "--noheader", "--format=%j %A"]
    lines = subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()
    return dict(map(str.split, lines))


@pytest.fixture
def study(cluster_study: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Makes studies on Slurm, whose jobs end with the test."""
    studies: list[Any] = []

    def make(*fates: str, options: str = "", **settings: Any) -> Any:
        scheduler = {"name": "slurm", "submit_options": options}
        studies.append(cluster_study(queue, scheduler, *fates, **settings))
        return studies[-1]

    yield make
    for each in studies:
        each.kill()
        subprocess.run(["scancel", *each.jobs().values()], capture_output=True, check=False)


def control_jobs(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def statuses(trials: dict[int, Trial]) -> list[str]:
    return [trial.status for trial in trials.values()]


def test_the_ends_of_trials_are_told_apart(study: Callable[..., Any]) -> None:
    fates = ["trains", "fails", "crashes", "is killed once", "hoards", "dawdles"]
    trials = study(*fates, resources={"time": 60, "memory": "500 MB"}).finish()
    assert statuses(trials) == ["COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED", "FAILED"]
    assert trials[2].failure == "exit code 3"
    assert trials[3].failure == "signal 11 (SIGSEGV)"
    assert trials[5].failure.startswith("out of memory: Slurm job ")
    assert trials[6].failure.startswith("timeout: Slurm job ")
    assert [trial.attempt for trial in trials.values()] == [1, 1, 1, 2, 1, 1]


def test_a_killed_runner_finds_its_jobs_again(study: Callable[..., Any]) -> None:
    eight = study(*["waits"] * 8, "trains")
    eight.start()
    eight.wait_for("began", 8)
    eight.kill()
    eight.open_gate()  # they have nobody to report to until the runner is back
    trials = eight.finish()
    assert statuses(trials) == ["COMPLETED"] * 9
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
    assert statuses(trials) == ["COMPLETED"] * 5
    assert three.diary("began") == [(id, 1) for id in range(1, 6)]


def test_a_controller_that_is_away_when_a_study_goes_on_doubles_no_job(
    study: Callable[..., Any],
    controller: Callable[[str], None],
    wait_until: Callable[..., None],
) -> None:
    two = study("waits", "waits")
    two.start()
    two.wait_for("began", 2)
    two.kill()
    controller("stop")
    two.start()
    wait_until(lambda: "the scheduler does not answer" in two.said())
    two.open_gate()
    controller("up")
    assert statuses(two.finish()) == ["COMPLETED"] * 2
    assert two.diary("began") == [(1, 1), (2, 1)]


def test_a_controller_that_stays_away_ends_the_run_but_not_the_study(
    study: Callable[..., Any], controller: Callable[[str], None]
) -> None:
    two = study("waits", "waits", silence=3.0)
    two.start()
    two.wait_for("began", 2)
    controller("stop")
    assert two.end() != 0
    assert "Unable to contact slurm controller" in two.said()
    two.open_gate()
    controller("up")
    assert statuses(two.finish()) == ["COMPLETED"] * 2
    assert two.diary("began") == [(1, 1), (2, 1)]


def test_trials_that_somebody_cancels_have_failed(
    study: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    three = study("waits", "waits", "waits", options="--hold")
    three.start()
    wait_until(lambda: len(three.jobs()) == 3)
    jobs = three.jobs()
    control_jobs("scancel", jobs[1])
    control_jobs("scontrol", "release", jobs[2], jobs[3])
    three.wait_for("began", 2)
    control_jobs("scancel", jobs[2])
    wait_until(lambda: 2 not in three.jobs())
    three.open_gate()
    trials = three.finish()
    assert statuses(trials) == ["FAILED", "FAILED", "COMPLETED"]
    for id in (1, 2):
        assert trials[id].failure == f"cancelled: Slurm job {jobs[id]}: it was cancelled in Slurm"
    assert "it is held; `scontrol release` lets it go" in three.said()


# Bad input


def tune(folder: Path, resources: dict[str, Any] | None = None, **options: str) -> None:
    sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 1},
        lower_is_better=True,
        scheduler={"name": "slurm", **options},
        command="true",
        output_dir=folder,
        disable_dashboard=True,
        resources_per_trial=resources,
        load=True,
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"submit_options": "-p nowhere"}, "invalid partition specified: nowhere"),
        ({"submit_options": "--gres=unicorn"}, "Invalid generic resource"),
        ({"environment": "/there/is/none"}, "environment file '/there/is/none' does not exist"),
        ({"output_dir": "/proc/nowhere"}, "'/proc/nowhere'"),
        ({"resources": {"memory": "900 TB"}}, "Memory specification can not be satisfied"),
    ],
)
def test_what_cannot_be_submitted_ends_the_run(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SchedulerError, match=f"Slurm: job .* cannot be submitted: .*{words}"):
        tune(tmp_path, **options)
    tune(tmp_path)  # with better options the same trial runs
    (trial,) = open_log(tmp_path, announce=False).history.trials.values()
    assert trial.failure.startswith("no observation")


def test_an_environment_file_that_fails_fails_the_trials(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    environment.write_text("no-such-program-for-modules load python\n")
    tune(tmp_path / "study", environment=str(environment))
    (trial,) = open_log(tmp_path / "study", announce=False).history.trials.values()
    assert trial.status == "FAILED"
    assert re.match(r"not started: Slurm job \d+: the environment file", trial.failure)


def test_a_controller_that_is_down_at_the_start_ends_the_run(
    tmp_path: Path, controller: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sherpa_core.runner._OUTAGE", 3.0)
    controller("stop")
    with pytest.raises(SchedulerError, match="Unable to contact slurm controller"):
        tune(tmp_path)
    controller("up")
    tune(tmp_path)
