"""Keeps the tables of the documentation that follow from the code: `python docs/_ext/tables.py`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`, so that it can also be read where
nothing is built. `tests/docs` fails when one of them is not what the code says.
"""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sherpa_core import events
from sherpa_core.hookspecs import REQUIRED, SPECS
from sherpa_core.registry import GROUPS

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/architecture.md", "docs/distributions.md", "docs/write-a-plugin.md")
TABLE = re.compile(r"(<!-- table: (?P<name>\w+) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)


def modules() -> str:
    """The core's modules from bottom to top, each with what lives there."""
    source = (ROOT / "tests/architecture/test_core.py").read_text("utf-8")
    assignments = [each for each in ast.parse(source).body if isinstance(each, ast.Assign)]
    order = next(each.value for each in assignments if ast.unparse(each.targets[0]) == "ORDER")
    rows = []
    for name in ast.literal_eval(order):
        path = ROOT / "sherpa_core" / name
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(file.read_text("utf-8"))
        rows.append((f"`{name}`", first_line(ast.get_docstring(tree))))
    return table(("module", "what lives there"), rows)


def event_types() -> str:
    """The types of events with their fields, as the docstring of `events` gives them."""
    rows: list[list[str]] = []
    body = (events.__doc__ or "").split("=====\n")[1].partition("\n=====")[0]
    for line in body.splitlines():
        if line[:1].strip():
            rows.append([f"`{line.split()[0]}`", line.partition(" ")[2].strip()])
        else:
            rows[-1][1] += f" {line.strip()}"
    return table(("event", "fields"), rows)


def hooks() -> str:
    """The hooks of all kinds with their arguments and when they are called."""
    rows = []
    for kind, spec in SPECS.items():
        for name, hook in vars(spec).items():
            if name.startswith("_"):
                continue
            arguments = ", ".join(list(inspect.signature(hook).parameters)[1:])
            must = "**" if name in REQUIRED[kind] else ""
            signature = f"{must}`{name}({arguments})`{must}"
            rows.append((kind.replace("_", " "), signature, first_line(hook.__doc__)))
    return table(("kind", "hook (bold: required)", "when"), rows)


def plugins() -> str:
    """The distributions of this project with what they provide."""
    core = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    standard = " ".join(core["optional-dependencies"]["standard"])
    rows = []
    for path in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        name = project["name"]
        points = project.get("entry-points", {})
        provides = "; ".join(
            f"{kind.replace('_', ' ')} {', '.join(f'`{each}`' for each in points[group])}"
            for kind, group in GROUPS.items()
            if group in points
        )
        link = f"[{name}](plugins/{name}/README.md)"
        rows.append((link, provides or project["description"], "yes" * (f"{name}>" in standard)))
    return table(("distribution", "provides", "standard"), rows)


def distributions() -> str:
    """All distributions of this project with their plugins, and what they need of others."""
    rows = []
    for path in [ROOT, ROOT / "sherpa_contrib", *sorted((ROOT / "plugins").glob("sherpa-*"))]:
        project = tomllib.loads((path / "pyproject.toml").read_text("utf-8"))["project"]
        points = project.get("entry-points", {})
        names = [f"`{name}`" for group in GROUPS.values() for name in points.get(group, ())]
        needs = [each for each in project["dependencies"] if not each.startswith("sherpa-core")]
        extras = [f"`[{name}]`" for name in project.get("optional-dependencies", ())]
        rows.append((project["name"], ", ".join(names), ", ".join(needs), ", ".join(extras)))
    return table(("distribution", "plugins", "needs, beside the core", "extras"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "distributions": distributions,
    "modules": modules,
    "events": event_types,
    "hooks": hooks,
    "plugins": plugins,
}


def refreshed(text: str) -> str:
    """Return a page with its tables as the code gives them now."""
    return TABLE.sub(lambda match: f"{match[1]}\n{TABLES[match['name']]()}\n\n{match[4]}", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in r] for r in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def first_line(docstring: str | None) -> str:
    """Return the first line of a docstring."""
    return (docstring or "").strip().partition("\n")[0]


if __name__ == "__main__":
    for page in (ROOT / name for name in PAGES):
        page.write_text(refreshed(page.read_text("utf-8")), "utf-8")
