"""A study over MongoDB whose database goes away while its trials report."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent

import attrs
import pytest

import sherpa_core as sherpa
from sherpa_core.locate import open_log
from sherpa_testkit.services import require_service

SERVICE = Path(__file__).parents[2] / "scripts" / "services" / "mongodb.sh"
BUILT = Path("/var/lib/mongodb-test/bin/mongodb-server")
TRIALS = 8
REPORTS = 40

TRIAL = f"""\
    import os, sys, time
    import sherpa_core as sherpa

    client = sherpa.Client()
    trial = client.get_trial()
    for iteration in range(1, {REPORTS + 1}):
        client.send_metrics(trial, iteration, trial.parameters["x"] / iteration)
        with open(os.path.join(os.environ["SHERPA_OUTPUT_DIR"], f"sent_{{trial.id}}"), "a") as file:
            file.write(f"{{iteration}}\\n")
        time.sleep(0.2)
    """

pytestmark = pytest.mark.timeout(240)


@attrs.frozen
class Database:
    """A server of this test's own: the one that all tests share is not to be stopped."""

    port: int
    state: str

    def run(self, command: str) -> None:
        environment = os.environ | {
            "MONGODB_PORT": str(self.port),
            "MONGODB_STATE": self.state,
            "MONGODB_SERVER": str(BUILT),
        }
        done = subprocess.run([SERVICE, command], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/study?serverSelectionTimeoutMS=2000"


@pytest.fixture
def database() -> Iterator[Database]:
    require_service("MongoDB", BUILT.exists() or shutil.which("mongod") is not None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1] // 2 * 2  # the next one is PostgreSQL's
    state = mkdtemp()
    database = Database(port, state)
    database.run("up")
    yield database
    database.run("down")
    shutil.rmtree(state)


# "stop" ends server and database in good order, "kill" with SIGKILL.
@pytest.mark.parametrize(("how", "seconds"), [("stop", 20.0), ("kill", 2.0)])
def test_an_outage_while_eight_trials_report(
    tmp_path: Path, database: Database, how: str, seconds: float
) -> None:
    script = tmp_path / "trial.py"
    script.write_text(dedent(TRIAL), "utf-8")
    ended = threading.Event()
    outage: list[float] = []

    def sent() -> list[tuple[int, int]]:
        return [
            (trial, int(line))
            for trial in range(1, TRIALS + 1)
            if (path := tmp_path / f"sent_{trial}").exists()
            for line in path.read_text("utf-8").splitlines()
        ]

    def disturb() -> None:
        while len({trial for trial, _ in sent()}) < TRIALS and not ended.wait(0.05):
            pass
        began = time.monotonic()
        database.run(how)
        before = len(sent())
        ended.wait(seconds)
        assert len(sent()) - before <= TRIALS  # those that were acknowledged just before
        database.run("up")
        outage.append(time.monotonic() - began)

    disturbance = threading.Thread(target=disturb)
    disturbance.start()
    try:
        sherpa.optimize(
            [sherpa.Continuous("x", [0, 1])],
            "random",
            lower_is_better=True,
            scheduler="local",
            filename=str(script),
            output_dir=str(tmp_path),
            storage=database.url,
            max_num_trials=TRIALS,
            max_concurrent=TRIALS,
            disable_dashboard=True,
            verbose=0,
        )
    finally:
        ended.set()
        disturbance.join()

    assert outage and outage[0] >= seconds
    log = open_log(database.url)
    events = log.read(0)
    found = Counter(
        (event["trial"], event["iteration"])
        for event in events
        if event["type"] == "observation_added"
    )
    everything = [(t, n) for t in range(1, TRIALS + 1) for n in range(1, REPORTS + 1)]
    assert found == Counter(everything)
    assert sorted(sent()) == everything
    keys = Counter(event["key"] for event in events if "key" in event)
    assert set(keys.values()) == {1}
    assert {trial.status for trial in log.history.trials.values()} == {"COMPLETED"}
    assert {trial.attempt for trial in log.history.trials.values()} == {1}


def test_a_password_stands_nowhere(tmp_path: Path, database: Database) -> None:
    """Not in a trial's environment and command line, not in the log, not in a file of the run."""
    script = tmp_path / "trial.py"
    script.write_text(
        dedent(
            """\
            import os, pathlib
            import sherpa_core as sherpa

            client = sherpa.Client()
            client.send_metrics(client.get_trial(), 1, 0.5)
            processes = [os.getpid(), os.getppid()]
            for pid in processes:
                for name in ("environ", "cmdline"):
                    print(pathlib.Path(f"/proc/{pid}/{name}").read_bytes())
            """
        ),
        "utf-8",
    )
    # This server takes any password, as long as it is sent in the one way that it knows.
    url = database.url.replace("//", "//postgres:opensesame@")

    sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        {"name": "random", "max_num_trials": 1},
        lower_is_better=True,
        scheduler="local",
        filename=str(script),
        output_dir=str(tmp_path / "out"),
        storage=f"{url}&authMechanism=PLAIN",
        disable_dashboard=True,
        verbose=0,
    )

    log = open_log(f"{url}&authMechanism=PLAIN")
    assert [trial.objectives for trial in log.history.trials.values()] == [[0.5]]
    files = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert any(b"SHERPA_STORAGE_FILE" in text for text in files.values())  # the trial's output
    telling = [path for path, text in files.items() if b"opensesame" in text]
    assert [path.stat().st_mode & 0o777 for path in telling] == [0o600]  # what the trial reads
    assert "opensesame" not in repr(log.read(0))
