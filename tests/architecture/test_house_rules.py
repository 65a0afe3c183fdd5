"""Rules of the house that ruff cannot check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLIND = re.compile(r"# noqa: BLE001(?! - \w)")  # ruff asks for the first half


def files(*patterns: str) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    assert found
    return found


def sleeps(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of `time.sleep` outside a `while` loop, which waits for its condition."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.While):
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep":
            yield node
        yield from sleeps(node)


def test_tests_do_not_sleep() -> None:
    sleeping = []
    for path in files("tests/**/*.py", "plugins/*/tests/**/*.py"):
        text = path.read_text("utf-8")
        sleeping += [
            f"{path.relative_to(ROOT)}:{call.lineno}"
            for call in sleeps(ast.parse(text))
            if "#" not in text.splitlines()[call.lineno - 1]
        ]

    assert not sleeping, "wait for a condition, inject a clock, or say on the line why it must"


def test_swallowing_everything_has_a_reason() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files("sherpa_core/**/*.py", "plugins/*/src/**/*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if BLIND.search(line)
    ]

    assert not silent, "say why: `# noqa: BLE001 - reason`"


def test_nothing_listens_beyond_this_machine() -> None:
    open_to_all = [
        str(path.relative_to(ROOT))
        for path in files("sherpa_core/**/*.py", "plugins/*/src/**/*.py")
        if re.search(r"0\.0\.0\.0|[\"']::[\"']", path.read_text("utf-8"))
    ]

    assert not open_to_all


def test_no_path_of_one_machine_is_written_down() -> None:
    private = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files(
            "*.md",
            "*.toml",
            "Makefile",
            "docs/*",
            "sherpa_core/**/*",
            "plugins/*/*",
            "plugins/*/src/**/*",
        )
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".json", ""}
        if (match := re.search(r"/(home|root|Users|work)/\w+", path.read_text("utf-8")))
    ]

    assert not private
