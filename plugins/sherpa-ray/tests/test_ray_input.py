"""What the Ray scheduler refuses, and what it says then."""

import json
import socket
import subprocess
import sys
import time

import pytest

from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.registry import create, describe
from sherpa_ray import RayScheduler


def test_an_address_where_nothing_answers_is_named_within_seconds():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    before = time.monotonic()
    with pytest.raises(SchedulerError, match=f"Ray cluster '{address}' does not answer"):
        RayScheduler(address=address).submit_job(["true"])
    assert time.monotonic() - before < 30


def test_a_cluster_that_does_not_answer_says_nothing_about_jobs(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(Unreachable, match="does not answer"):
        RayScheduler(address=address).get_status("sherpa-0-1")
    with pytest.raises(Unreachable, match="does not answer"):
        RayScheduler(address=address).find_job("study-1.1", str(tmp_path / "job.out"))


@pytest.mark.parametrize("address", ["nonsense", "host:", ":6379", "host:port"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(UserError, match=f"'host:port' or 'auto', but is '{address}'"):
        RayScheduler(address=address).submit_job(["true"])


@pytest.mark.parametrize(
    "options",
    [
        {"address": 3},
        {"timeout": 0},
        {"wait_for_nodes": "yes"},
        {"init_options": "num_cpus=1"},
        {"address": "h:1", "init_options": {"num_cpus": 1}},
    ],
)
def test_wrong_options_are_refused(options):
    with pytest.raises((TypeError, ValueError)):
        RayScheduler(**options)


def test_options_that_ray_does_not_take_are_named():
    scheduler = RayScheduler(init_options={"num_cups": 1})
    with pytest.raises(UserError, match=r"ray\.init does not take these options: .*num_cups"):
        scheduler.submit_job(["true"])


def test_options_survive_a_study_file():
    scheduler = RayScheduler(init_options={"num_gpus": 1}, wait_for_nodes=True)
    again = create("scheduler", json.loads(json.dumps(describe("scheduler", scheduler))))
    assert (again.init_options, again.wait_for_nodes) == ({"num_gpus": 1}, True)


@pytest.mark.parametrize("job_id", ["", "17", "{}", "no such job"])
def test_an_id_of_another_scheduler_is_refused(job_id):
    scheduler = RayScheduler()
    for method in (scheduler.get_status, scheduler.kill_job):
        with pytest.raises(SchedulerError, match="not a job of the ray scheduler"):
            method(job_id)


def test_only_the_local_cluster_is_on_this_host():
    assert RayScheduler().remote is False
    assert RayScheduler(address="h:1").remote is True


def test_ray_is_imported_only_when_it_is_used():
    code = "import sys, sherpa_ray; sherpa_ray.RayScheduler(); sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
