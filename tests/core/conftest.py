from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sherpa_core import registry

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution of one module for the test: `install(name, version, points, code)`.

    `points` maps an entry-point group to its lines, such as `mine = my_module:Mine`.
    """
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def make(name: str, version: str, points: dict[str, list[str]], code: str = "") -> Path:
        module = name.replace("-", "_")
        info = site / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        groups = [f"[{group}]\n" + "\n".join(lines) for group, lines in points.items()]
        (info / "entry_points.txt").write_text("\n".join(groups) + "\n")
        (site / f"{module}.py").write_text(code)
        registry.entries.cache_clear()
        return site

    registry.entries.cache_clear()
    yield make
    registry.entries.cache_clear()
