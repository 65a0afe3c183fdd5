"""`sherpa dashboard` and `sherpa report`, as people call them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Choice, Continuous, Study
from sherpa_testkit.browser import eventually, nothing_listens

SHERPA = [sys.executable, "-c", "from sherpa_core.cli import main; main(prog_name='sherpa')"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("SHERPA_", "SSH_", "SLURM_", "JOB_ID"))
}
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a finished study in a folder."""

    def study(folder: str, name: str = "digits", trials: int = 3) -> Path:
        made = Study(
            [Continuous("lr", [1e-4, 1e-1], "log"), Choice("act", ["relu", HOSTILE])],
            {"name": "random", "max_num_trials": trials},
            output_dir=tmp_path / folder,
            name=name,
            random_seed=1,
            disable_dashboard=True,
        )
        for trial in made:
            made.add_observation(trial, trial.parameters["lr"], context={"note": HOSTILE})
            made.finalize(trial)
        return tmp_path / folder

    return study


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that starts `sherpa dashboard`; all are ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def dashboard(*words: object, **variables: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [*SHERPA, "dashboard", *map(str, words), "--no-browser"],
            cwd=tmp_path,
            env={**ENVIRONMENT, **variables, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline()

    yield dashboard
    for process in started:
        process.kill()
        process.communicate()


def ask(line: str, address: str = "") -> str:
    """Return the body of an answer of the server whose first line was printed."""
    found = re.search(r"http://127\.0\.0\.1:(\d+)(/\S*)", line)
    assert found is not None, line
    connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=30)
    try:
        connection.request("GET", address or found[2])
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def port(line: str) -> int:
    return int(line.rpartition(":")[2].partition("/")[0])


def test_shows_finished_studies_of_several_places(make: Any, start: Any) -> None:
    one, two = make("one", "first"), make("two", "second")
    _, line = start(one, f"sqlite://{two}/study.db")

    assert line.startswith("SHERPA Dashboard running on http://127.0.0.1:")
    studies = ask(line, "/studies")
    assert '"first"' in studies
    assert '"second"' in studies


def test_ctrl_c_ends_it_quietly(make: Any, start: Any) -> None:
    process, line = start(make("one"))
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Traceback" not in rest
    assert eventually(lambda: nothing_listens("127.0.0.1", port(line)), 10)


def test_takes_the_port_that_it_is_given_or_says_why_not(make: Any, start: Any) -> None:
    _, first = start(make("one"))
    process, message = start(make("two"), "--port", port(first))

    assert process.wait(30) == 2
    assert re.search(rf"cannot listen on 127.0.0.1, port {port(first)}: .*in use", message)


def test_on_a_cluster_node_it_prints_the_tunnel(make: Any, start: Any) -> None:
    process, line = start(make("one"), SLURM_JOB_ID="7", SLURM_SUBMIT_HOST="login")
    assert process.stdout is not None
    hint = process.stdout.readline()

    assert f"ssh -N -L {port(line)}:127.0.0.1:{port(line)} -J " in hint
    assert "@login " in hint


def test_a_place_without_a_study_is_refused(start: Any, tmp_path: Path) -> None:
    process, message = start(tmp_path)

    assert process.wait(30) == 2
    assert "holds no study" in message


def report(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHERPA, "report", *map(str, words)],
        cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_report_is_one_file_with_everything_inside(make: Any, tmp_path: Path) -> None:
    done = report(make("one"), cwd=tmp_path)
    page = (tmp_path / "one" / "report.html").read_text("utf-8")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "one" / "report.html")
    without_scripts = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.S)
    assert not re.search(r"<(?:script|link|img)[^>]*\s(?:src|href)=", without_scripts)
    assert '"full":true' in page
    assert '"questions"' in page
    policy = page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy and "http" not in policy
    assert page.index("Content-Security-Policy") < min(page.index("<style"), page.index("<script"))


def test_nothing_in_a_report_breaks_out_of_its_element(make: Any, tmp_path: Path) -> None:
    report(make("one", f"study {HOSTILE}"), "-o", tmp_path / "r.html", cwd=tmp_path)
    page = (tmp_path / "r.html").read_text("utf-8")

    assert HOSTILE not in page
    assert "onerror=alert(1)>" not in page.replace("onerror=alert(1)\\u003e", "").replace(
        "onerror=alert(1)&gt;", ""
    )


def test_report_wants_one_study(make: Any, tmp_path: Path) -> None:
    folder = make("one", "first")
    url = f"sqlite://{folder}/study.db"
    second = Study(
        [Continuous("x", [0, 1])], "random", storage=url, name="second", disable_dashboard=True
    )
    second.close()
    unclear = report(url, cwd=tmp_path)
    clear = report(f"{url}#second", cwd=tmp_path)

    assert unclear.returncode == 2
    assert "choose one" in unclear.stderr
    assert clear.returncode == 0, clear.stderr
    assert (tmp_path / "report.html").exists()
