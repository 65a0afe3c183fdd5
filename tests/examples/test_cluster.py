"""The study of the demo runs on every engine, and its files differ in two sections only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sherpa_core import Study
from sherpa_testkit.services import require_service

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted((EXAMPLES / "cluster").glob("*.toml"))
pytestmark = pytest.mark.timeout(600)
SERVER = os.environ.get("SHERPA_TEST_MONGODB", "mongodb://127.0.0.1:27217/")


def differing(study: dict[str, Any]) -> dict[str, Any]:
    return {key: study.pop(key) for key in ("scheduler", "storage") if key in study}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_scheduler_and_storage_differ(file: Path) -> None:
    study = tomllib.loads(file.read_text())
    local = tomllib.loads((EXAMPLES / "cluster" / "local.toml").read_text())

    assert differing(study) != differing(local) or file.stem == "local"
    assert study == local


def test_it_is_the_study_of_the_demo() -> None:
    study = tomllib.loads((EXAMPLES / "cluster" / "local.toml").read_text())
    demo = tomllib.loads((EXAMPLES / "digits" / "study.toml").read_text())

    folder = EXAMPLES / "cluster" / study["run"].pop("filename")
    assert folder.samefile(EXAMPLES / "digits" / demo["run"].pop("filename"))
    del demo["output_dir"]
    assert study == demo


def test_every_file_is_in_the_table() -> None:
    text = (EXAMPLES / "cluster" / "README.md").read_text()

    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == [file.name for file in FILES]


@pytest.fixture
def slurm() -> None:
    ping = shutil.which("scontrol") and subprocess.run(
        ["scontrol", "ping"], capture_output=True, text=True, check=False, timeout=60
    )
    require_service("Slurm", bool(ping and " is UP" in ping.stdout))


@pytest.fixture
def mongodb() -> str:
    try:
        with MongoClient(SERVER, serverSelectionTimeoutMS=2000) as client:
            client.admin.command("ping")
    except PyMongoError:
        require_service("MongoDB", False)
    return SERVER


def run(text: str, tmp_path: Path, storage: str = "") -> None:
    """Run a study file that stands beside the examples, with a small budget."""
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("output*"))
    file = tmp_path / "examples" / "cluster" / "study.toml"
    file.write_text(text)
    output = tmp_path / "output"
    command = [str(Path(sys.executable).with_name("sherpa")), "run", str(file)]
    budget = ["--max-num-trials", "2", "--output-dir", str(output), "--no-dashboard", "--quiet"]
    done = subprocess.run(
        [*command, *budget], capture_output=True, text=True, timeout=580, cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    history = Study.load(storage or str(output), disable_dashboard=True).history
    assert [trial.status.name for trial in history.ended] == ["COMPLETED"] * 2, done.stderr
    assert all(trial.num_observations == 5 for trial in history.ended)


@pytest.mark.parametrize("name", ["local", "dask", "ray", "http"])
def test_it_runs_on_this_machine(name: str, tmp_path: Path) -> None:
    run((EXAMPLES / "cluster" / f"{name}.toml").read_text(), tmp_path)


@pytest.mark.usefixtures("grid_engine")
@pytest.mark.parametrize("name", ["sge", "dask-sge"])
def test_it_runs_on_grid_engine(name: str, tmp_path: Path) -> None:
    run((EXAMPLES / "cluster" / f"{name}.toml").read_text(), tmp_path)


@pytest.mark.usefixtures("slurm")
def test_it_runs_on_slurm(tmp_path: Path) -> None:
    run((EXAMPLES / "cluster" / "slurm.toml").read_text(), tmp_path)


def test_it_runs_with_mongodb(mongodb: str, tmp_path: Path) -> None:
    database = f"sherpa_test_{uuid4().hex[:12]}"
    text = (EXAMPLES / "cluster" / "mongodb.toml").read_text()
    server = next(line.split('"')[1] for line in text.splitlines() if "mongodb://" in line)
    assert urlsplit(server).hostname == "127.0.0.1"
    try:
        run(text.replace(server, f"{mongodb}{database}"), tmp_path, f"{mongodb}{database}")
    finally:
        with MongoClient[Any](mongodb) as client:
            client.drop_database(database)
