"""The tables in docs that follow from the code are what the code says."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/architecture.md", "docs/write-a-plugin.md"]


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
