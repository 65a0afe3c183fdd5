"""Waiting ends with the condition, or says that it does not happen; forks say how they end."""

import sys
import threading

import pytest

from sherpa_local import LocalScheduler
from sherpa_testkit.forking import in_child
from sherpa_testkit.waiting import end_of, text_of, until


def test_it_waits_for_a_condition():
    answers = iter([False, None, [], "yes"])
    until(lambda: next(answers))
    assert not list(answers)


def test_it_gives_up():
    with pytest.raises(AssertionError, match=r"it does not happen within 0\.05 s"):
        until(lambda: False, seconds=0.05)


def test_the_end_of_a_job_is_reported(tmp_path):
    scheduler = LocalScheduler()
    job_id = scheduler.submit_job(
        [sys.executable, "-c", "raise SystemExit(3)"], output_path=str(tmp_path / "job.out")
    )
    assert end_of(scheduler, job_id).exit_code == 3


def test_a_file_is_read_when_its_lines_are_whole(tmp_path):
    path = tmp_path / "written"

    def write():
        with open(path, "w", buffering=1) as file:
            for piece in ("one ", "line\n"):
                file.write(piece)
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    assert text_of(path) == "one line"
    writer.join()


def test_the_end_of_a_child_is_known(capfd):
    assert in_child(lambda: None) == 0
    assert in_child(lambda: {}["key"]) == 1
    assert "KeyError: 'key'" in capfd.readouterr().err
