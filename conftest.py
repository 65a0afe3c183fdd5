"""Settings of all tests, the clusters that they share, and what is said at their end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sherpa_testkit.services import require_service

# A busy machine is no reason to fail: what is slow is measured in benchmarks/.
settings.register_profile("sherpa", deadline=None)
settings.load_profile("sherpa")

# Studies start the dashboard that is installed: thousands of servers that no test looks at.
os.environ.setdefault("SHERPA_DISABLE_PLUGINS", "flask")

_ROOT = Path(__file__).parent
#: Words in the reason of a test that was skipped because a service is not there.
_MISSING = " is not reachable: "


#: Fixtures of tests on a cluster.
_CLUSTERS = {"cluster", "grid_engine", "slurm"}


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process, and those of clusters in one: some stop a controller."""
    fixtures = {item: set(getattr(item, "fixturenames", ())) for item in items}
    clusters = {item.path for item in items if fixtures[item] & _CLUSTERS}
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            alone = item.path.relative_to(_ROOT).as_posix()
            group = "clusters" if item.path in clusters else alone
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which services the skipped tests would have needed, and how to get them."""
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
    service = _ROOT / "scripts" / "services" / "gridengine.sh"
    said = subprocess.run([service, "env"], capture_output=True, text=True, check=False).stdout
    with pytest.MonkeyPatch.context() as patch:
        for name, value in re.findall(r"^export (SGE_\w+)=(.*)$", said, re.MULTILINE):
            if name not in os.environ:
                patch.setenv(name, value)
        qhost = shutil.which("qhost") and subprocess.run(
            ["qhost"], capture_output=True, timeout=60, check=False
        )
        require_service("Grid Engine", bool(qhost and qhost.returncode == 0))
        yield


@pytest.fixture(scope="session")
def slurm() -> None:
    """A Slurm that answers."""
    ping = shutil.which("scontrol") and subprocess.run(
        ["scontrol", "ping"], capture_output=True, text=True, timeout=60, check=False
    )
    require_service("Slurm", bool(ping and " is UP" in ping.stdout))
