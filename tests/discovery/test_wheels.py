"""The wheels of all distributions are whole: what is installed works without the checkout."""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]

STUDY = """
from sherpa_core import Continuous, Study

study = Study([Continuous("x", [0.0, 1.0])], {"name": "random", "max_num_trials": 5}, random_seed=1)
for trial in study:
    study.add_observation(trial, objective=trial.parameters["x"])
    study.finalize(trial)
study.save("saved")
print("best:", study.get_best_result()["Trial-ID"])
"""

STUDY_FILE = """
storage = "memory://"
algorithm = "random"

[[parameters]]
name = "x"
type = "continuous"
range = [0.0, 1.0]

[run]
objective = "train:objective"
max_num_trials = 3
"""


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("def objective(trial):\n    return trial.parameters['x']\n")
    path = tmp_path / "study.toml"
    path.write_text(STUDY_FILE)
    return path


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_wheel_is_whole(project: Path, wheels: Path) -> None:
    content = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    metadata = content["project"]
    stem = f"{metadata['name'].replace('-', '_')}-{metadata['version']}"
    (path,) = content["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    source = project / path
    package = source.name

    failures = json.loads((wheels / "failures.json").read_text("utf-8"))
    assert not failures.get(str(project)), failures[str(project)]
    with zipfile.ZipFile(wheels / f"{stem}-py3-none-any.whl") as wheel:
        names = wheel.namelist()
        about = wheel.read(f"{stem}.dist-info/METADATA").decode()

    assert f"{package}/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {package, f"{stem}.dist-info"}
    expected = {path.relative_to(source.parent) for path in source.rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith(f"{package}/")} == {
        path.as_posix() for path in expected if "__pycache__" not in path.parts
    }
    assert "License-Expression: Apache-2.0" in about
    assert metadata["description"] in about


def test_core_and_one_plugin_run_a_study(
    make_environment: Callable[..., Any], study_file: Path, tmp_path: Path
) -> None:
    environment = make_environment("sherpa-random")  # brings the core as its dependency

    in_python = environment.python(STUDY, tmp_path)
    by_file = environment.shell("sherpa run study.toml", tmp_path)

    assert in_python.returncode == 0, in_python.stdout
    assert in_python.stdout.startswith("best: ")
    assert by_file.returncode == 0, by_file.stdout


class TestCoreAlone:
    @pytest.fixture(scope="class")
    @staticmethod
    def core(make_environment: Callable[..., Any]) -> Any:
        return make_environment("sherpa-core")

    def test_lists_what_is_installed(self, core: Any, tmp_path: Path) -> None:
        done = core.shell("sherpa plugins list", tmp_path)

        assert done.returncode == 0, done.stdout
        assert "memory" in done.stdout

    def test_explains_what_to_install_for_a_study_file(
        self, core: Any, study_file: Path, tmp_path: Path
    ) -> None:
        done = core.shell("sherpa run study.toml", tmp_path)

        assert done.returncode == 2, done.stdout
        assert "pip install sherpa-random" in done.stdout
        assert "Traceback" not in done.stdout

    def test_explains_what_to_install_for_a_class(self, core: Any, tmp_path: Path) -> None:
        done = core.python("from sherpa_core.algorithms import RandomSearch", tmp_path)

        assert done.returncode == 1
        assert "RandomSearch is not installed. Install it: pip install sherpa-random" in done.stdout

    def test_loads_a_study_that_others_made(
        self, core: Any, make_environment: Callable[..., Any], tmp_path: Path
    ) -> None:
        made = make_environment("sherpa-random").python(STUDY, tmp_path)

        done = core.shell("sherpa best saved --json", tmp_path)

        assert made.returncode == 0, made.stdout
        assert done.returncode == 0, done.stdout
        assert '"Objective"' in done.stdout
