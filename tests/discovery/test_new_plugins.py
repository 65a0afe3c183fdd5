"""`sherpa plugins new` writes distributions that pass their own tests at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sherpa_core.registry import GROUPS

#: A plugin of each kind; names of one letter and of the most letters change the lines' lengths.
NAMES = {kind: f"new-{kind.replace('_', '-')}" for kind in GROUPS} | {
    "algorithm": "x",
    "stopping_rule": "a-rule-with-a-very-long-name-1",
}
kinds = pytest.mark.parametrize("kind", GROUPS)


@pytest.fixture(scope="module")
def written(
    make_environment: Callable[..., Any],
    build: Callable[..., list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Any, Path]:
    """An environment into which the wheels of new plugins were installed, and their sources."""
    folder = tmp_path_factory.mktemp("new")
    environment = make_environment("sherpa-core[standard]", "sherpa-testkit")
    for kind, name in NAMES.items():
        done = environment.shell(f"sherpa plugins new {name} --kind {kind}", folder)
        assert done.returncode == 0, done.stdout
        assert f"sherpa-{name} holds the {kind.replace('_', ' ')} '{name}'" in done.stdout
    environment.install(*build(*sorted(folder.glob("sherpa-*"))))
    return environment, folder


@kinds
def test_it_passes_its_own_tests(kind: str, written: tuple[Any, Path]) -> None:
    environment, folder = written

    done = environment.shell("python -m pytest -q", folder / f"sherpa-{NAMES[kind]}")

    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@kinds
@pytest.mark.parametrize(
    "tool", ["ruff check --no-cache", "ruff format --check --no-cache", "mypy --cache-dir ../cache"]
)
def test_it_is_clean(kind: str, tool: str, written: tuple[Any, Path]) -> None:
    folder = written[1] / f"sherpa-{NAMES[kind]}"
    where = ["src", "tests"] if "mypy" in tool else ["."]

    done = subprocess.run(
        [sys.executable, "-m", *tool.split(), *where], cwd=folder, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


def test_all_are_listed(written: tuple[Any, Path]) -> None:
    environment, folder = written

    done = environment.shell("sherpa plugins list", folder)

    for kind, name in NAMES.items():
        assert re.search(rf"{kind} +{name} +sherpa-{name} +0\.1\.0", done.stdout)


def test_what_is_there_is_left_alone(written: tuple[Any, Path]) -> None:
    environment, folder = written
    (folder / "sherpa-mine").mkdir()

    done = environment.shell("sherpa plugins new mine --kind algorithm", folder)

    assert done.returncode == 2
    assert "sherpa: sherpa-mine is there already: choose another name or folder" in done.stdout
    assert list((folder / "sherpa-mine").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("Evolution --kind algorithm", "small letters, digits and single hyphens"),
        ("../up --kind algorithm", "small letters, digits and single hyphens"),
        ("two--hyphens --kind algorithm", "small letters, digits and single hyphens"),
        (f"{'long' * 10} --kind algorithm", "at most 30 small letters"),
        ("sherpa-mine2 --kind algorithm", "give the plugin's name, 'mine2'"),
        ("random --kind algorithm", "the algorithm 'random' is there already, of sherpa-random"),
        ("run --kind command", "the command 'run' is there already, of sherpa-core"),
        ("asha --kind observer", "the distribution 'sherpa-asha' is there already"),
        ("testkit --kind observer", "the distribution 'sherpa-testkit' is there already"),
        ("mine2 --kind algorithms", "Invalid value for '--kind'"),
        ("mine2", "Missing option '--kind'"),
    ],
)
def test_wrong_wishes_are_refused(
    arguments: str, says: str, written: tuple[Any, Path], tmp_path: Path
) -> None:
    done = written[0].shell(f"sherpa plugins new {arguments}", tmp_path)

    assert done.returncode == 2, done.stdout
    assert says in done.stdout
    assert "Traceback" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_without_the_testkit_it_says_what_to_install(
    make_environment: Callable[..., Any], tmp_path: Path
) -> None:
    done = make_environment("sherpa-core").shell(
        "sherpa plugins new mine --kind observer", tmp_path
    )

    assert done.returncode == 2
    assert "pip install sherpa-testkit" in done.stdout
