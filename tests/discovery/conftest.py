"""Fresh environments: wheels are built once, third parties' packages are borrowed, not fetched."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
TIMEOUT = 120.0  # seconds that a command may take


class Environment:
    """A virtual environment of its own, in which nothing of this project is installed.

    What a distribution of this project needs of others is linked from the environment that runs
    the tests, with its metadata: pip then resolves and installs as ever, but needs no network. A
    dependency that is not declared is not there.
    """

    def __init__(self, folder: Path, wheels: Path) -> None:
        venv.create(folder, symlinks=True, with_pip=False)
        self.bin = folder / "bin"
        self._wheels = wheels
        place = {"base": str(folder), "platbase": str(folder)}
        self._packages = Path(sysconfig.get_path("purelib", "venv", vars=place))

    def borrow(self, *names: str) -> None:
        """Link third parties' packages, with all that they need."""
        for entry in sorted(set().union(*(files_of(name) for name in closure(names)))):
            link = self._packages / entry.name
            if not link.exists():
                link.symlink_to(entry)

    def install(self, *requirements: str, resolve: bool = True) -> None:
        """Install wheels, by their names or paths, from the folder of wheels only.

        Without `resolve` what they need is not looked at, as pip sometimes leaves it.
        """
        self.borrow(*(each for each in requirements if not each.endswith(".whl")))
        options = [] if resolve else ["--no-deps"]
        done = run(
            [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "--quiet",
             "install", *options, *requirements], self.variables(), Path.cwd(),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def variables(self, **more: str) -> dict[str, str]:
        """The environment variables of a command: pip without network, nothing of SHERPA's."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SHERPA_", "PIP_", "PYTHON", "COV_"))
        }
        return {
            **kept,
            "PATH": os.pathsep.join([str(self.bin), kept["PATH"]]),
            "PYTHONWARNINGS": "error",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self._wheels),
            "PIP_NO_BUILD_ISOLATION": "0",  # pip's own way to say that there is none
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "COLUMNS": "200",
            "SHERPA_DISABLE_PLUGINS": "flask",  # no study here needs a page
            **more,
        }

    def shell(
        self, command: str, folder: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run what a reader would type, in a folder; its output is in `stdout`."""
        words = ["bash", "-euo", "pipefail", "-c", command]
        return run(words, self.variables(**variables), folder)

    def python(self, code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script, in a folder; its output is in `stdout`."""
        words = [str(self.bin / "python"), "-c", code]
        return run(words, self.variables(**variables), folder)


def run(
    words: Iterable[str], variables: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(words),
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
    )


def closure(names: Iterable[str]) -> set[str]:
    """The distributions of third parties that some distributions need, themselves included."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        key = (wanted.name, frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            distribution = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:
            continue  # it is of this test's own, and brings nothing
        if not wanted.name.startswith("sherpa-"):
            found.add(wanted.name)
        for text in distribution.requires or ():
            needed = Requirement(text)
            extras = {"", *wanted.extras}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    return found


@cache
def files_of(name: str) -> frozenset[Path]:
    """What a distribution has put into the folder of packages: folders and files."""
    distribution = metadata.distribution(name)
    top = {path.parts[0] for path in distribution.files or ()} - {"..", "__pycache__"}
    return frozenset(Path(str(distribution.locate_file(each))) for each in top)


BUILD = """
import json, os, sys, traceback
from hatchling.build import build_wheel

wheels, *projects = sys.argv[1:]
failures = {}
for project in projects:
    os.chdir(project)
    try:
        build_wheel(wheels)
    except BaseException:
        failures[project] = traceback.format_exc()
with open(os.path.join(wheels, "failures.json"), "w") as file:
    json.dump(failures, file)
"""


def build_wheels(folder: Path, *projects: Path) -> None:
    """Build wheels: one process calls the backend for all, which saves pip's second for each.

    `failures.json` says which could not be built.
    """
    done = run(
        [sys.executable, "-c", BUILD, str(folder), *map(str, projects)], {**os.environ}, ROOT
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of all distributions of this project."""
    folder = tmp_path_factory.mktemp("wheels")
    plugins = sorted(ROOT.glob("plugins/*/pyproject.toml"))
    build_wheels(folder, ROOT, *(path.parent for path in plugins))
    return folder


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Builds projects and returns the paths of their wheels."""

    def build(*projects: Path) -> list[str]:
        folder = tmp_path_factory.mktemp("built")
        build_wheels(folder, *projects)
        assert (folder / "failures.json").read_text() == "{}"
        return [str(path) for path in sorted(folder.glob("*.whl"))]

    return build


@pytest.fixture(scope="session")
def make_environment(
    tmp_path_factory: pytest.TempPathFactory, wheels: Path
) -> Callable[..., Environment]:
    """Makes an environment in which the named distributions are installed."""

    def make(*requirements: str) -> Environment:
        environment = Environment(tmp_path_factory.mktemp("environment"), wheels)
        if requirements:
            environment.install(*requirements)
        return environment

    return make
