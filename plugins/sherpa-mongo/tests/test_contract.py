from __future__ import annotations

import pytest

from sherpa_testkit import StorageContract


class TestMongoStorage(StorageContract):
    @pytest.fixture
    def url(self, database: str) -> str:
        return database
