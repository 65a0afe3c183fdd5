"""How long does it take to import SHERPA, to list its plugins, and to open a long study?"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from _common import Options, Row, interleaved, main, space

from sherpa_core import Study

OBSERVATIONS = 8  # with its start and its end, a trial is ten events

IMPORT = """
import time
start = time.perf_counter()
{statement}
print((time.perf_counter() - start) * 1e3)
"""
LIST = """
import sys
sys.argv = ["sherpa", "plugins", "list"]
from sherpa_core.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
OPEN = """
import json, resource, sys, time
from sherpa_core import Study
start = time.perf_counter()
study = Study.load(sys.argv[1], disable_dashboard=True)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps([seconds, peak / 1e6, len(study.history.trials), study.history.position]))
"""
DECODE = """
import json, sqlite3, sys, time
start = time.perf_counter()
for (text,) in sqlite3.connect(sys.argv[1]).execute("SELECT text FROM events ORDER BY position"):
    json.loads(text)
print(time.perf_counter() - start)
"""


def fresh(code: str, *arguments: str) -> str:
    """Return what a fresh Python prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def importing(statement: str) -> float:
    """Return the milliseconds of an import in a fresh process."""
    return float(fresh(IMPORT.format(statement=statement)))


def imported_plugins() -> tuple[set[str], float]:
    """Return the plugins' modules that `sherpa plugins list` imports, and its seconds."""
    plugins = {
        entry.value.partition(":")[0].partition(".")[0]
        for group in ("algorithms", "stopping_rules", "schedulers", "storages", "observers")
        for entry in entry_points(group=f"sherpa.{group}")
    } - {"sherpa_core"}
    start = time.perf_counter()
    command = [sys.executable, "-c", LIST]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert plugins and "random" in found.stdout
    return plugins & set(found.stderr.split()), seconds


def write(folder: str, trials: int) -> None:
    """Write a study of so many trials into `folder`."""
    study = Study(space(), "random", output_dir=folder, random_seed=1, disable_dashboard=True)
    append, number, events = study.engine.log.append, 0, []
    configuration = study.history.space.decode([0.3] * 5)
    for number in range(1, trials + 1):
        name = f"trial/{number}"
        added: dict[str, Any] = {"type": "trial_added", "key": name, "trial": number}
        events.append({**added, "parameters": configuration, "origin": "random", "based_on": 0})
        events += (
            {
                "type": "observation_added",
                "key": f"{name}/observation/1/{iteration}",
                "trial": number,
                "attempt": 1,
                "iteration": iteration,
                "objective": (number * 7919 % 101) / 101 + 1 / iteration,
            }
            for iteration in range(1, OBSERVATIONS + 1)
        )
        ended = {"type": "trial_finalized", "key": f"{name}/final", "trial": number}
        events.append({**ended, "status": "COMPLETED"})
        if len(events) >= 50_000 or number == trials:
            append(*events)
            events.clear()
    study.close()


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    ours, study, theirs = interleaved(
        options.repeats,
        lambda: importing("import sherpa_core"),
        lambda: importing("from sherpa_core import Study"),
        lambda: importing("import optuna"),
    )
    yield Row("import sherpa_core", "ms", ours, "import optuna", theirs, at_most=0.6)
    yield Row("from sherpa_core import Study", "ms", study, "import optuna", theirs, at_most=0.6)

    found, seconds = imported_plugins()
    yield Row("sherpa plugins list: plugins imported", "", [len(found)], at_most=0)
    yield Row("sherpa plugins list", "s", [seconds])

    trials = options.size(100_000, 20)
    what = f"opening {trials:,} trials, {trials * (OBSERVATIONS + 2):,} events"
    with tempfile.TemporaryDirectory() as folder:
        write(folder, trials)
        times, peaks, bounds = [], [], []
        for _ in range(min(options.repeats, 3)):
            second, peak, known, events = json.loads(fresh(OPEN, folder))
            assert known == trials and events >= trials * (OBSERVATIONS + 2)
            times.append(second)
            peaks.append(peak)
            bounds.append(float(fresh(DECODE, f"{folder}/study.db")))
    yield Row(what, "s", times, at_most=5)
    yield Row("the same beside reading the JSON", "s", times, "sqlite3 and json", bounds)
    yield Row(f"{what}: peak of memory", "MB", peaks, at_most=1_000)


if __name__ == "__main__":
    main("Importing and opening", measure, ("optuna", "sherpa-sqlite"), 5)
