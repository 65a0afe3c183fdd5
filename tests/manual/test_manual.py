"""The manual's scripts run unchanged, with `import sherpa` and with `import sherpa_core as sherpa`.

Corrected are only the errata: names that the manual misspells or forgets to import, and a page
break in the middle of a loop. Keras and MNIST are stood in for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sherpa_testkit.services import require_service

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.py"))
IMPORTS = {"sherpa": "import sherpa\n", "sherpa_core": "import sherpa_core as sherpa\n"}
SERVER = os.environ.get("SHERPA_TEST_MONGODB", "mongodb://127.0.0.1:27217/")

modules = pytest.mark.parametrize("module", IMPORTS)


def run(script: Path, module: str, folder: Path, **names: Any) -> None:
    """Run a script with one of the imports, and further global names."""
    statement = IMPORTS[module]
    text = script.read_text("utf-8").replace("import sherpa\n", statement, 1)
    assert statement in text
    text = re.sub(r"^(import|from) sherpa\b(?=\.)", rf"\1 {module}", text, flags=re.MULTILINE)
    head = "".join(
        f"{name} = {value!r}\n" for name, value in {"IMPORT": statement, **names}.items()
    )
    (folder / script.name).write_text(head + text, "utf-8")
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ended = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=folder,
        env={**os.environ, "PATH": tools, "PYTHONPATH": str(HERE / "stand_in")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@modules
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_manuals_script_runs(script: Path, module: str, tmp_path: Path) -> None:
    run(script, module, tmp_path)


@modules
@pytest.mark.usefixtures("grid_engine")
def test_the_manuals_script_runs_on_grid_engine(module: str, tmp_path: Path) -> None:
    run(HERE / "cluster" / "sge_runner.py", module, tmp_path, STORAGE={})


@modules
@pytest.mark.usefixtures("grid_engine")
def test_the_manuals_script_runs_on_grid_engine_with_mongodb(module: str, tmp_path: Path) -> None:
    database = f"manual_{uuid4().hex[:8]}"
    with MongoClient[Any](SERVER, serverSelectionTimeoutMS=2000) as client:
        try:
            client.admin.command("ping")
        except PyMongoError:
            require_service("MongoDB", False)
        storage = {"storage": f"{SERVER.rstrip('/')}/{database}"}
        run(HERE / "cluster" / "sge_runner.py", module, tmp_path, STORAGE=storage)
        assert database in client.list_database_names()
        client.drop_database(database)
