"""The storage suite rejects what breaks a promise, and says which one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BROKEN = Path(__file__).with_name("broken")

#: Storages in memory, and the promise that the suite must name.
ALONE = {
    "ReversesBatches": "a batch keeps its order",
    "CountsFromZero": "append returns the position of the last event; positions count from 1",
    "ReturnsThePositionAlways": "append returns 0 when a key was already there with the same body",
    "IgnoresKeys": "a key that comes again with the same body is no event and no error",
    "IgnoresConflicts": "a key that is there with another body is a Conflict",
    "ComparesTimes": "events of the same key that differ only in time have the same body",
    "AllOrNothing": "the events before a conflict are written",
    "GoesOnAfterConflicts": "an event that conflicts and those after it are not written",
    "ForgetsTheIndex": "a Conflict says the key and the event's index in its batch",
    "SharesKeysAmongStudies": "keys and positions belong to one study",
    "LosesNaN": "nan comes back as it was",
    "KnowsOnlyASCII": "comes back as it was",
    "KeepsObjects": "changing an event that was appended or read does not change the log",
    "RefusesTooLate": "nothing of a batch is written when one of its events is refused",
    "StoresAnything": "what is not JSON is refused with a UserError",
    "IgnoresTheLimit": "read(after=0, limit=0) gives that piece of the log",
    "RaisesForUnknownStudies": "a study that is not there reads as empty",
    "ListsInOrderOfCreation": "list_studies gives the names, sorted",
    "HidesWhatIsDeleted": "a deleted study's name, keys and positions are free again",
    "IsNotThreadSafe": "append returns the event's own position to four threads",
}

#: Storages in files, the test that must reject them, and the promise that it must name.
SHARED = {
    "AcknowledgesEarly": (
        "kill_9",
        "what append has acknowledged survives kill -9 of its process",
    ),
    "LooksBeforeItWrites": (
        "keys_under_contention and same",
        "a key that many processes append at once is one event",
    ),
    "SortsWhatItReads": (
        "no_gap",
        "a reader that has position n never sees something new below n",
    ),
    "CountsByItself": (
        "after_a_fork",
        "parent and child go on with an object after a fork",
    ),
    "RemembersWhatItRead": (
        "another_object",
        "an object that has read a log finds what another one appends later",
    ),
}


RunSuite = Callable[[str, str, str], subprocess.CompletedProcess[str]]


@pytest.fixture
def run_suite(tmp_path: Path) -> RunSuite:
    """Return a function that runs the suite in a pytest of its own."""

    def run(name: str, body: str, selected: str) -> subprocess.CompletedProcess[str]:
        metadata = tmp_path / "site" / "broken_storages-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: broken-storages\nVersion: 1.0\n"
        )
        (metadata / "entry_points.txt").write_text(
            f"[sherpa.storages]\nbroken = broken_storages:{name}\n"
        )
        test = tmp_path / "test_adopted.py"
        test.write_text(
            "import pytest\n"
            "from sherpa_testkit import StorageContract\n\n\n"
            f"class TestBroken(StorageContract):\n{body}\n"
        )
        path = os.pathsep.join([str(metadata.parent), str(BROKEN), *sys.path])
        options = ["-x", "-q", "-rs", "--strict-markers", "-p", "no:cacheprovider", "-W", "error"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, "-k", selected, str(test)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


IN_MEMORY = """
    persistent = False
    multiprocess = False

    @pytest.fixture
    def url(self):
        return "broken://"
"""
IN_A_FILE = """
    @pytest.fixture
    def url(self, tmp_path):
        return f"broken:{tmp_path}/study.db"
"""


@pytest.mark.parametrize("name", ALONE)
def test_rejects_a_storage_that_breaks_a_promise(name: str, run_suite: RunSuite) -> None:
    done = run_suite(name, IN_MEMORY, "not long_log")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BrokenPromise: broken promise: " in done.stdout
    assert f"{ALONE[name]}." in done.stdout


@pytest.mark.parametrize("name", SHARED)
def test_rejects_a_storage_that_cannot_be_shared(name: str, run_suite: RunSuite) -> None:
    selected, promise = SHARED[name]
    done = run_suite(name, IN_A_FILE, selected)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"BrokenPromise: broken promise: {promise}." in done.stdout


def test_accepts_a_healthy_storage(run_suite: RunSuite) -> None:
    done = run_suite("Healthy", IN_MEMORY, "not long_log")
    assert done.returncode == 0, done.stdout + done.stderr
    reasons = {line.rpartition(": ")[2] for line in done.stdout.splitlines() if "SKIPPED" in line}
    assert reasons == {
        "this storage does not declare persistent",
        "this storage does not declare multiprocess",
    }


def test_says_what_an_adopter_forgot(run_suite: RunSuite) -> None:
    done = run_suite("Healthy", "    pass", "unknown_study")
    assert done.returncode == 1
    assert "override the fixture `url` of StorageContract" in done.stdout


def test_shows_the_values_that_differ(run_suite: RunSuite) -> None:
    done = run_suite("CountsFromZero", IN_MEMORY, "last_position")
    assert "assert 0 == 1" in done.stdout
