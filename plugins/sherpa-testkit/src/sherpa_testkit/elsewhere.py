"""Asks for decisions in another process: `python -m sherpa_testkit.elsewhere`.

Reads JSON from standard input: the algorithm's `config`, a log's `events`, the study's `seed`,
and the `positions` at which to ask. Writes a JSON list of the decisions' texts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from sherpa_core.events import Event
from sherpa_testkit.simulation import decide_afresh, text_of


def ask_elsewhere(
    config: dict[str, Any], events: Sequence[Event], seed: int, positions: Sequence[int]
) -> list[str]:
    """Return the texts of the decisions of a process whose sets have another order."""
    task = {"config": config, "events": events, "seed": seed, "positions": positions}
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(task),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[str] = json.loads(done.stdout)
    return answers


def main() -> None:
    """Answer the task that standard input holds."""
    task = json.load(sys.stdin)
    answers = [
        decide_afresh(task["config"], task["events"][:position], task["seed"])
        for position in task["positions"]
    ]
    print(json.dumps(text_of(answers)))


if __name__ == "__main__":
    main()
