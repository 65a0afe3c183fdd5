"""A study on a Dask cluster goes on where its runner was killed, and runs nothing twice."""

import os
import signal
import subprocess
import sys

import pytest

from sherpa_core import Study
from sherpa_testkit.waiting import until

RUNNER = """
import sys
import sherpa_core as sherpa
from sherpa_core.schedulers import DaskScheduler

sherpa.optimize(
    parameters=[sherpa.Continuous("x", [0.0, 1.0])],
    algorithm="random",
    lower_is_better=True,
    command=[sys.executable, "trial.py"],
    scheduler=DaskScheduler(address=sys.argv[1]),
    max_concurrent=2,
    max_num_trials=4,
    output_dir="output",
    disable_dashboard=True,
    load=True,
)
"""
TRIAL = """
import os, time
import sherpa_core as sherpa

client = sherpa.Client()
trial = client.get_trial()
with open("diary", "a") as diary:
    diary.write(f"{trial.id}\\n")
for _ in range(6000):
    if os.path.exists("gate"):
        break
    time.sleep(0.01)
client.send_metrics(trial, iteration=1, objective=trial.parameters["x"])
"""


@pytest.mark.timeout(600)
def test_a_runner_that_was_killed_is_resumed(cluster, tmp_path):
    (tmp_path / "trial.py").write_text(TRIAL)
    diary = tmp_path / "diary"

    def start():
        with open(tmp_path / "runner.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", RUNNER, cluster.address],
                cwd=tmp_path,
                stdout=log,
                stderr=log,
            )

    runner = start()
    until(lambda: diary.exists() and diary.read_text().count("\n") == 2)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    (tmp_path / "gate").touch()
    assert start().wait(300) == 0, (tmp_path / "runner.log").read_text()

    history = Study.load(str(tmp_path / "output"), disable_dashboard=True).history
    assert [trial.status.name for trial in history.ended] == ["COMPLETED"] * 4
    assert sorted(diary.read_text().split()) == ["1", "2", "3", "4"], "nothing ran twice"
