"""The examples and the documentation of frameworks that are large."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT = 600  # seconds: a busy machine is no reason to fail
pytestmark = pytest.mark.timeout(TIMEOUT + 60)
#: Blocks of docs/frameworks.md that `make test` leaves to this test, by what they need.
BLOCK = re.compile(r"^<!-- not executed: (\w+) is .*? -->\n```python\n(.*?)^```", re.M | re.S)
BLOCKS = dict(BLOCK.findall((ROOT / "docs" / "frameworks.md").read_text("utf-8")))


def run(folder: Path, *words: str | Path) -> str:
    environment = {
        **os.environ,
        "KERAS_BACKEND": "torch",
        "OMP_NUM_THREADS": "1",
        "SHERPA_DISABLE_PLUGINS": "flask",
    }
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        cwd=folder,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["train_keras.py", "train_pytorch.py"])
def test_an_example_finds_a_good_model(name: str, tmp_path: Path) -> None:
    printed = run(tmp_path, ROOT / "examples" / name, "--max-num-trials", "3")

    label, _, text = printed.splitlines()[-1].partition(": ")
    assert label == "best"
    assert ast.literal_eval(text)["Objective"] < 0.6


def test_the_documentation_has_a_block_for_each() -> None:
    assert list(BLOCKS) == ["Keras", "PyTorch", "Lightning", "transformers"]


@pytest.mark.parametrize("name", BLOCKS)
def test_what_the_documentation_says_works(name: str, tmp_path: Path) -> None:
    (tmp_path / "block.py").write_text(BLOCKS[name])

    run(tmp_path, tmp_path / "block.py")
