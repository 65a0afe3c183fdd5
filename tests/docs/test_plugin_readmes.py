"""A plugin's README names every option that the plugin has, with its default, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import registry
from sherpa_core.registry import Entry, Option

ROOT = Path(__file__).parents[2]
KINDS = [kind for kind in registry.GROUPS if kind not in ("command", "callback")]
ENTRIES = [
    entry
    for kind in KINDS
    for entry in registry.entries(kind).values()
    if (ROOT / "plugins" / entry.distribution / "pyproject.toml").is_file()
]
ROW = re.compile(r"^\| `(?P<name>\w+)` \| [^|]+ \|(?P<default>[^|]*)\|", re.MULTILINE)


def value(text: str) -> Any:
    """The value that a cell such as `"NORMAL"`, none or 100,000 gives."""
    plain = text.strip(" `")
    if re.fullmatch(r"[\d,]+", plain):
        plain = plain.replace(",", "")
    return ast.literal_eval("None" if plain.lower() == "none" else plain)


def described(distribution: str) -> dict[str, str]:
    """The cells with the defaults of the options in a README's tables."""
    text = (ROOT / "plugins" / distribution / "README.md").read_text("utf-8")
    return {match["name"]: match["default"] for match in ROW.finditer(text)}


def options(entry: Entry) -> list[Option]:
    return registry.options_of(registry.load(entry.kind, entry.name))


@pytest.mark.usefixtures("all_plugins")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}-{entry.name}")
def test_readme_gives_each_option_with_its_default(entry: Entry) -> None:
    told = described(entry.distribution)

    for option in options(entry):
        assert option.name in told
        if option.default:
            assert value(told[option.name]) == value(option.default), option.name


@pytest.mark.usefixtures("all_plugins")
@pytest.mark.parametrize("distribution", sorted({entry.distribution for entry in ENTRIES}))
def test_readme_gives_no_option_that_is_not_there(distribution: str) -> None:
    mine = [entry for entry in ENTRIES if entry.distribution == distribution]

    assert described(distribution).keys() <= {
        option.name for entry in mine for option in options(entry)
    }
