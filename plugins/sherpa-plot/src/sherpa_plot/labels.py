"""Text in pictures: names as they are, whatever they hold, and short numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from matplotlib import font_manager

from sherpa_core.events import to_json

#: Comes with matplotlib, so that pictures look the same everywhere.
FONT = "DejaVu Sans"

#: How all text is drawn: a dollar sign in a name is a dollar sign, not the start of a formula.
PLAIN: dict[str, Any] = {"parse_math": False, "usetex": False, "fontfamily": FONT}

_WORD = re.compile(r"[^_.\- ]*[_.\- ]|[^_.\- ]+")


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def printable(text: str) -> str:
    """Return `text` with line breaks and what the font does not have written as escapes."""
    glyphs = _glyphs()
    return "".join(
        each
        if each.isprintable() and ord(each) in glyphs
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def short(text: str, length: int) -> str:
    """Return `text` in at most `length` characters, the middle left out."""
    text = printable(text)
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def wrapped(text: str, width: int, lines: int) -> str:
    """Return `text` in at most so many lines of `width` characters, broken at `_ . -` or space."""
    text = short(text, width * lines)
    parts = [""]
    for word in _WORD.findall(text):
        if parts[-1] and len(parts[-1] + word) > width:
            parts.append("")
        parts[-1] += word
    if len(parts) > lines or any(len(part) > width for part in parts):
        parts = [text[start : start + width] for start in range(0, len(text), width)]
    return "\n".join(part.strip() for part in parts)


def value_text(value: Any, length: int = 12) -> str:
    """Return a parameter's value for people: `0.0123`, `relu`, `[64,32]`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value, 5)
    return short(value if isinstance(value, str) and value else to_json(value), length)


def value_texts(values: Sequence[Any]) -> list[str]:
    """Return a list's values for people; quotes tell the text `"1"` from the number 1."""
    texts = [value_text(value) for value in values]
    if len(set(texts)) == len(texts):
        return texts
    return [short(to_json(value), 12) for value in values]


def number_text(value: float, digits: int = 3) -> str:
    """Return a number with a few significant digits; whole ones up to a million are whole."""
    if isinstance(value, int) and abs(value) < 1_000_000:
        return f"{value:,}"
    text = f"{value:.{digits}g}"
    return f"{value:,.0f}" if "e" in text and 1 <= abs(value) < 1_000_000 else text


def number_texts(values: Sequence[float]) -> list[str]:
    """Return numbers with as few digits as tell them apart."""
    different = len(set(values))
    for digits in range(3, 17):
        texts = [number_text(value, digits) for value in values]
        if len(set(texts)) == different:
            break
    return texts
