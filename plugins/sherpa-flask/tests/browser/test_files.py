"""The page's own files: short, and never reading text as HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sherpa_flask

STATIC = Path(sherpa_flask.__file__).parent / "static"
OWN = sorted([*STATIC.glob("js/*.js"), *STATIC.glob("css/*.css")])
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|cssText")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_own_files_are_short_and_parse_no_html(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    assert not FORBIDDEN.search(text)
    assert re.match(r"//|/\*", text), "the first line says what lives there"
    imports = re.findall(r'^import .* from "(.*)";|^} from "(.*)";', text, re.M)
    for name in (name for pair in imports for name in pair if name):
        assert (STATIC / "js" / name.removeprefix("sherpa/")).exists(), name


def test_the_chart_library_comes_with_its_licence() -> None:
    vendor = STATIC / "vendor"
    assert "Apache License" in (vendor / "LICENSE").read_text("utf-8")
    assert "Apache ECharts" in (vendor / "NOTICE").read_text("utf-8")
    start = (vendor / "echarts.min.js").read_text("utf-8")[:500]
    assert "Licensed to the Apache Software Foundation" in start
