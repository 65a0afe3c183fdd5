"""Writes `docs/plugins/`: a page per distribution with its README and its plugins' options.

The tables come from the plugins themselves, so they cannot differ from what is installed.
"""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import click
from sphinx.application import Sphinx

from sherpa_core import registry
from sherpa_core.registry import Entry, Option

_OTHER_README = re.compile(r"\]\(\.\./(sherpa-[\w-]+)/README\.md")

INTRODUCTION = """# Plugins

A plugin is installed with `pip install` and chosen by its name, in Python, in study files and on
the command line; `sherpa plugins` lists those that are installed, and `sherpa plugins show NAME`
prints the tables of these pages. The following belong to SHERPA; {doc}`../write-a-plugin` says how
to add one.
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages before Sphinx looks for them."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir)))
    return {"parallel_read_safe": True}


def write_pages(docs: Path) -> None:
    """Write a page for each distribution of this project, and the index.

    Args:
        docs: the folder `docs`; its parent holds the folder `plugins`.
    """
    ours = {path.parent.name for path in docs.parent.glob("plugins/*/pyproject.toml")}
    by_distribution: dict[str, list[Entry]] = {name: [] for name in ["sherpa-core", *sorted(ours)]}
    for kind in registry.GROUPS:
        for entry in registry.entries(kind).values():
            if entry.distribution in by_distribution:
                by_distribution[entry.distribution].append(entry)

    pages = {"index.md": index(by_distribution)}
    for name, entries in by_distribution.items():
        readme = docs.parent / "plugins" / name / "README.md"
        text = readme.read_text("utf-8") if name in ours else f"# {name}\n\n{summary(name)}\n"
        text = text.replace("](../../README.md)", "](../index.md)")
        text = _OTHER_README.sub(r"](\1.md", text)
        pages[f"{name}.md"] = "\n".join([text, *map(reference, entries)])

    folder = docs / "plugins"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text("utf-8") != text:  # keeps builds incremental
            page.write_text(text, "utf-8")


def index(by_distribution: dict[str, list[Entry]]) -> str:
    """Return the page that lists all plugins by kind."""
    rows = [
        (entry.kind.replace("_", " "), f"`{entry.name}`", f"{{doc}}`{distribution}`")
        for distribution, entries in by_distribution.items()
        for entry in entries
    ]
    order = [kind.replace("_", " ") for kind in registry.GROUPS]
    rows.sort(key=lambda row: (order.index(row[0]), row[1]))
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *by_distribution, "```"])
    return "\n".join([INTRODUCTION, table(("kind", "name", "distribution"), rows), "", toctree, ""])


def reference(entry: Entry) -> str:
    """Return the section that lists the options of one plugin."""
    plugin = registry.load(entry.kind, entry.name)
    heading = f"## Reference: {entry.kind.replace('_', ' ')} `{entry.name}`"
    options = (
        [option_of(parameter) for parameter in plugin.params]
        if isinstance(plugin, click.Command)
        else registry.options_of(plugin)
    )
    if not options:
        return f"{heading}\n\nIt has no options.\n"
    rows = [
        (code(each.name), code(each.type), code(each.default) or "required", cell(each.help))
        for each in options
    ]
    return f"{heading}\n\n{table(('option', 'type', 'default', 'meaning'), rows)}\n"


def option_of(parameter: click.Parameter) -> Option:
    """Return the description of an argument or option of a command."""
    name = (
        parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    )
    default = (
        ""
        if parameter.required
        else repr(parameter.get_default(click.Context(click.Command(None)), call=False))
    )
    return Option(name, parameter.type.name, default, getattr(parameter, "help", None) or "")


def summary(distribution: str) -> str:
    """Return the one-line description of an installed distribution."""
    return str(metadata(distribution)["Summary"])


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows])


def code(text: str) -> str:
    """Return text as code in a table, nothing for nothing."""
    return f"`{cell(text)}`" if text else ""


def cell(text: str) -> str:
    """Return text so that it stays within its cell."""
    return " ".join(text.split()).replace("|", "\\|")
