"""Every algorithm by its name: from Python, from a study file, nested, killed and continued."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core import registry
from sherpa_core.history import History
from sherpa_core.locate import open_log

MODEL = Path(__file__).with_name("model.py")
SHERPA = Path(sys.executable).with_name("sherpa")
SEED = 5
SPACE: list[dict[str, Any]] = [
    {"name": "lr", "type": "continuous", "range": [1e-4, 1e-1], "scale": "log"},
    {"name": "units", "type": "discrete", "range": [16, 64]},
    {"name": "batch", "type": "ordinal", "range": [16, 32, 64]},
    {"name": "kind", "type": "choice", "range": ["a", "b"]},
]
SEED_CONFIGURATION = {"lr": 0.02, "units": 32, "batch": 32, "kind": "a"}

ASHA = {"name": "asha", "R": 9, "max_finished_configs": 1}
HYPERBAND = {"name": "hyperband", "R": 9, "max_finished_configs": 3}
PBT = {"name": "pbt", "num_generations": 4, "population_size": 5}
GENETIC = {"name": "genetic", "max_num_trials": 20}
LOCAL_SEARCH = {"name": "local-search", "seed_configuration": SEED_CONFIGURATION}
REPEATED = {"name": "repeat", "num_times": 2, "agg": True}
CHAIN = {"name": "chain", "algorithms": [{"name": "random", "max_num_trials": 10}, GENETIC]}
GPYOPT = {"name": "gpyopt", "max_num_trials": 2}
TPE = {"name": "tpe", "max_num_trials": 20}

#: What continues after a kill as if nothing had happened, by the name of the case.
KILLED: dict[str, dict[str, Any]] = {
    "asha": ASHA,
    "hyperband": HYPERBAND,
    "pbt": PBT,
    "genetic": GENETIC,
    "local-search": LOCAL_SEARCH,
    "repeat-of-asha": {**REPEATED, "algorithm": ASHA},
    "chain": CHAIN,
    "tpe": TPE,
}
CASES: dict[str, dict[str, Any]] = {
    **KILLED,
    "random": {"name": "random", "max_num_trials": 3},
    "grid": {"name": "grid", "num_grid_points": 1},
    "gpyopt": {**GPYOPT, "num_initial_data_points": 4, "max_num_trials": 5},
    "chain-of-gpyopt": {
        "name": "chain",
        "algorithms": [{"name": "random", "max_num_trials": 5}, GPYOPT],
    },
    "gp": {"name": "gp", "max_num_trials": 14},
    "cma-es": {"name": "cma-es", "max_num_trials": 20},
    "bohb": {"name": "bohb", "R": 9, "max_finished_configs": 3},
    "auto": {"name": "auto", "max_num_trials": 14},
    "optuna": {"name": "optuna", "sampler": "TPESampler", "max_num_trials": 12},
    "iterate": {"name": "iterate", "hp_iter": [SEED_CONFIGURATION]},
    "repeat-of-pbt": {**REPEATED, "algorithm": {**PBT, "num_generations": 2}},
    "repeat-of-chain": {
        **REPEATED,
        "algorithm": {
            "name": "chain",
            "algorithms": [{"name": "random", "max_num_trials": 2}, ASHA],
        },
    },
    "chain-of-repeat": {
        "name": "chain",
        "algorithms": [
            {**REPEATED, "algorithm": {"name": "random", "max_num_trials": 3}},
            {"name": "chain", "algorithms": [{"name": "random", "max_num_trials": 3}, PBT]},
        ],
    },
}
#: What the last trial of a case was made by.
LAST = {
    "auto": "auto/gp",
    "repeat-of-asha": "repeat/asha",
    "repeat-of-pbt": "repeat/pbt",
    "repeat-of-chain": "repeat/chain/1/asha",
    "chain": "chain/1/genetic",
    "chain-of-gpyopt": "chain/1/gpyopt",
    "chain-of-repeat": "chain/1/chain/1/pbt",
}


def toml(value: Any) -> str:
    """Return a value as TOML writes it in one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value)


def write_study(folder: Path, algorithm: dict[str, Any]) -> Path:
    """Write a study file and its objective function."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(MODEL, folder)
    file = folder / "study.toml"
    lines = {
        "random_seed": SEED,
        "output_dir": "output",
        "parameters": SPACE,
        "algorithm": algorithm,
        "run": {"objective": "model:train"},
    }
    file.write_text("\n".join(f"{key} = {toml(value)}" for key, value in lines.items()))
    return file


def start(file: Path) -> subprocess.Popen[str]:
    command = [SHERPA, "run", file, "--resume", "--quiet", "--no-dashboard"]
    return subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("SHERPA_")},
    )


def run(file: Path) -> History:
    """Run a study file to its end, and return its history."""
    with start(file) as runner:
        printed, _ = runner.communicate(timeout=120)
    assert runner.returncode == 0, printed
    return open_log(file.parent / "output", announce=False).history


def outcome(history: History) -> list[tuple[Any, ...]]:
    return [
        (
            trial.id,
            trial.origin,
            trial.parent,
            trial.parameters,
            str(trial.status),
            trial.iterations,
            trial.objectives,
        )
        for trial in history.trials.values()
    ]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what comes out of a case's study file, run once."""
    known: dict[str, History] = {}

    def of(case: str) -> History:
        if case not in known:
            known[case] = run(write_study(tmp_path_factory.mktemp(case), CASES[case]))
        return known[case]

    return of


def test_every_algorithm_has_a_case() -> None:
    names = {algorithm["name"] for algorithm in CASES.values()}
    assert names == set(registry.entries("algorithm"))


@pytest.mark.parametrize("case", CASES)
def test_a_study_file_gives_what_python_gives(
    case: str, uninterrupted: Any, tmp_path: Path
) -> None:
    by_file = uninterrupted(case)
    spec = importlib.util.spec_from_file_location("model", MODEL)
    assert spec is not None and spec.loader is not None
    model = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)

    best = sherpa.optimize(
        [sherpa.Parameter.from_dict(config) for config in SPACE],
        CASES[case],
        lower_is_better=True,
        objective=model.train,
        output_dir=tmp_path,
        random_seed=SEED,
        verbose=0,
        disable_dashboard=True,
    )

    by_python = open_log(tmp_path, announce=False).history
    assert {str(trial.status) for trial in by_python.ended} == {"COMPLETED"}
    assert outcome(by_file) == outcome(by_python)
    assert best["Trial-ID"] in by_python.trials
    assert by_python.ended[-1].origin == LAST.get(case, case)


@pytest.mark.parametrize("case", KILLED)
def test_a_killed_runner_is_continued_as_if_nothing_had_happened(
    case: str, uninterrupted: Any, tmp_path: Path
) -> None:
    expected = outcome(uninterrupted(case))
    file = write_study(tmp_path, KILLED[case])
    diary = tmp_path / "output" / "diary"

    with start(file) as runner:
        while not diary.exists() or len(diary.read_text().splitlines()) < len(expected) // 2:
            with suppress(subprocess.TimeoutExpired):
                runner.wait(0.002)
                pytest.fail(f"it ended before it was killed: {runner.communicate()[0]}")
        runner.send_signal(signal.SIGKILL)
        runner.communicate(timeout=60)
    cut = len(open_log(tmp_path / "output", announce=False).history.trials)
    continued = run(file)

    assert 0 < cut < len(expected)
    assert outcome(continued) == expected
    began = [line.split()[0] for line in diary.read_text().splitlines()]
    assert len(began) <= len(expected) + 1, "trials that had ended ran again"
