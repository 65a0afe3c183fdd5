"""The core's shape: imports run downwards, files are short, and no plugin is named."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "sherpa_core"

#: The modules of the core from the bottom up: each may import only those before it.
ORDER = [
    "errors",
    "jobs",
    "events",
    "plugin",
    "hookspecs",
    "registry",
    "trial",
    "memory",
    "values",
    "priors",
    "reports",
    "parameter",
    "numeric",
    "parameters",
    "space",
    "resources",
    "command",
    "objective",
    "options",
    "results",
    "history",
    "sockets",
    "asking",
    "dashboards",
    "session",
    "execution",
    "log",
    "engine",
    "checkpoints",
    "confirmation",
    "judging",
    "starts",
    "patience",
    "interrupts",
    "runner",
    "workers",
    "serving",
    "locate",
    "saving",
    "creation",
    "study_view",
    "study",
    "optimization",
    "minimizing",
    "client",
    "function_job",
    "config",
    "database",
    "algorithms",
    "stopping_rules",
    "schedulers",
    "cli",
]


def modules() -> dict[str, Path]:
    """The dotted names of the core's modules, without the leading `sherpa_core.`."""
    found = {}
    for path in sorted(CORE.rglob("*.py")):
        parts = path.relative_to(CORE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes below `tree` that can run: not those under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from running(node)


def import_targets(path: Path) -> Iterator[tuple[str, str]]:
    """The (module, name) pairs that a file imports anywhere, in functions too."""
    for node in running(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} imports relatively"
            yield from ((node.module or "", alias.name) for alias in node.names)


def imported(path: Path, known: set[str]) -> set[str]:
    """The modules of the core that a file imports, named as in `modules`."""
    found = set()
    for module, name in import_targets(path):
        if module == "sherpa_core" or module.startswith("sherpa_core."):
            inner = module.removeprefix("sherpa_core").removeprefix(".")
            longer = f"{inner}.{name}".removeprefix(".")
            found.add(longer if longer in known else inner)
    return found


def layer(module: str) -> str:
    return module.partition(".")[0]


def imports_between(layers: bool) -> Iterator[tuple[str, str]]:
    known = modules()
    for name, path in known.items():
        for target in imported(path, set(known)):
            pair = (layer(name), layer(target)) if layers else (name, target)
            if pair[0] != pair[1]:
                yield pair


def test_every_module_has_its_place_in_the_order() -> None:
    places = {layer(name) for name in modules()} - {""}

    assert places == set(ORDER), "the list ORDER above and sherpa_core/ differ"


def test_imports_run_downwards() -> None:
    height = {name: position for position, name in enumerate(ORDER)}

    upwards = sorted(
        f"{name} imports {target or 'sherpa_core itself'}"
        for name, target in imports_between(layers=True)
        if name and (not target or height[target] >= height[name])
    )

    assert not upwards


def test_no_import_cycle() -> None:
    below: dict[str, set[str]] = {name: set() for name in modules()}
    for name, target in imports_between(layers=False):
        below[name].add(target)

    while free := [name for name, targets in below.items() if not targets & below.keys()]:
        for name in free:
            del below[name]

    assert not below, f"these import each other: {sorted(below)}"


def test_the_core_names_no_plugin() -> None:
    named = [
        f"{path.name}: {module}"
        for path in CORE.rglob("*.py")
        for module, _ in import_targets(path)
        if module.startswith("sherpa_") and layer(module) != "sherpa_core"
    ]

    assert not named


def code_lines(path: Path) -> int:
    """The lines that hold code: not blank, no comment, no docstring."""
    text = path.read_text("utf-8")
    documented = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    blank = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (*blank, tokenize.ENDMARKER):
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - documented)


def test_the_core_does_not_grow() -> None:
    """What could be a plugin belongs into one: raise these bounds only with a reason."""
    code = {path: code_lines(path) for path in CORE.rglob("*.py")}
    command_line = sum(lines for path, lines in code.items() if "cli" in path.parts)

    assert command_line < 950
    assert sum(code.values()) - command_line < 5_450


def python_files() -> list[Path]:
    """All of the project's Python files; nothing that was installed or built."""
    folders = ["sherpa_core", "plugins", "tests", "docs", "benchmarks", "examples"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in files if not {".venv", "build", "_build"} & set(path.parts)]


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in python_files()}

    assert lengths
    long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > 400}
    assert not long


def test_every_module_says_what_lives_there() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if "tests" not in path.parts and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]

    assert not silent


@pytest.mark.parametrize("heavy", ["numpy", "pandas", "click", "rich"])
def test_importing_the_core_does_not_import(heavy: str) -> None:
    script = f"import sys, sherpa_core; print({heavy!r} in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "False\n"
