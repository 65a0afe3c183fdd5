"""The manual's scripts run with `sherpa_core` in place of `sherpa`, and with nothing else changed.

Corrected are only the errata: names that the manual misspells or forgets to import, and a page
break in the middle of a loop. Keras and MNIST are stood in for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted((HERE / "scripts").glob("*.py"))
IMPORTS = {"sherpa_core": "import sherpa_core as sherpa\n"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("module", IMPORTS)
def test_the_manuals_script_runs(script: Path, module: str, tmp_path: Path) -> None:
    statement = IMPORTS[module]
    text = script.read_text("utf-8").replace("import sherpa\n", statement, 1)
    assert statement in text
    (tmp_path / script.name).write_text(f"IMPORT = {statement!r}\n{text}", "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(HERE / "stand_in")}
    ended = subprocess.run(
        [sys.executable, "-W", "error", script.name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
