"""Checkpoints: trials find their parent's folder and their own, and the disk use is bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Continuous, ObjectiveTrial, Study, optimize
from sherpa_core.checkpoints import Checkpoints

ASHA = {"name": "asha", "R": 9, "max_finished_configs": 2}
PBT = {"name": "pbt", "num_generations": 4, "population_size": 4}
SPACE = [Continuous("x", [0, 1])]


def train(trial: ObjectiveTrial) -> float:
    """Counts in its checkpoint how often its model was trained."""
    trained = 0
    if trial.load_dir:
        trained = int((Path(trial.load_dir) / "model").read_text())
    (Path(trial.save_dir) / "model").write_text(str(trained + 1))
    (Path(trial.output_dir) / f"most-{len(list(Path(trial.save_dir).parent.iterdir()))}").touch()
    expected = trial.parameters.get("rung", trial.parameters.get("generation", 1) - 1)
    if trained != expected:
        raise ValueError(f"loaded a model trained {trained} times, expected {expected}")
    return float(trial.parameters["x"])


def left(folder: Path) -> set[int]:
    return {int(each.name) for each in (folder / "checkpoints").iterdir()}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("algorithm", [ASHA, PBT], ids=["asha", "pbt"])
def test_a_trial_loads_its_parents_model(algorithm: Any, workers: int, tmp_path: Path) -> None:
    optimize(
        SPACE, algorithm, True, objective=train, output_dir=tmp_path, verbose=0, random_seed=1,
        max_concurrent=workers, disable_dashboard=True,
    )  # fmt: skip
    history = Study.load(tmp_path, disable_dashboard=True).history
    assert {str(trial.status) for trial in history.ended} == {"COMPLETED"}
    assert any(trial.parent for trial in history.ended)
    assert history.best is not None
    assert {history.best.id, history.ended[-1].id} <= left(tmp_path)


def test_the_disk_use_of_a_study_is_bounded(tmp_path: Path) -> None:
    optimize(
        SPACE, {"name": "random", "max_num_trials": 40}, True, objective=train, verbose=0,
        output_dir=tmp_path, max_concurrent=2, disable_dashboard=True, random_seed=1,
    )  # fmt: skip
    most = max(int(each.name.removeprefix("most-")) for each in tmp_path.glob("most-*"))
    assert most <= 5  # two running, the best, the last, and one that has just ended
    history = Study.load(tmp_path, disable_dashboard=True).history
    assert history.best is not None
    assert left(tmp_path) == {history.best.id, history.ended[-1].id}


def test_trial_scripts_find_their_folders(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "from pathlib import Path\n"
        "import sherpa_core as sherpa\n"
        "client = sherpa.Client()\n"
        "trial = client.get_trial()\n"
        "trained = 0\n"
        "if trial.load_dir:\n"
        "    trained = int((Path(trial.load_dir) / 'model').read_text())\n"
        "(Path(trial.save_dir) / 'model').write_text(str(trained + 1))\n"
        "assert trained == trial.parameters['rung']\n"
        "client.send_metrics(trial, 1, trial.parameters['x'])\n"
    )
    optimize(
        SPACE, {**ASHA, "R": 3, "max_finished_configs": 1}, True, filename=str(script), verbose=0,
        output_dir=tmp_path / "out", disable_dashboard=True, random_seed=1, max_concurrent=2,
    )  # fmt: skip
    history = Study.load(tmp_path / "out", disable_dashboard=True).history
    assert {str(trial.status) for trial in history.ended} == {"COMPLETED"}
    assert any(trial.parameters["load_from"] for trial in history.ended)


class Careless:
    """An algorithm that cannot say what it needs."""

    def get_suggestion(self) -> dict[str, float]:
        return {"x": 0.5}

    def checkpoints_to_keep(self) -> list[int]:
        raise RuntimeError("no idea")


def test_where_the_algorithm_fails_nothing_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study = Study(SPACE, Careless(), disable_dashboard=True)
    checkpoints = Checkpoints(tmp_path, study.engine.algorithm)
    for _ in range(4):
        trial = study.engine.ask()
        assert not isinstance(trial, str)
        checkpoints.prepare(trial)  # type: ignore[arg-type]
        study.add_observation(trial, 1.0)  # type: ignore[arg-type]
        study.finalize(trial)  # type: ignore[arg-type]
        checkpoints.clean(study.history)
    assert len(list(tmp_path.iterdir())) == 4
    assert "Careless" in caplog.text


def test_folders_of_an_interrupted_run_are_found_again(tmp_path: Path) -> None:
    study = Study(SPACE, "random", disable_dashboard=True, random_seed=1)
    before = Checkpoints(tmp_path, study.engine.algorithm)
    (tmp_path / "notes").mkdir()
    for objective in (3.0, 1.0, 2.0):
        trial = study.get_suggestion()
        before.prepare(trial)  # type: ignore[arg-type]
        study.add_observation(trial, objective)  # type: ignore[arg-type]
        study.finalize(trial)  # type: ignore[arg-type]
    Checkpoints(tmp_path, study.engine.algorithm).clean(study.history)
    assert {each.name for each in tmp_path.iterdir()} == {"2", "3", "notes"}
