"""What a job script does on a node, with bash in the engine's place."""

import ast
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sherpa_batch import record
from sherpa_batch.script import write_script
from sherpa_core.errors import SchedulerError
from sherpa_core.jobs import JobStatus

TELL = "import os, sys; print(ascii([sys.argv[1:], os.environ.get('VALUE'), os.getcwd()]))"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs a command as a job; returns its process, its record and its script's path."""

    def run(*command, env=None, environment=None, work_dir=None, prepare=None):
        folder = tmp_path_factory.mktemp("it's $HOME `id` ")
        status, script = folder / "status", folder / "job"
        if environment is not None:
            (folder / "environment").write_text(environment)
            environment = folder / "environment"
        record.create(status, "a name", "name.1")
        write_script(script, status, command, env or {}, work_dir or folder, environment, "NUMBER")
        mode = script.stat().st_mode & 0o777
        if prepare is not None:
            prepare(folder)
        process = subprocess.run(
            ["env", "--default-signal", "/bin/bash", script],  # nohup may be around the tests
            env={"NUMBER": "17", "PATH": os.environ["PATH"], "PYTHONUTF8": "1"},
            capture_output=True,
            check=False,
        )
        assert mode == 0o700
        assert not script.exists(), "a job removes its script"
        return process, record.read(status)

    return run


def python(code):
    return sys.executable, "-c", code


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 137, 255])
def test_the_exit_code_is_noted_and_passed_on(run, code):
    process, noted = run(*python(f"raise SystemExit({code})"))

    assert process.returncode == code
    assert (noted.report.exit_code, noted.report.signal) == (code, None)
    assert noted.report.status is (JobStatus.failed if code else JobStatus.finished)
    assert (noted.name, noted.job_name, noted.number) == ("name.1", "a name", "17")


@pytest.mark.parametrize("number", [1, 2, 6, 9, 10, 11, 13, 15])
def test_a_signal_is_noted_and_passed_on(run, number):
    usual = f"signal.signal({number}, signal.SIG_DFL); " if number != signal.SIGKILL else ""
    process, noted = run(*python(f"import os, signal; {usual}os.kill(os.getpid(), {number})"))

    assert process.returncode == -number
    assert (noted.report.status, noted.report.signal) == (JobStatus.killed, number)


@pytest.mark.parametrize("code", [99, 100])
def test_codes_that_mean_something_to_grid_engine_are_kept_from_it(run, code):
    process, noted = run(*python(f"raise SystemExit({code})"))

    assert (process.returncode, noted.report.exit_code) == (1, code)


def test_a_signal_that_asks_for_an_end_lets_the_job_have_the_last_word(run):
    code = "import os, signal; signal.signal(15, lambda *_: exit(4)); os.killpg(0, 15)"
    process, noted = run("setsid", "-w", *python(code))
    assert noted.report.exit_code == 4

    # The group of the script itself, as an engine does it.
    code = (
        "import os, signal, time\nsignal.signal(10, lambda *_: exit(4))\n"
        "os.kill(os.getppid(), 10); os.kill(os.getpid(), 10); time.sleep(60)"
    )
    process, noted = run(*python(code))
    assert (process.returncode, noted.report.exit_code) == (4, 4)


words = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=4)
values = st.binary().map(lambda data: os.fsdecode(data.replace(b"\0", b"")))


@given(words=words, value=values)
def test_words_and_variables_arrive_whole(run, words, value):
    process, _ = run(*python(TELL), *words, env={"VALUE": value})

    assert ast.literal_eval(process.stdout.decode())[:2] == [words, value]


def test_no_function_of_the_environment_and_no_builtin_is_the_command(run):
    process, noted = run("train", "x", environment="train() { echo caught; }")
    assert (noted.report.exit_code, process.stdout) == (127, b"")
    assert b"train" in process.stderr

    _, noted = run("exit", "0")
    assert noted.report.exit_code == 127


def test_the_environment_file_comes_first_and_the_jobs_variables_win(run):
    process, _ = run(
        *python("import os; print(os.environ['VALUE'], os.environ['OTHER'])"),
        env={"VALUE": "the job's"},
        environment="export VALUE=theirs OTHER=theirs\ncd /",
    )

    assert process.stdout == b"the job's theirs\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 4", "ended the shell with code 4"),
        ("false", "failed with code 1"),
        ("if", "failed with code"),
        ("set -e\nfalse\ntrue", "ended the shell with code 1"),
    ],
)
def test_an_environment_file_that_fails_is_reported(run, text, words):
    process, noted = run("true", environment=text)

    assert process.returncode == 1
    assert (noted.report.status, noted.report.reason) == (JobStatus.failed, "not_started")
    assert words in noted.report.message
    assert "environment" in noted.report.message
    assert words in process.stderr.decode(), "a user looks into the output first"


@pytest.mark.parametrize("text", ["set -eux; A=1", "export PATH=/nowhere", "exec 2>/dev/null"])
def test_an_environment_file_may_change_the_shell(run, text):
    _, noted = run(*python("raise SystemExit(137)"), environment=text)

    assert (noted.report.exit_code, noted.report.signal) == (137, None)


def test_an_environment_file_that_the_node_does_not_see_is_reported(run):
    _, noted = run("true", environment="", prepare=lambda folder: (folder / "environment").unlink())

    assert noted.report.reason == "not_started"
    assert "does not exist or cannot be read" in noted.report.message


def test_a_missing_folder_is_a_failure(run, tmp_path):
    process, noted = run("true", work_dir=tmp_path / "not there")

    assert (noted.report.status, noted.report.reason) == (JobStatus.failed, "not_started")
    assert f"cannot enter the folder {str(tmp_path / 'not there')!r}" in noted.report.message
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("command", "env"), [(["a\0b"], {}), (["true"], {"A": "a\0b"}), (["true"], {"A-B": "x"})]
)
def test_what_no_program_can_get_is_refused(command, env, tmp_path):
    with pytest.raises(SchedulerError, match="cannot"):
        write_script(tmp_path / "job", tmp_path / "status", command, env, tmp_path, None, "N")

    assert not (tmp_path / "job").exists()


def test_a_record_of_a_second_run_has_no_end_yet(tmp_path):
    status = tmp_path / "status"
    record.create(status, "n", "n.1")
    with open(status, "a") as file:
        file.write("started 1 node 5\nended 2 signal 9\nstarted 3 other 5\nended 4 ex")

    assert record.read(status) == record.Record("n", "n.1", "5", "other", None)
    assert record.read(tmp_path / "none") is None
