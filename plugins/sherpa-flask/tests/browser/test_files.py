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


def luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (((each + 0.055) / 1.055) ** 2.4 if each > 0.04 else 0 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_can_be_read_on_their_background(theme: int) -> None:
    text = (STATIC / "css" / "page.css").read_text("utf-8")
    part = text.split('[data-theme="dark"]')[theme]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part))
    for name in ("ink", "muted", "accent", "completed", "running", "stopped", "failed"):
        for background in ("card", "page"):
            light, dark = sorted(
                (luminance(colours[each]) for each in (name, background)), reverse=True
            )
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, background)


def test_the_chart_library_comes_with_its_licence() -> None:
    vendor = STATIC / "vendor"
    assert "Apache License" in (vendor / "LICENSE").read_text("utf-8")
    assert "Apache ECharts" in (vendor / "NOTICE").read_text("utf-8")
    start = (vendor / "echarts.min.js").read_text("utf-8")[:500]
    assert "Licensed to the Apache Software Foundation" in start
