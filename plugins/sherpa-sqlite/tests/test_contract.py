from __future__ import annotations

from pathlib import Path

import pytest

from sherpa_testkit import StorageContract


class TestSQLiteStorage(StorageContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite://{tmp_path}/study.db"
