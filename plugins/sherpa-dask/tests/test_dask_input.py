"""What the Dask scheduler refuses, and what it says then."""

import json
import socket
import time

import pytest

from sherpa_core.errors import SchedulerError, Unreachable, UserError
from sherpa_core.registry import create, describe
from sherpa_dask import DaskScheduler


def submit(scheduler, tmp_path):
    return scheduler.submit_job(["true"], output_path=str(tmp_path / "job.out"))


def test_an_address_where_nothing_answers_is_named_within_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        scheduler = DaskScheduler(address=f"tcp://127.0.0.1:{port}", timeout=0.5)
        before = time.monotonic()
        with pytest.raises(SchedulerError, match=rf"'tcp://127.0.0.1:{port}' does not answer"):
            submit(scheduler, tmp_path)
        assert time.monotonic() - before < 30


def test_a_cluster_that_does_not_answer_says_nothing_about_jobs(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        scheduler = DaskScheduler(address=f"tcp://127.0.0.1:{server.getsockname()[1]}", timeout=0.5)
        with pytest.raises(Unreachable, match="does not answer"):
            scheduler.get_status("sherpa-0-1")
        with pytest.raises(Unreachable, match="does not answer"):
            scheduler.find_job("study-1.1", str(tmp_path / "job.out"))


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "foo://127.0.0.1:1"])
def test_an_address_that_is_none_is_named(tmp_path, address):
    with pytest.raises(SchedulerError, match=f"'{address}' does not answer"):
        submit(DaskScheduler(address=address, timeout=0.5), tmp_path)


@pytest.mark.parametrize("cluster", ["os.NoCluster", "nowhere.Cluster", "lokal", "os.path"])
def test_a_cluster_that_there_is_not_is_named(tmp_path, cluster):
    with pytest.raises(UserError, match=rf"'{cluster}'.* 'local'|no Dask cluster '{cluster}'"):
        submit(DaskScheduler(cluster=cluster), tmp_path)


def test_options_that_a_cluster_does_not_take_are_named(tmp_path):
    scheduler = DaskScheduler(cluster_options={"wrokers": 3})
    with pytest.raises(UserError, match=r"'local' .*wrokers"):
        submit(scheduler, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"address": 3},
        {"workers": 0},
        {"workers": "2"},
        {"timeout": 0},
        {"cluster": None},
        {"cluster_options": "x=1"},
        {"address": "tcp://h:1", "workers": 2},
        {"address": "tcp://h:1", "cluster": "dask_jobqueue.SGECluster"},
    ],
)
def test_wrong_options_are_refused(options):
    with pytest.raises((TypeError, ValueError)):
        DaskScheduler(**options)


def test_options_survive_a_study_file():
    scheduler = DaskScheduler(
        cluster="dask_jobqueue.SGECluster", workers=3, cluster_options={"cores": 1}
    )
    again = create("scheduler", json.loads(json.dumps(describe("scheduler", scheduler))))
    assert (again.cluster, again.workers) == ("dask_jobqueue.SGECluster", 3)
    assert again.cluster_options == {"cores": 1}


@pytest.mark.parametrize("job_id", ["", "17", "{}", "no such job"])
def test_an_id_of_another_scheduler_is_refused(job_id):
    scheduler = DaskScheduler()
    for method in (scheduler.get_status, scheduler.kill_job):
        with pytest.raises(SchedulerError, match="not a job of the dask scheduler"):
            method(job_id)


@pytest.mark.parametrize(
    ("options", "remote"),
    [
        ({}, False),
        ({"workers": 4}, False),
        ({"address": "tcp://h:1"}, True),
        ({"cluster": "dask_jobqueue.SGECluster"}, True),
    ],
)
def test_only_the_local_cluster_is_on_this_host(options, remote):
    assert DaskScheduler(**options).remote is remote


@pytest.mark.parametrize("command", [[], "python train.py"])
def test_a_command_is_a_list_of_words(command):
    with pytest.raises(SchedulerError, match="a list of words"):
        DaskScheduler().submit_job(command)


def test_a_secret_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SchedulerError, match=r"'trial' cannot be sent: .*nowhere"):
        DaskScheduler().submit_job(
            ["true"], {"SHERPA_STORAGE_FILE": str(tmp_path / "nowhere")}, "trial"
        )
