"""The tables in docs that follow from the code are what the code says."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sherpa_core import Continuous, Study, optimize
from sherpa_core.memory import MemoryStorage

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/architecture.md", "docs/distributions.md", "docs/write-a-plugin.md"]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs" / "_ext")
    monkeypatch.delitem(sys.modules, "tables", raising=False)
    import tables

    return tables


@pytest.mark.parametrize("page", PAGES)
def test_tables_are_what_the_code_says(page: str, tables: ModuleType) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert tables.TABLE.search(text)
    assert tables.refreshed(text) == text, "run: python docs/_ext/tables.py"


def test_a_wrong_table_would_be_found(tables: ModuleType) -> None:
    wrong = "<!-- table: hooks -->\n\n| kind |\n\n<!-- end -->\n"

    assert "`kill_job(job_id)`" in tables.refreshed(wrong)


def test_events_have_the_fields_that_the_table_gives(tables: ModuleType, tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", tables.event_types(), re.MULTILINE)
    told = {kind: set(re.findall(r"`(\w+)`", text)) for kind, text in rows}
    told = {kind: names | {"type", "time", "writer", "key"} for kind, names in told.items()}
    storage = MemoryStorage()
    space = [Continuous("x", [0, 1])]

    study = Study(space, "random", storage=storage, name="loop")
    study.set_note("a note", tags=["tagged"])
    study.enqueue({"x": 0.5})
    trial = study.get_suggestion()
    study.add_observation(trial, 1.0, context={"more": 2})
    study.request_stop(trial)
    study.finalize(trial)
    study.stop()
    study.stop(None)
    optimize(
        space,
        {"name": "random", "repeat": 2},
        True,
        objective=lambda trial: 1.0,
        max_num_trials=2,
        storage=storage,
        name="run",
        output_dir=tmp_path,
        verbose=0,
    )
    again = Study(space, "grid", storage=storage, name="loop", resume=True)
    trial = again.get_suggestion()
    again.engine.submitted(trial, "a job")
    again.engine.restart(trial, "lost")

    written = [event for name in ("loop", "run") for event in storage.read(name, 0, None)]
    assert {event["type"] for event in written} == told.keys()
    for event in written:
        assert event.keys() <= told[event["type"]], event
