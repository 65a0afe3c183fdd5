"""A plugin's README names every option that the plugin has, with its default, and no other."""

from __future__ import annotations

import re
from pathlib import Path

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
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>[^|]+) \| (?P<default>[^|]+) \|", re.MULTILINE)


def described(distribution: str) -> dict[str, str]:
    """The options in the tables of a README, with their defaults."""
    text = (ROOT / "plugins" / distribution / "README.md").read_text("utf-8")
    return {match["name"]: match["default"].strip(" `") for match in ROW.finditer(text)}


def options(entry: Entry) -> list[Option]:
    """The options that a user gives; a storage's address is not one of them."""
    found = registry.options_of(registry.load(entry.kind, entry.name))
    return found[1:] if entry.kind == "storage" else found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}-{entry.name}")
def test_readme_gives_each_option_with_its_default(entry: Entry) -> None:
    told = described(entry.distribution)

    assert {
        each.name: each.default or "required" for each in options(entry)
    }.items() <= told.items()


@pytest.mark.parametrize("distribution", sorted({entry.distribution for entry in ENTRIES}))
def test_readme_gives_no_option_that_is_not_there(distribution: str) -> None:
    real = {
        each.name
        for entry in ENTRIES
        if entry.distribution == distribution
        for each in options(entry)
    }

    assert described(distribution).keys() <= real
