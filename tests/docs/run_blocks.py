"""Runs the code blocks of one document, in order, in the current directory.

Called by `test_documents.py` in a process of its own: `python run_blocks.py BLOCKS.json`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any


def run(block: dict[str, Any], namespace: dict[str, Any]) -> None:
    """Write the block's file, or run its code."""
    if block["file"]:
        path = Path(block["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["code"], "utf-8")
    elif block["language"] == "python":
        padding = "\n" * block["line"]  # so that a traceback names the document's own line
        exec(compile(padding + block["code"], block["document"], "exec"), namespace)
    else:
        for command in commands(block):
            print(f"$ {command}", flush=True)
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", command])
            if done.returncode:
                sys.exit(f"{block['document']}:{block['line']}: exit code {done.returncode}")


def commands(block: dict[str, Any]) -> list[str]:
    """Return what a reader would type: a whole script, or a session's lines after `$`."""
    if block["language"] == "bash":
        return [block["code"]]
    joined = block["code"].replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ ")]


def main() -> None:
    """Run all blocks in one namespace, which is that of `__main__` as in a script."""
    blocks = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.path.insert(0, str(Path.cwd()))
    for block in blocks:
        run(block, module.__dict__)


if __name__ == "__main__":
    main()
