"""What the local scheduler refuses, and what it says then."""

import json
from pathlib import Path

import pytest

from sherpa_core.errors import SchedulerError, UserError
from sherpa_core.registry import create, describe
from sherpa_local import LocalScheduler


@pytest.fixture
def scheduler():
    return LocalScheduler()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["no-such-command"], "'trial_1' cannot be started: there is no command 'no-such-command'"),
        (["./folder/script"], "there is no command './folder/script'"),
        (["./plain"], "'./plain' is not executable"),
        (["echo", "a\0b"], "'trial_1' cannot be started: .*null byte"),
        ([], r"a list of words, not \[\]"),
        ("python train.py", "a list of words, not 'python train.py'"),
    ],
)
def test_a_command_that_cannot_run_is_refused(scheduler, tmp_path, monkeypatch, command, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain").touch(mode=0o644)
    with pytest.raises(SchedulerError, match=says):
        scheduler.submit_job(command, job_name="trial_1", output_path="job.out")
    assert not list(tmp_path.glob("*.status"))


def test_a_variable_that_is_no_text_is_refused(scheduler, tmp_path):
    with pytest.raises(SchedulerError, match=r"'trial_1' cannot be started: .*int"):
        scheduler.submit_job(
            ["true"], {"SHERPA_X": 1}, "trial_1", output_path=str(tmp_path / "job.out")
        )


def test_folders_that_cannot_be_used_are_refused(scheduler, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SchedulerError, match="nowhere"):
        scheduler.submit_job(
            ["true"], work_dir=str(tmp_path / "nowhere"), output_path=str(tmp_path / "job.out")
        )
    with pytest.raises(SchedulerError, match="cannot be started"):
        scheduler.submit_job(["true"], output_path=str(tmp_path / "file" / "job.out"))


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "17",
        "[]",
        "null",
        '{"pid": 1}',
        "no such job",
        '{"pid": -1, "start": null, "status": "", "resource": ""}',
        '{"pid": 1, "start": "", "status": "", "resource": ""}',
    ],
)
def test_an_id_of_another_scheduler_is_refused(scheduler, job_id):
    for method in (scheduler.get_status, scheduler.kill_job):
        with pytest.raises(SchedulerError, match="not a job of the local scheduler"):
            method(job_id)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"submit_options": "nice 'x"}, UserError),
        ({"submit_options": 3}, (TypeError, ValueError)),
        ({"resources": "01"}, (TypeError, ValueError)),
        ({"resources": 2}, (TypeError, ValueError)),
        ({"grace": -1}, (TypeError, ValueError)),
        ({"grace": "5"}, (TypeError, ValueError)),
        ({"max_output": 1.5}, (TypeError, ValueError)),
        ({"output_dir": 3}, (TypeError, ValueError)),
    ],
)
def test_wrong_options_are_refused(options, error):
    with pytest.raises(error):
        LocalScheduler(**options)


def test_options_survive_a_study_file():
    scheduler = LocalScheduler("nice -n 10", output_dir=Path("out"), resources=[0, 1], grace=2)
    again = create("scheduler", json.loads(json.dumps(describe("scheduler", scheduler))))
    assert again.submit_options == "nice -n 10"
    assert (again.output_dir, again.resources, again.grace) == ("out", ("0", "1"), 2)
