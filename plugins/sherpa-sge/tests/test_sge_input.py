"""What users may write, and what Grid Engine may say: no cluster is needed."""

import pytest

import sherpa_sge.client
from sherpa_core.errors import SchedulerError, UserError
from sherpa_core.jobs import JobStatus
from sherpa_core.sockets import bind
from sherpa_sge import SGEScheduler
from sherpa_sge.accounting import last_report


def test_it_is_called_as_in_the_manual():
    scheduler = SGEScheduler("-N name -q queue", "profile", "logs")

    bind("scheduler", scheduler)
    assert scheduler.submit_options == "-N name -q queue"
    assert (scheduler.environment, scheduler.output_dir) == ("profile", "logs")
    assert scheduler.remote


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"submit_options": "-N 'x"}, "quotation"),
        ({"submit_options": "-t 1-3"}, "array"),
        ({"memory": "h_vmem=4G"}, "memory must be a name"),
        ({"gpu": ""}, "gpu must be a name"),
        ({"parallel_environment": 7}, "parallel_environment must be a name"),
    ],
)
def test_wrong_options_are_refused(options, words):
    with pytest.raises(UserError, match=words):
        SGEScheduler(**options)


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ({}, ""),
        ({"cpus": 1, "gpus": 0}, ""),
        ({"cpus": 4}, "-pe smp 4"),
        ({"memory": 4 * 10**9}, "-l h_vmem=3906250K"),
        ({"memory": 4 * 10**9 + 1, "cpus": 3}, "-pe smp 3 -l h_vmem=1302084K"),
        ({"time": 7200, "gpus": 2}, "-l h_rt=7200 -l gpu=2"),
    ],
)
def test_resources_in_the_words_of_qsub(resources, words):
    assert " ".join(SGEScheduler().resource_options(resources)) == words


def test_resources_may_have_other_names():
    scheduler = SGEScheduler(parallel_environment="openmp", memory="mem_free", gpu="cuda")

    options = scheduler.resource_options({"cpus": 2, "memory": 2048, "gpus": 1})

    assert " ".join(options) == "-pe openmp 2 -l mem_free=1K -l cuda=1"


def test_n_replaces_the_studys_name():
    assert SGEScheduler("-P x -N tune").label("my-study-7.1") == "tune-7.1"
    assert SGEScheduler("-P x").label("my-study-7.1") == "my-study-7.1"


def record(failed, status, name="n.1"):
    return (
        f"{'=' * 62}\nqname        main.q              \njobname      {name}\n"
        f"failed       {failed}\nexit_status  {status}\n"
    )


@pytest.mark.parametrize(
    ("failed", "exit_status", "expected"),
    [
        ("0", "0", (JobStatus.finished, 0, None, "exit")),
        ("0", "137                  (Killed)", (JobStatus.failed, 137, None, "exit")),
        ("100 : assumedly after job", "137 (Killed)", (JobStatus.killed, None, 9, "signal")),
        ("37  : qmaster enforced h_rt limit", "137", (JobStatus.killed, None, None, "timeout")),
        ("26  : opening output file", "0", (JobStatus.failed, None, None, "not_started")),
        ("28  : changing into working", "0", (JobStatus.failed, None, None, "not_started")),
        ("8   : in prolog", "0", (JobStatus.killed, None, None, "lost")),
        ("19  : before writing exit_status", "0", (JobStatus.killed, None, None, "lost")),
    ],
)
def test_the_accounting_tells_ends_apart(failed, exit_status, expected):
    report = last_report(record(failed, exit_status), "n.1")

    assert (report.status, report.exit_code, report.signal, report.reason) == expected
    assert failed.partition(":")[2].strip() in report.message or report.reason == "signal"
    assert ("can its node write" in report.message) == failed.startswith("26")


def test_the_last_record_of_this_job_counts():
    earlier = record("25  : rescheduling", "99") + record("0", "3") + record("0", "0", "other.2")

    assert last_report(earlier, "n.1").exit_code == 3
    assert last_report(earlier, "n.2") is None
    assert last_report("error: job id 7 not found\n", "n.1") is None
    assert last_report(record("25  : rescheduling", "99"), "n.1") is None


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setattr(sherpa_sge.client, "_DEBIAN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))


def test_an_unset_sge_root_is_explained(monkeypatch, tmp_path):
    monkeypatch.delenv("SGE_ROOT", raising=False)

    with pytest.raises(
        SchedulerError, match=r"SGE_ROOT is not set: source your cluster's settings"
    ):
        SGEScheduler().submit_job(["true"], output_path=str(tmp_path / "o"))


def test_a_machine_without_grid_engine_is_told_so(no_programs, monkeypatch, tmp_path):
    monkeypatch.setenv("SGE_ROOT", str(tmp_path))

    with pytest.raises(SchedulerError, match="qstat cannot be run: No such file"):
        SGEScheduler().queue()


def test_a_missing_library_is_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("SGE_ROOT", str(tmp_path))
    monkeypatch.setenv("DRMAA_LIBRARY_PATH", str(tmp_path / "libdrmaa.so"))

    with pytest.raises(SchedulerError, match=r"libdrmaa.so: .* set DRMAA_LIBRARY_PATH to your"):
        SGEScheduler().submit_job(["true"], output_path=str(tmp_path / "o"))
