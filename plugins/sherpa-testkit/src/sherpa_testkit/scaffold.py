"""Writes the distribution of a new plugin that works at once: what `sherpa plugins new` does."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from string import Template

import attrs
from click import Context

from sherpa_core import registry
from sherpa_core.cli import main
from sherpa_core.errors import UserError, listed
from sherpa_testkit.checking import SUITES

_TEMPLATES = Path(__file__).with_name("templates")


@attrs.frozen
class _Kind:
    """What differs between kinds beside their modules: a class's suffix, and how it is used."""

    suffix: str
    example: str
    dependencies: tuple[str, ...] = ("attrs>=23.2",)


_KINDS = {
    "algorithm": _Kind(
        "Algorithm", '```toml\n[algorithm]\nname = "$name"\n```', ("attrs>=23.2", "numpy")
    ),
    "stopping_rule": _Kind("Rule", '```toml\nstopping_rules = ["$name"]\n```'),
    "scheduler": _Kind("Scheduler", '```toml\nscheduler = "$name"\n```'),
    "storage": _Kind("Storage", '```toml\nstorage = "$name:"\n```'),
    "dashboard": _Kind("Dashboard", '```toml\ndashboard = "$name"\n```'),
    "observer": _Kind("Observer", '```toml\nobservers = ["$name"]\n```'),
    "command": _Kind("_command", "```console\n$$ sherpa $name output\n```", ("click>=8.1",)),
    "callback": _Kind(
        "_callback",
        "```python\nfrom sherpa_core import registry\n\n"
        'make_callback = registry.load("callback", "$name")\n```',
    ),
}


def new_plugin(name: str, kind: str, folder: str | Path = ".") -> Path:
    """Write a distribution with a plugin, its tests, a README and a file for CI.

    Args:
        name: the plugin's name; the distribution is called `sherpa-NAME`.
        kind: the kind of plugin.
        folder: where the distribution's folder is made.

    Returns:
        The distribution's folder.

    Raises:
        UserError: an unknown kind, a name that is not allowed or taken, or a folder that is there.
    """
    if kind not in _KINDS:
        raise UserError(f"kind must be one of {listed(_KINDS)}, but is {kind!r}")
    _check_name(name, kind)
    chosen = _KINDS[kind]
    module = f"sherpa_{name.replace('-', '_')}"
    function = chosen.suffix.startswith("_")
    words = name.split("-")
    values = {
        "name": name,
        "kind": kind,
        "words": kind.replace("_", " "),
        "group": registry.GROUPS[kind],
        "distribution": f"sherpa-{name}",
        "module": module,
        "cls": ("_" if function else "").join(w if function else w.capitalize() for w in words)
        + chosen.suffix,
        "core": ".".join(registry.core_version().split(".")[:2]),
        "dependencies": ", ".join(f'"{each}"' for each in chosen.dependencies),
    }
    values["example"] = Template(chosen.example).substitute(values)
    test = "test_contract" if kind in SUITES else f"test_{kind}"
    files = {
        ".github/workflows/test.yml": "ci.yml",
        "README.md": "README.md",
        "pyproject.toml": "pyproject.toml",
        f"src/{module}/__init__.py": kind,
        f"tests/test_{module}.py": test,
    }
    root = Path(folder) / f"sherpa-{name}"
    if root.exists():
        raise UserError(f"{root} is there already: choose another name or folder")
    for path, template in files.items():
        text = (_TEMPLATES / f"{template}.template").read_text("utf-8")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(Template(text).substitute(values), "utf-8")
    (root / "src" / module / "py.typed").touch()
    return root


def _check_name(name: str, kind: str) -> None:
    """Refuse what cannot be a plugin's name, or is one already."""
    short = name.removeprefix("sherpa-")
    if short != name:
        raise UserError(f"give the plugin's name, {short!r}: its distribution is called {name!r}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 30:
        raise UserError(
            "a plugin's name has at most 30 small letters, digits and single hyphens, and begins "
            f"with a letter, but this one is {name!r:.80}"
        )
    offered = registry.catalog()["plugins"]
    owners = {each: known["distribution"] for each, known in offered.get(kind, {}).items()}
    owners |= {each.name: each.distribution for each in registry.entries(kind).values()}
    if kind == "command":
        owners |= dict.fromkeys(main.list_commands(Context(main)), "sherpa-core")
    word = kind.replace("_", " ")
    if name in owners:
        raise UserError(f"the {word} {name!r} is there already, of {owners[name]}: choose another")
    if _exists(f"sherpa-{name}"):
        raise UserError(f"the distribution 'sherpa-{name}' is there already: choose another name")


def _exists(distribution: str) -> bool:
    plugins = registry.catalog()["plugins"].values()
    if any(known["distribution"] == distribution for each in plugins for known in each.values()):
        return True
    try:
        return bool(metadata(distribution))
    except PackageNotFoundError:
        return False
