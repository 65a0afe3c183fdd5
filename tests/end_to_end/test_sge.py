"""Studies on a real Grid Engine, whatever happens to them: every trial counts, and counts once."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import sherpa_core as sherpa
import sherpa_core.runner
from sherpa_core.errors import SchedulerError, Unreachable
from sherpa_core.locate import open_log
from sherpa_core.trial import Trial

SERVICE = Path(__file__).parents[2] / "scripts" / "services" / "gridengine.sh"

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("grid_engine")]


def queue() -> dict[str, str]:
    said = subprocess.run(["qstat", "-xml"], capture_output=True, text=True, check=False).stdout
    jobs = ElementTree.fromstring(said).iter("job_list") if said else ()
    return {job.findtext("JB_name", ""): job.findtext("JB_job_number", "") for job in jobs}


@pytest.fixture
def study(cluster_study: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Makes studies on Grid Engine, whose jobs end with the test."""
    studies: list[Any] = []

    def make(*fates: str, options: str = "", **settings: Any) -> Any:
        scheduler = {"name": "sge", "submit_options": options}
        studies.append(cluster_study(queue, scheduler, *fates, **settings))
        return studies[-1]

    yield make
    for each in studies:
        each.kill()
        grid_engine("qdel", *each.jobs().values())


@pytest.fixture
def master() -> Iterator[Callable[[str], None]]:
    """Stops the qmaster, and starts it again, at the latest after the test."""

    def control(action: str) -> None:
        subprocess.run([SERVICE, action], check=True, capture_output=True, timeout=120)

    yield control
    control("up")


def grid_engine(*words: str) -> None:
    subprocess.run(words, check=False, capture_output=True)


def statuses(trials: dict[int, Trial]) -> list[str]:
    return [trial.status for trial in trials.values()]


def test_the_ends_of_trials_are_told_apart(study: Callable[..., Any]) -> None:
    fates = ["trains", "fails", "crashes", "is killed once", "dawdles"]
    trials = study(*fates, resources={"time": 25}).finish()
    assert statuses(trials) == ["COMPLETED", "FAILED", "FAILED", "COMPLETED", "FAILED"]
    assert trials[2].failure == "exit code 3"
    assert trials[3].failure == "signal 11 (SIGSEGV)"
    assert re.match(r"timeout: Grid Engine job \d+: it was killed at one of", trials[5].failure)
    assert [trial.attempt for trial in trials.values()] == [1, 1, 1, 2, 1]


def test_a_killed_runner_finds_its_jobs_again(study: Callable[..., Any]) -> None:
    eight = study(*["waits"] * 8, "trains", max_concurrent=8)
    eight.start()
    eight.wait_for("began", 8)
    eight.kill()
    eight.open_gate()  # they have nobody to report to until the runner is back
    trials = eight.finish()
    assert statuses(trials) == ["COMPLETED"] * 9
    assert eight.diary("began") == eight.diary("ended") == [(id, 1) for id in range(1, 10)]
    assert [trial.num_observations for trial in trials.values()] == [2] * 9


def test_a_qmaster_that_restarts_costs_nothing(
    study: Callable[..., Any], master: Callable[[str], None]
) -> None:
    three = study(*["waits"] * 3, "trains", "trains", max_concurrent=3)
    three.start()
    three.wait_for("began", 3)
    master("stop")
    three.open_gate()
    three.wait_for("ended", 3)
    master("up")
    trials = three.finish()
    assert statuses(trials) == ["COMPLETED"] * 5
    assert three.diary("began") == [(id, 1) for id in range(1, 6)]


def test_a_qmaster_that_is_away_when_a_study_goes_on_doubles_no_job(
    study: Callable[..., Any], master: Callable[[str], None], wait_until: Callable[..., None]
) -> None:
    two = study("waits", "waits")
    two.start()
    two.wait_for("began", 2)
    two.kill()
    master("stop")
    two.start()
    wait_until(lambda: "the scheduler does not answer" in two.said())
    two.open_gate()
    master("up")
    assert statuses(two.finish()) == ["COMPLETED"] * 2
    assert two.diary("began") == [(1, 1), (2, 1)]


def test_jobs_that_somebody_deletes_run_again(
    study: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    three = study("waits", "waits", "waits", options="-h")
    three.start()
    wait_until(lambda: len(three.jobs()) == 3)
    jobs = three.jobs()
    grid_engine("qdel", jobs[1])
    grid_engine("qrls", jobs[2], jobs[3])
    three.wait_for("began", 2)
    grid_engine("qdel", jobs[2])

    wait_until(lambda: jobs.items() & three.jobs().items() == {(3, jobs[3])})
    wait_until(lambda: len(three.jobs()) == 3)
    grid_engine("qrls", *three.jobs().values())
    three.open_gate()
    trials = three.finish()
    assert statuses(trials) == ["COMPLETED"] * 3
    assert three.diary("ended") == [(1, 2), (2, 2), (3, 1)]


def test_a_job_that_cannot_start_is_a_trial_that_has_failed(
    study: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    two = study("trains", "trains", options="-h", max_concurrent=1)
    two.start()
    wait_until(lambda: len(two.jobs()) == 1)
    first = two.jobs()[1]
    shutil.move(two.folder / "jobs", two.folder / "away")  # no node can write there now
    grid_engine("qrls", first)
    wait_until(lambda: first not in queue().values())
    shutil.move(two.folder / "away", two.folder / "jobs")
    wait_until(lambda: 2 in two.jobs())
    grid_engine("qrls", two.jobs()[2])
    trials = two.finish()
    assert statuses(trials) == ["FAILED", "COMPLETED"]
    told = rf"not started: Grid Engine job {first}: it could not start: .*output.* \(failed 26\)"
    assert re.match(told, trials[1].failure), trials[1].failure


# Bad input


def tune(folder: Path, resources: dict[str, Any] | None = None, **options: str) -> None:
    sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 1},
        lower_is_better=True,
        scheduler={"name": "sge", **options},
        command="true",
        output_dir=folder,
        disable_dashboard=True,
        resources_per_trial=resources,
        load=True,
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"submit_options": "-q nowhere"},
            'unknown queue "nowhere"; `qconf -sql`.*options: -q nowhere',
        ),
        (
            {"submit_options": "-P nobody"},
            'requested project "nobody" does not exist; `qconf -sprjl`',
        ),
        ({"submit_options": "-l unicorn=1"}, 'unknown resource "unicorn"; `qconf -sc`'),
        ({"submit_options": "--fast"}, 'invalid option argument "--fast"'),
        ({"resources": {"gpus": 1}}, 'unknown resource "gpu"'),
        (
            {"resources": {"cpus": 2}, "parallel_environment": "mpx"},
            'environment "mpx" does not.*`qconf -spl`',
        ),
        ({"resources": {"cpus": 1000}}, "no suitable queues; .* ask for less"),
        ({"environment": "/there/is/none"}, "environment file '/there/is/none' does not exist"),
        ({"output_dir": "/proc/nowhere"}, "'/proc/nowhere'"),
    ],
)
def test_what_cannot_be_submitted_ends_the_run(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(SchedulerError, match=f"Grid Engine: job .* cannot be submitted: .*{words}"):
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
    assert re.match(r"not started: Grid Engine job \d+: the environment file", trial.failure)


def test_a_qmaster_that_is_down_at_the_start_ends_the_run(
    tmp_path: Path, master: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sherpa_core.runner, "_OUTAGE", 1.0)
    master("stop")
    with pytest.raises(Unreachable, match=r"qmaster.*does `qhost` answer"):
        tune(tmp_path)
    master("up")
    tune(tmp_path)
