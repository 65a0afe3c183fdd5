"""Every benchmark runs and prints its table; how fast it is, is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("bench_*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_prints_a_table_and_writes_its_numbers(script: Path, tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"

    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    head, line, *rows = done.stdout.partition("\n\n")[2].splitlines()
    assert head.startswith("what") and head.endswith("met")
    assert set(line) == {"-", " "}
    numbers = json.loads(file.read_text("utf-8"))
    assert len(numbers["rows"]) == rows.index("") > 0
    for row, printed in zip(numbers["rows"], rows, strict=False):
        assert printed.startswith(row["what"])
        assert row["ours"] and len(row["theirs"]) in (0, len(row["ours"]))
        assert row["met"] in (True, False, None)
    assert numbers["machine"]["cores"] > 0
    assert "sherpa-core" in numbers["versions"]


def test_the_readme_lists_every_script() -> None:
    listed = [
        line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if "| `" in line
    ]

    assert [line.split("`")[1] for line in listed] == [script.name for script in SCRIPTS]
