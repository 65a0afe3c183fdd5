"""Functions as objectives: how they end, and what is left of them."""

from __future__ import annotations

import faulthandler
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.options import RunOptions
from sherpa_core.plugin import AlgorithmState
from sherpa_core.runner import Runner
from sherpa_core.workers import WorkerExecution
from sherpa_testkit.waiting import until

pytestmark = pytest.mark.timeout(60)


# How it may end


def raises(trial: Any) -> None:
    trial.report(1.0)
    raise ValueError("no such layer: \udcff")


def allocates(trial: Any) -> None:
    raise MemoryError


def leaves(trial: Any) -> None:
    print("leaving", flush=True)
    os._exit(3)


def crashes(trial: Any) -> None:
    faulthandler.disable()
    os.kill(os.getpid(), signal.SIGSEGV)


def exits(trial: Any) -> None:
    sys.exit("out of data")


def closes_everything(trial: Any) -> None:
    os.closerange(3, 256)
    time.sleep(60)  # until it is killed


@pytest.mark.parametrize(
    ("objective", "failure"),
    [
        (raises, "exception: ValueError: no such layer: ?"),
        (allocates, "out of memory: MemoryError"),
        (leaves, "exit code 3"),
        (crashes, "signal 11 (SIGSEGV)"),
        (exits, "exception: SystemExit: out of data"),
        (lambda trial: math.nan, "NaN: none of its objectives is a number"),
        (lambda trial: None, "no observation: it ended without having reported an objective"),
        (lambda trial: {"loss": 1.0}, "exception: UserError: objective must be a number, but is"),
    ],
)
def test_a_failure_is_explained_and_the_next_trial_runs(
    bench: Any, objective: Any, failure: str
) -> None:
    history = bench.run(lambda trial: 1.0 if trial.id == 2 else objective(trial), 2)

    assert [trial.status for trial in history.ended] == ["FAILED", "COMPLETED"]
    assert history.ended[0].failure.startswith(failure)


def test_the_traceback_is_in_the_jobs_output(bench: Any) -> None:
    bench.run(raises)

    assert "in raises" in bench.output()
    assert "ValueError: no such layer" in bench.output()


def test_what_it_prints_is_in_the_jobs_output(bench: Any, capfd: Any) -> None:
    def objective(trial: Any) -> float:
        print(f"trial {trial.id} speaks")
        subprocess.run(["echo", "a child speaks"], check=True)
        print("and warns", file=sys.stderr)
        return 1.0

    bench.run(objective, 2)

    assert bench.output(1) == "trial 1 speaks\na child speaks\nand warns\n"
    assert bench.output(2) == "trial 2 speaks\na child speaks\nand warns\n"
    assert capfd.readouterr().out == ""


def test_who_is_killed_by_others_runs_again(bench: Any) -> None:
    def objective(trial: Any) -> float:
        if trial.attempt < 3:
            trial.report(trial.attempt)
            os.kill(os.getpid(), signal.SIGKILL)
        return 3.0

    (trial,) = bench.run(objective).ended

    assert (trial.status, trial.attempt, trial.objectives) == ("COMPLETED", 3, [3.0])


def test_who_hangs_is_ended_with_its_children(bench: Any) -> None:
    def objective(trial: Any) -> float:
        if trial.id == 2:
            return 1.0
        child = subprocess.Popen(["sleep", "600"])
        (bench.folder / "child").write_text(str(child.pid))
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)  # until it is killed

    first, second = bench.run(objective, 2, trial_timeout=0.5).ended

    assert first.failure == "timeout: it ran longer than 0.5 s"
    assert second.status == "COMPLETED"
    until(lambda: bench.is_gone(int((bench.folder / "child").read_text())))


def test_a_child_that_outlives_it_does_not_hold_up_the_study(bench: Any) -> None:
    def objective(trial: Any) -> float:
        if trial.id == 1:
            child = os.fork()  # holds all that its parent had open
            if child == 0:
                time.sleep(600)  # until it is killed
            (bench.folder / "child").write_text(str(child))
            os._exit(5)
        return 1.0

    first, second = bench.run(objective, 2).ended

    assert (first.failure, second.status) == ("exit code 5", "COMPLETED")
    until(lambda: bench.is_gone(int((bench.folder / "child").read_text())))


def test_who_closes_the_line_to_its_runner_is_ended(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sherpa_core.workers._PATIENCE", 0.1)

    (trial,) = bench.run(closes_everything, max_attempts=1).ended

    assert trial.status == "FAILED"


def test_it_may_start_processes(bench: Any) -> None:
    def objective(trial: Any) -> float:
        import multiprocessing

        with multiprocessing.get_context("fork").Pool(2) as pool:
            return float(sum(pool.map(abs, [-1, -2])))

    (trial,) = bench.run(objective).ended

    assert trial.objectives == [3.0], bench.output()


# Workers


def test_workers_are_used_again(bench: Any) -> None:
    def objective(trial: Any) -> None:
        trial.report(1.0, context={"pid": os.getpid()})

    history = bench.run(objective, 20, max_concurrent=2)

    pids = {trial.observation(0).context["pid"] for trial in history.ended}
    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    assert all(map(bench.is_gone, pids))


def test_a_worker_that_dies_while_it_is_idle_is_replaced(bench: Any) -> None:
    def objective(trial: Any) -> float:
        if trial.id == 1:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        return 1.0

    class Later:
        def get_suggestion(self, parameters: Any, history: Any, rng: Any) -> Any:
            if history.ended:
                time.sleep(0.2)  # meanwhile the worker dies
            return AlgorithmState.DONE if len(history.trials) == 2 else parameters.sample(rng)

    study = bench.study(Later())
    Runner(study.engine, WorkerExecution(objective, bench.folder), RunOptions()).run()

    assert [trial.status for trial in study.history.ended] == ["COMPLETED"] * 2


def test_a_report_waits_for_nobody_while_the_algorithm_thinks(bench: Any) -> None:
    """Also reports that come during a slow ask are all kept, in order."""

    class Slow:
        def get_suggestion(self, history: Any) -> Any:
            if len(history.trials) == 1:
                until((bench.folder / "all_said").exists)
                assert history.trials[1].num_observations == 0
            return AlgorithmState.DONE if len(history.trials) == 2 else {"x": 0.5}

    def objective(trial: Any) -> None:
        if trial.id == 1:
            until((bench.folder / "thinking").exists)
        for iteration in (1, 2, 3):
            trial.report(iteration)
        (bench.folder / "all_said").touch()

    def progress(runner: Runner) -> None:
        if runner.engine.log.folding is False:
            (bench.folder / "thinking").touch()

    study = bench.study(Slow())
    execution = WorkerExecution(objective, bench.folder)
    Runner(study.engine, execution, RunOptions(2), progress).run()

    assert [trial.iterations for trial in study.history.ended] == [[1, 2, 3]] * 2


SCRIPT = """
import os, sys, time
from pathlib import Path
import sherpa_core as sherpa
folder = Path(sys.argv[1])
def objective(trial):
    child = os.fork()
    if child == 0:
        time.sleep(600)
    (folder / f"pid_{trial.id}").write_text(f"{os.getpid()} {child}")
    time.sleep(600)
sherpa.optimize([sherpa.Continuous("x", [0, 1])], "random", True, objective=objective,
                output_dir=folder, max_concurrent=2, disable_dashboard=True)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_and_their_children_end_with_their_runner(
    bench: Any, tmp_path: Path, number: int
) -> None:
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, tmp_path], stderr=subprocess.DEVNULL)
    files = [tmp_path / "pid_1", tmp_path / "pid_2"]
    until(lambda: all(file.exists() and len(file.read_text().split()) == 2 for file in files))

    process.send_signal(number)
    process.wait(20)

    pids = [int(word) for file in files for word in file.read_text().split()]
    until(lambda: all(map(bench.is_gone, pids)))
