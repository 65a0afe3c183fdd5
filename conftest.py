"""Settings of all tests, the clusters that they share, and what is said at their end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sherpa_testkit.services import require_service

# A busy machine is no reason to fail: what is slow is measured in benchmarks/.
settings.register_profile("sherpa", deadline=None)
settings.load_profile("sherpa")

# Studies start the dashboard that is installed: thousands of servers that no test looks at.
os.environ.setdefault("SHERPA_DISABLE_PLUGINS", "flask")

_ROOT = Path(__file__).parent
_SERVICES = _ROOT / "scripts" / "services"
#: Words in the reason of a test that was skipped because a service is not there.
_MISSING = " is not reachable: "


#: How the tests of a cluster are known: by the name of its fixture, in theirs or their file's.
_CLUSTERS = {
    "slurm": re.compile(r"/test_slurm|_slurm$|(?<!sherpa)[\[-]slurm[\]-]|bench_clusters"),
    "grid_engine": re.compile(r"/test_sge|grid_engine"),
}


def _group(nodeid: str) -> str:
    """Return what shares a process: the tests of a cluster, since some stop it, else a file."""
    for cluster, known in _CLUSTERS.items():
        if known.search(nodeid):
            return cluster
    return nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread the tests over processes in groups."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the clusters, which take longest; see that their tests are known by name."""
    for item in items:
        chosen = getattr(item, "callspec", None)
        uses = _CLUSTERS.keys() & {
            *getattr(item, "fixturenames", ()),
            *(map(str, chosen.params.values()) if chosen else ()),
        }
        if not uses <= {_group(item.nodeid)}:
            raise pytest.UsageError(f"{item.nodeid} uses {uses}: its name is to say so")
    items.sort(key=lambda item: _group(item.nodeid) not in _CLUSTERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what failed at first, and which services the skipped tests would have needed."""
    again = terminalreporter.getreports("rerun")
    if again:
        terminalreporter.section("tests that failed and were run again")
        for report in again:
            terminalreporter.write_line(report.nodeid, bold=True)
            terminalreporter.write_line(report.longreprtext[-2000:])
    reasons = [str(report.longrepr[2]) for report in terminalreporter.getreports("skipped")]
    missing = Counter(
        reason.removeprefix("Skipped: ").partition(_MISSING)
        for reason in reasons
        if _MISSING in reason
    )
    if missing:
        terminalreporter.section("tests of services were skipped")
        for (service, _, remedy), number in sorted(missing.items()):
            terminalreporter.line(f"{service}: {number} skipped; {remedy}")


@pytest.fixture
def all_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """No plugin is disabled, the dashboard neither."""
    monkeypatch.delenv("SHERPA_DISABLE_PLUGINS", raising=False)


@pytest.fixture(scope="session")
def grid_engine() -> Iterator[None]:
    """A Grid Engine that the processes of tests find."""
    said = subprocess.run(
        [_SERVICES / "gridengine.sh", "env"], capture_output=True, text=True, check=False
    ).stdout
    with pytest.MonkeyPatch.context() as patch:
        for name, value in re.findall(r"^export (SGE_\w+)=(.*)$", said, re.MULTILINE):
            if name not in os.environ:
                patch.setenv(name, value)
        _require("Grid Engine", "gridengine.sh", ["qhost"], "localhost")
        yield


@pytest.fixture(scope="session")
def slurm() -> None:
    """A Slurm that answers."""
    _require("Slurm", "slurm.sh", ["scontrol", "ping"], " is UP")


def _require(name: str, script: str, question: list[str], answer: str) -> None:
    """Skip unless a cluster answers; in continuous integration start it once more, then fail."""
    if shutil.which(question[0]) is None:
        require_service(name, False)
    answers = _answers(question, answer)
    if not answers and os.environ.get("CI") == "true":
        subprocess.run([_SERVICES / script, "up"], check=False, stdout=subprocess.DEVNULL)
        answers = _answers(question, answer)
    require_service(name, answers)


def _answers(question: list[str], answer: str) -> bool:
    try:
        done = subprocess.run(question, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and answer in done.stdout
