from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sherpa_http import HTTPStorage
from sherpa_testkit import StorageContract


class TestHTTPStorage(StorageContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> Iterator[str]:
        served = HTTPStorage.serve(tmp_path)
        yield served.url
        served.close()
