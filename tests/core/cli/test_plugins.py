from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from click.testing import Result

from sherpa_core import registry

Sherpa = Callable[..., Result]

LIST = """
import sys
from sherpa_core.cli import main
try:
    main(["plugins", "list"])
except SystemExit as end:
    assert end.code == 0
ours = [name for name in sys.modules if name.startswith("sherpa_")]
heavy = {"numpy", "pandas"} & set(sys.modules)
assert {name.partition(".")[0] for name in ours} == {"sherpa_core"}, ours
assert not heavy, heavy
"""


def rows(result: Result) -> dict[tuple[str, str], dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return {(each["kind"], each["name"]): each for each in json.loads(result.stdout)}


def test_the_list_imports_no_plugin() -> None:
    done = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "sherpa-random" in done.stdout


def test_the_list_names_kind_distribution_and_version(sherpa: Sherpa) -> None:
    found = rows(sherpa("plugins", "list", "--json"))

    assert found["algorithm", "random"]["distribution"] == "sherpa-random"
    assert found["algorithm", "random"]["version"] == "0.1.0"
    assert found["storage", "memory"]["distribution"] == "sherpa-core"
    lines = [line.split() for line in sherpa("plugins").stdout.splitlines()]
    assert lines[0] == ["KIND", "NAME", "DISTRIBUTION", "VERSION", "NOTE"]
    assert ["algorithm", "random", "sherpa-random", "0.1.0"] in lines
    assert len(lines) == len(found) + 1


@pytest.mark.usefixtures("all_plugins")
def test_the_list_of_what_could_be_installed(sherpa: Sherpa) -> None:
    found = rows(sherpa("plugins", "list", "--all", "--json"))

    known = registry.catalog()["plugins"]
    for kind, names in known.items():
        for name in names:
            installed = name in registry.entries(kind)
            assert found[kind, name]["note"] == ("" if installed else "not installed")


def test_disabled_and_clashing_plugins_are_marked(
    sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = registry.entries
    clash = {**entries("algorithm")}
    clash["grid"] = attrs.evolve(clash["grid"], clashes=("other-grid",))
    monkeypatch.setattr(registry, "entries", lambda k: clash if k == "algorithm" else entries(k))
    monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "random")

    found = rows(sherpa("plugins", "list", "--json"))

    assert found["algorithm", "random"]["note"] == "disabled"
    assert found["algorithm", "grid"]["note"] == "clashes with other-grid"
    assert found["algorithm", "iterate"]["note"] == ""


def test_show_explains_options(sherpa: Sherpa) -> None:
    shown = sherpa("plugins", "show", "random").stdout
    [plugin] = json.loads(sherpa("plugins", "show", "random", "--json").stdout)

    assert shown.startswith("random: algorithm of sherpa-random 0.1.0\n")
    options = {each["name"]: each for each in plugin["options"]}
    assert list(options) == ["max_num_trials", "repeat"]
    assert (options["repeat"]["type"], options["repeat"]["default"]) == ("int", "1")
    for option in options.values():
        assert option["help"]
        assert option["help"] in shown
    assert plugin["help"] and plugin["help"].splitlines()[0] in shown
    assert "Args:" not in shown


def test_show_marks_options_that_must_be_given(sherpa: Sherpa) -> None:
    [plugin] = json.loads(sherpa("plugins", "show", "sqlite", "--json").stdout)

    assert {each["name"]: each["default"] for each in plugin["options"]}["url"] == "required"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rndom", "there is no plugin 'rndom', did you mean 'random'?"),
        ("distant", "the algorithm 'distant' is not installed. Install it: pip install sherpa-di"),
    ],
)
def test_a_plugin_that_is_not_there(
    name: str, message: str, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"algorithm": {"distant": {"distribution": "sherpa-dist", "class": "Distant"}}}
    monkeypatch.setattr(registry, "catalog", lambda: {"defaults": {}, "plugins": known})
    for command in ("show", "check"):
        result = sherpa("plugins", command, name)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"sherpa: {message}")


@pytest.mark.parametrize(("broken", "code"), [(0, 0), (1, 1)])
def test_check_runs_the_contract_suite(
    broken: int, code: int, sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def check(kind: str, name: str) -> int:
        asked.append((kind, name))
        return broken

    monkeypatch.setitem(sys.modules, "sherpa_testkit", SimpleNamespace(check=check))

    assert sherpa("plugins", "check", "random").exit_code == code
    assert asked == [("algorithm", "random")]


def test_check_without_the_suites_says_what_to_install(
    sherpa: Sherpa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_testkit", None)

    result = sherpa("plugins", "check", "random")

    assert result.exit_code == 2
    assert "pip install sherpa-testkit" in result.stderr
