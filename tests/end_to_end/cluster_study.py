"""Runs or continues a study on a cluster: `python cluster_study.py FOLDER SETTINGS FATE...`.

SETTINGS is JSON: `scheduler`, and where wanted `max_concurrent`, `resources` and `silence`, the
seconds for which the engine may fail to answer. There is one trial for each FATE.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import sherpa_core as sherpa
import sherpa_core.execution
import sherpa_core.runner


def main() -> None:
    folder, text, *fates = sys.argv[1:]
    settings = json.loads(text)
    logging.basicConfig(level=logging.WARNING)
    if "silence" in settings:
        sherpa_core.execution._SILENCE = sherpa_core.runner._OUTAGE = settings["silence"]
    sherpa.optimize(
        [sherpa.Choice("fate", sorted({*fates, "none"})), sherpa.Ordinal("number", [1, 2])],
        {"name": "iterate", "hp_iter": [{"fate": fate, "number": 1} for fate in fates]},
        lower_is_better=True,
        scheduler=settings["scheduler"],
        filename=str(Path(__file__).with_name("cluster_trial.py")),
        output_dir=folder,
        max_concurrent=settings.get("max_concurrent", len(fates)),
        resources_per_trial=settings.get("resources"),
        disable_dashboard=True,
        load=True,
        name="study",
    )


if __name__ == "__main__":
    main()
