"""The objective function of `test_algorithms.py`: it continues its parent's checkpoint."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from sherpa_core import ObjectiveTrial


def train(trial: ObjectiveTrial) -> None:
    """Train some epochs on top of the parent's, and note in the diary that it began."""
    with open(os.path.join(trial.output_dir, "diary"), "a") as diary:
        diary.write(f"{trial.id} {trial.attempt}\n")
    values = trial.parameters
    before = json.loads((Path(trial.load_dir) / "model").read_text()) if trial.load_dir else []
    if "generation" in values:
        expected = values["generation"] - 1
    else:
        expected = values.get("resource_start", 0)
    if len(before) != expected:
        raise ValueError(f"the checkpoint has {len(before)} epochs, but {expected} are expected")
    rates = before + [values["lr"]] * values.get("resource", 1)
    for epoch in range(expected + 1, len(rates) + 1):
        time.sleep(0.003)  # training takes its time
        mistakes = sum(abs(rate - 0.01) for rate in rates[:epoch])
        units = abs(values.get("units", 32) - 48) / 100
        trial.report(mistakes / epoch + units + 1 / epoch, iteration=epoch)
    (Path(trial.save_dir) / "model").write_text(json.dumps(rates))
