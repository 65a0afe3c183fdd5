from __future__ import annotations

import pytest

from sherpa_testkit import StorageContract


class TestMemoryStorage(StorageContract):
    persistent = False
    multiprocess = False

    @pytest.fixture
    def url(self) -> str:
        return "memory://"
