"""Studies whose trials report to the runner over HTTP, from this host and from others."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

import sherpa_core as sherpa
from sherpa_core import History
from sherpa_core.locate import open_log
from sherpa_core.serving import Served
from sherpa_http.storage import URL_FILE
from sherpa_local import LocalScheduler
from sherpa_testkit.services import require_service
from sherpa_testkit.waiting import until

HERE = Path(__file__).parent


class Nodes(LocalScheduler):
    """Runs jobs as if they were on other hosts."""

    remote = True


def diary(folder: Path, word: str) -> list[list[str]]:
    try:
        lines = (folder / "diary").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [words[1:] for words in map(str.split, lines) if words[0] == word]


def token_of(folder: Path) -> str:
    return str(urlsplit((folder / URL_FILE).read_text()).password)


def check(folder: Path, trials: int, iterations: int) -> History:
    """Check what must hold of every study that has ended; its server is gone by then."""
    history = open_log(folder, announce=False).history
    assert [trial.status for trial in history.ended] == ["COMPLETED"] * trials, [
        trial.failure for trial in history.ended
    ]
    for trial in history.ended:
        assert trial.attempt == 1
        assert trial.iterations == list(range(1, iterations + 1))
    began = Counter(trial for trial, *_ in diary(folder, "began"))
    assert set(began.values()) == {1}, "a trial ran twice"
    assert len(diary(folder, "searched")) == trials
    assert not diary(folder, "leak"), "the token is where others can see it"
    for path in folder.rglob("*"):
        if path.is_file() and token_of(folder).encode() in path.read_bytes():
            assert path.stat().st_mode & 0o777 == 0o600, path
    return history


def optimize(folder: Path, **options: Any) -> dict[str, Any]:
    return sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 3},
        lower_is_better=True,
        command=[sys.executable, str(HERE / "served_trial.py"), "3"],
        output_dir=folder,
        max_concurrent=3,
        **options,
    )


def test_trials_of_this_host(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"

    with caplog.at_level(logging.DEBUG):
        best = optimize(folder, storage="http")

    check(folder, 3, 3)
    assert best["Iteration"] == 3
    assert {host for _, host, _ in diary(folder, "began")} == {"127.0.0.1"}
    output = caplog.text + "".join(capfd.readouterr())
    assert "COMPLETED" in output and token_of(folder) not in output


def test_a_remote_scheduler_needs_no_storage_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "study"
    monkeypatch.setattr("sherpa_http.storage.own_address", lambda: "127.0.0.2")

    optimize(folder, scheduler=Nodes())

    check(folder, 3, 3)
    assert {host for _, host, _ in diary(folder, "began")} == {"127.0.0.2"}


def test_a_runner_that_is_killed_and_followed(tmp_path: Path) -> None:
    folder, trials, iterations = tmp_path / "study", 6, 30
    command = [sys.executable, str(HERE / "served_study.py"), folder, trials, iterations]

    def runner(log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(list(map(str, command)), stdout=output, stderr=output)

    def told(words: str) -> bool:
        outputs = folder.glob("jobs/*.out")
        return any(words in path.read_text("utf-8") for path in outputs)

    with runner(tmp_path / "first.log") as first:
        until(lambda: len(diary(folder, "sent")) > 20)
        url = (folder / URL_FILE).read_text()
        first.kill()
    until(lambda: told("the storage does not answer"))
    assert len(diary(folder, "sent")) < 4 * iterations
    with runner(tmp_path / "second.log") as second:
        assert second.wait(120) == 0, (tmp_path / "second.log").read_text()

    check(folder, trials, iterations)
    assert (folder / URL_FILE).read_text() == url
    for log in ("first.log", "second.log"):
        assert token_of(folder) not in (tmp_path / log).read_text()


# ---- another network --------------------------------------------------------------------


@attrs.frozen
class Network:
    """A network namespace that is joined to this one by a cable."""

    name: str
    here: str
    there: str


def ip(*words: str) -> bool:
    command = ["ip", *words]
    return (
        shutil.which("ip") is not None
        and not subprocess.run(command, capture_output=True).returncode
    )


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network(f"sherpa-{os.getpid()}", "198.18.77.1", "198.18.77.2")
    ours, theirs = f"she{os.getpid()}", f"ert{os.getpid()}"
    inside = ("netns", "exec", made.name, "ip")
    try:
        require_service(
            "another network namespace (which needs root and iproute2)",
            ip("netns", "add", made.name)
            and ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", made.name)
            and ip("addr", "add", f"{made.here}/30", "dev", ours)
            and ip("link", "set", ours, "up")
            and ip(*inside, "addr", "add", f"{made.there}/30", "dev", theirs)
            and ip(*inside, "link", "set", theirs, "up"),
        )
        yield made
    finally:
        ip("link", "del", ours)
        ip("netns", "del", made.name)


def test_trials_in_another_network(tmp_path: Path, network: Network) -> None:
    folder = tmp_path / "study"
    scheduler = Nodes(submit_options=f"ip netns exec {network.name}")

    optimize(folder, scheduler=scheduler, storage=Served("http", {"host": network.here}))

    check(folder, 3, 3)
    networks = {name for _, _, name in diary(folder, "began")}
    assert {host for _, host, _ in diary(folder, "began")} == {network.here}
    assert len(networks) == 1
    assert networks != {os.readlink("/proc/self/ns/net")}
