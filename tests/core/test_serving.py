"""Storages that are served beside a study: chosen, started, found again and stopped."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core import UserError
from sherpa_core.locate import open_log
from sherpa_core.optimization import Job
from sherpa_core.serving import SERVED, Served
from sherpa_core.space import SearchSpace

SOURCE = """
from sherpa_core.memory import MemoryStorage

class Shelf(MemoryStorage):
    kept = {}
    calls = []
    fail = False

    @classmethod
    def serve(cls, folder, port=None, remote=False, colour="red"):
        cls.calls.append(("serve", folder.name, port, remote, colour))
        if cls.fail:
            raise OSError("the shelf is full")
        return cls.kept.setdefault(folder, cls("shelf://"))

    def close(self):
        self.calls.append(("close",))
"""


@pytest.fixture
def shelf(install: Callable[..., Path]) -> Any:
    install("shelf-dist", "1.0", {"sherpa.storages": ["shelf = shelf_dist:Shelf"]}, SOURCE)
    sys.modules.pop("shelf_dist", None)
    return importlib.import_module("shelf_dist").Shelf


def study(folder: Path | None, **given: Any) -> sherpa.Study:
    space = [sherpa.Continuous("x", [0, 1])]
    return sherpa.Study(
        space, "random", output_dir=folder, random_seed=1, disable_dashboard=True, **given
    )


def test_a_served_study_is_found_again_by_its_folder(shelf: Any, tmp_path: Path) -> None:
    first = study(tmp_path / "out", storage=Served("shelf", {"colour": "blue"}, 4))
    first.get_suggestion()
    first.close()

    again = study(tmp_path / "out", resume=True)
    found = open_log(tmp_path / "out")

    assert list(again.history.trials) == list(found.history.trials) == [1]
    assert shelf.calls[:2] == [("serve", "out", 4, False, "blue"), ("close",)]
    assert shelf.calls[2] == ("serve", "out", 4, False, "blue"), "served as before"
    again.close()


def test_a_server_is_stopped_when_the_study_cannot_be_opened(shelf: Any, tmp_path: Path) -> None:
    study(tmp_path, storage=Served("shelf")).close()
    shelf.calls.clear()

    with pytest.raises(UserError, match="holds the study"):
        study(tmp_path, storage=Served("shelf"))

    assert [call[0] for call in shelf.calls] == ["serve", "close"]


def test_optimize_serves_a_storage_by_its_name(shelf: Any, tmp_path: Path) -> None:
    best = sherpa.optimize(
        [sherpa.Continuous("x", [0, 1])],
        "random",
        True,
        objective=objective,
        storage="shelf",
        db_port=7,
        mongodb_args={"colour": "green"},
        output_dir=tmp_path,
        max_num_trials=3,
        verbose=0,
        disable_dashboard=True,
    )

    assert best["Objective"] == best["x"]
    assert shelf.calls == [("serve", tmp_path.name, 7, False, "green"), ("close",)]
    assert (tmp_path / "results.csv").exists()


def objective(trial: Any) -> float:
    value: float = trial.parameters["x"]
    return value


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Served("shelf", {"color": "red"}), "no option 'color', did you mean 'colour'"),
        (lambda: Served("memory"), "the storage 'memory' has no server of its own"),
        (
            lambda: study(None, storage=Served("shelf")),
            "give an output_dir",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(
    shelf: Any, make: Callable[[], object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        make()

    assert shelf.calls == []


def test_a_broken_note_in_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / SERVED).write_text("{")

    with pytest.raises(UserError, match=f"{SERVED} does not say which storage it is"):
        study(tmp_path)


# Which storage a job gets


class Far:
    """A scheduler on other hosts."""

    remote = True

    def submit_job(self, command: Any, env: Any, job_name: Any, resources: Any) -> str:
        return "1"

    def get_status(self, job_id: Any) -> Any: ...

    def kill_job(self, job_id: Any) -> None: ...


def job(scheduler: Any) -> Job:
    space = SearchSpace([sherpa.Continuous("x", [0, 1])])
    return Job(space, command=[sys.executable], scheduler=scheduler)


def test_jobs_on_other_hosts_get_a_storage_that_they_reach(
    shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sherpa_core.registry.default", lambda kind: "shelf")

    assert job(Far()).storage(None) == Served("shelf", {}, None, True)
    assert job(Far()).storage("shelf") == Served("shelf", {}, None, True)
    assert job("local").storage(None) is None


def test_a_port_means_a_database_of_the_studys_own(
    shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sherpa_core.registry.default", lambda kind: "shelf")

    assert job("local").storage(None, 27, {"colour": "red"}) == Served(
        "shelf", {"colour": "red"}, 27, False
    )
    with pytest.raises(UserError, match=r"the storage 'sqlite:///a.db' is there already"):
        job("local").storage("sqlite:///a.db", 27)


def test_a_scheduler_that_hands_out_nothing_is_asked_for_nothing() -> None:
    class Plain(Far):
        def submit_job(self, command: Any, env: Any, job_name: Any) -> str:  # type: ignore[override]
            return "1"

    space = SearchSpace([sherpa.Continuous("x", [0, 1])])
    with pytest.raises(UserError, match="takes no resources_per_trial"):
        Job(space, command=["true"], scheduler=Plain(), resources={"cpus": 2})
