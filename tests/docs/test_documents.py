"""What README and docs tell a reader to do works: every block of code is run.

Python, console and bash blocks of a document run in order, in one namespace, in an empty
directory. A comment before a block changes that, visibly for whoever reads the source:

* `<!-- file: NAME -->` writes the block to a file that later blocks use;
* `<!-- not executed: REASON -->` leaves it out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN_BLOCKS = Path(__file__).with_name("run_blocks.py")
TIMEOUT = 120.0  # seconds a document's code may take

RUN = {"python", "console", "bash"}
SHOWN = {"toml", "text", "json", "csv", "mermaid", "{toctree}", "{include}"}

FENCE = re.compile(r"^(?P<ticks>`{3,}|:{3,})[ ]*(?P<info>.*)$")
MARKER = re.compile(r"^<!--[ ]*(?P<name>file|not executed):[ ]*(?P<value>.*?)[ ]*-->$")


def blocks(name: str, text: str) -> list[dict[str, Any]]:
    """The code blocks of the document `name`, each with the marker comment before it."""
    found: list[dict[str, Any]] = []
    opened: dict[str, Any] | None = None
    ticks, marker = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        if opened is not None:
            if line.strip() == ticks:
                found.append(opened)
                opened = None
            else:
                opened["code"] += line + "\n"
        elif match := FENCE.match(line):
            ticks = match["ticks"]
            opened = {
                "document": name,
                "line": number,
                "language": (match["info"].split() or [""])[0],
                "code": "",
                "file": marker["value"] if marker and marker["name"] == "file" else "",
                "exempt": marker["value"] if marker and marker["name"] != "file" else None,
            }
            marker = None
        elif line.strip():
            marker = MARKER.match(line.strip())
    assert opened is None, f"{name} ends within a block"
    return found


DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
    ROOT / "sherpa_contrib" / "README.md",
]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
BLOCKS = {name: blocks(name, (ROOT / name).read_text("utf-8")) for name in NAMES}
RUNNABLE = {
    name: [
        block
        for block in found
        if block["exempt"] is None and (block["language"] in RUN or block["file"])
    ]
    for name, found in BLOCKS.items()
}
TABLES = [each for found in BLOCKS.values() for each in found if each["language"] == "toml"]


@pytest.mark.parametrize("document", [name for name, found in RUNNABLE.items() if found])
def test_code_runs(document: str, tmp_path: Path) -> None:
    plan = tmp_path / "blocks.json"
    plan.write_text(json.dumps(RUNNABLE[document]), "utf-8")
    work = tmp_path / "work"
    work.mkdir()
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHERPA_")}

    done = subprocess.run(
        [sys.executable, "-W", "error", str(RUN_BLOCKS), str(plan)],
        cwd=work,
        env={**clean, "PATH": tools, "MPLBACKEND": "Agg"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("block", TABLES, ids=lambda block: f"{block['document']}:{block['line']}")
def test_toml_is_valid(block: dict[str, Any]) -> None:
    assert tomllib.loads(block["code"])


@pytest.mark.parametrize("document", BLOCKS)
def test_blocks_say_what_they_are(document: str) -> None:
    for block in BLOCKS[document]:
        where = f"{document}:{block['line']}"
        assert block["language"] in RUN | SHOWN, f"{where}: language {block['language']!r}"
        assert block["exempt"] != "", f"{where}: an exemption needs a reason"
        if block["language"] == "console":
            assert re.search(r"^\$ ", block["code"], re.MULTILINE), f"{where}: no `$ command`"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("```python\nassert 1 == 2\n```\n", '"page.md", line 4'),
        ("```console\n$ exit 3\n```\n", "exit code 3"),
    ],
)
def test_a_wrong_block_would_be_found(block: str, message: str, tmp_path: Path) -> None:
    plan = tmp_path / "blocks.json"
    plan.write_text(json.dumps(blocks("page.md", f"# Page\n\n{block}")), "utf-8")

    done = subprocess.run(
        [sys.executable, str(RUN_BLOCKS), str(plan)], capture_output=True, text=True
    )

    assert done.returncode == 1
    assert message in done.stderr
