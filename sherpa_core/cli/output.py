"""What is printed: JSON for programs, tables for people, and nothing that steers a terminal."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 3  # exit codes

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
study_argument = click.argument("study")


def clean(text: str) -> str:
    """Return `text` with control characters escaped; line ends stay."""
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def show(value: Any) -> str:
    """Return a value as people read it, on one line."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return clean(str(value)).replace("\n", "\\n")


def program() -> str:
    """Return how this command can be called again: its name, or its path where that is needed."""
    called = sys.argv[0]
    return "sherpa" if shutil.which("sherpa") or not os.path.isfile(called) else called


def complain(message: str) -> None:
    """Write one sentence to standard error."""
    click.echo(f"sherpa: {clean(message)}", err=True)


def plain(value: Any) -> Any:
    """Return a value as strict JSON has it: what is no number becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def write_json(value: Any) -> None:
    """Print JSON in ASCII: no character of a name reaches a terminal as it is."""
    click.echo(json.dumps(plain(value), indent=2, default=str))


def write_pairs(pairs: Mapping[str, Any], indent: str = "") -> None:
    """Print names and values, one a line."""
    width = max((len(show(name)) for name in pairs), default=0)
    for name, value in pairs.items():
        click.echo(f"{indent}{show(name):{width}}  {show(value)}".rstrip())


def write_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table, as wide as it needs to be."""
    cells = [list(names), *([show(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def counted(number: int, word: str) -> str:
    """Return `1 trial`, `2 trials`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def span(seconds: float) -> str:
    """Return a duration as `1:02:03`, or `2:03`."""
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
