from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import sherpa_core
from sherpa_core import PluginError, UserError, option, registry

Install = Callable[..., Path]

GOOD = """
class Mine:
    def __init__(self, width=3, *, depth=1):
        self.width = width
        self.depth = depth

    def get_suggestion(self, parameters):
        return {each.name: each.sample() for each in parameters}
"""
ALGORITHMS = "sherpa.algorithms"


@pytest.fixture
def mine(install: Install) -> Path:
    return install("mine-dist", "1.2", {ALGORITHMS: ["mine = mine_dist:Mine"]}, GOOD)


def test_an_installed_plugin_is_found_with_its_distribution(mine: Path) -> None:
    entry = registry.entries("algorithm")["mine"]

    assert (entry.distribution, entry.version, entry.value) == (
        "mine-dist",
        "1.2",
        "mine_dist:Mine",
    )
    assert "mine_dist" not in sys.modules, "nothing is imported for a list"
    assert list(registry.entries("algorithm")) == sorted(registry.entries("algorithm"))


def test_a_plugin_is_made_of_name_and_options(mine: Path) -> None:
    plain = registry.create("algorithm", "mine")
    given = registry.create("algorithm", {"name": "mine", "width": 7, "depth": 2})

    assert (plain.width, plain.depth) == (3, 1)
    assert (given.width, given.depth) == (7, 2)
    assert registry.create("algorithm", given) is given


def test_a_plugin_is_described_such_that_it_can_be_made_again(mine: Path) -> None:
    made = registry.create("algorithm", {"name": "mine", "width": 7})

    config = registry.describe("algorithm", made)

    assert config == {"name": "mine", "width": 7, "depth": 1}
    assert vars(registry.create("algorithm", config)) == vars(made)


def test_the_core_offers_its_own_storage_by_the_same_door() -> None:
    assert registry.entries("storage")["memory"].distribution == "sherpa-core"


def test_a_class_is_found_by_its_name(mine: Path) -> None:
    assert sherpa_core.algorithms.Mine is registry.load("algorithm", "mine")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that the catalog knows and that is not installed."""
    known = {"algorithm": {"distant": {"distribution": "sherpa-distant", "class": "Distant"}}}
    monkeypatch.setattr(registry, "catalog", lambda: {"defaults": {}, "plugins": known})


@pytest.mark.usefixtures("elsewhere")
def test_a_class_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(PluginError, match=r"Distant is not installed. .*pip install sherpa-dist"):
        _ = sherpa_core.algorithms.Distant


@pytest.mark.usefixtures("elsewhere")
def test_a_name_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(PluginError, match=r"'distant' is not installed. .*pip install sherpa-dist"):
        registry.create("algorithm", "distant")


def test_a_class_that_nobody_has_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"'sherpa_core.algorithms' has no attribute 'Nobody'"):
        _ = sherpa_core.algorithms.Nobody
    assert not hasattr(sherpa_core.schedulers, "__path__")


# Plugins that cannot be used


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("algorithm", "randon", "algorithm 'randon' is not installed. Did you mean 'random'"),
        ("algorithm", "xyz", "algorithm 'xyz' is not installed. Installed are .*'random'"),
        ("storage", "momory", "Did you mean 'memory'"),
        ("stopping_rule", "xyz", "the stopping rule 'xyz' is not installed"),
    ],
)
def test_unknown_names_say_what_there_is(kind: str, name: str, sentence: str) -> None:
    with pytest.raises(PluginError, match=sentence) as caught:
        registry.create(kind, name)

    assert caught.value.name == name


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(UserError, match=r"'algoritm' is not a kind of plugin.*'algorithm'"):
        registry.entries("algoritm")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import a_module_that_is_not_there", "ModuleNotFoundError: No module named"),
        ("def f(:", "SyntaxError"),
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("", "AttributeError.*no attribute 'Mine'"),
    ],
)
def test_a_broken_plugin_is_named_and_harms_no_other(
    install: Install, code: str, reason: str
) -> None:
    name = f"broken-{abs(hash(code))}"
    value = name.replace("-", "_") + ":Mine"
    install(name, "0.3", {ALGORITHMS: [f"broken = {value}"]}, code)

    with pytest.raises(PluginError, match=rf"'broken' \({name} 0.3\) cannot be .*{reason}") as got:
        registry.create("algorithm", "broken")

    assert got.value.__cause__ is not None
    assert (got.value.name, got.value.distribution, got.value.version) == ("broken", name, "0.3")
    assert registry.create("algorithm", "random")
    assert registry.describe("algorithm", registry.create("algorithm", "random"))


def test_a_malformed_entry_point_is_named(install: Install) -> None:
    install("odd", "1", {ALGORITHMS: ["odd = not a module!"]})

    with pytest.raises(PluginError, match=r"'odd' .*cannot be imported from not a module!"):
        registry.create("algorithm", "odd")
    assert registry.create("algorithm", "random")


def test_two_distributions_with_one_name_are_both_named(mine: Path, install: Install) -> None:
    install("other-dist", "2", {ALGORITHMS: ["mine = other_dist:Mine"]}, GOOD)

    with pytest.raises(
        PluginError, match=r"claimed by '(mine|other)-dist' and '(mine|other)-dist'"
    ):
        registry.create("algorithm", "mine")
    assert registry.create("algorithm", "random")


def test_a_disabled_plugin_says_so(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHERPA_DISABLE_PLUGINS", "other, mine")

    with pytest.raises(PluginError, match=r"'mine' .*is disabled. .*SHERPA_DISABLE_PLUGINS"):
        registry.create("algorithm", "mine")
    assert registry.create("algorithm", "random")


def test_a_plugin_whose_constructor_breaks_is_named(install: Install) -> None:
    code = "class Mine:\n    def __init__(self):\n        {}['x']\n"
    install("fragile", "1", {ALGORITHMS: ["fragile = fragile:Mine"]}, code)

    with pytest.raises(PluginError, match=r"'fragile' \(fragile 1\) failed: KeyError: 'x'"):
        registry.create("algorithm", "fragile")


# Options


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"name": "mine", "widht": 1}, "mine: 'widht' is not an option, did you mean 'width'"),
        ({"name": "mine", "x": 1}, "there are 'width' and 'depth'"),
        ({"name": "random", "max_num_trials": 0}, "random: 'max_num_trials' must be >= 1: 0"),
        (
            {"name": "random", "max_num_trials": "5"},
            r"random: 'max_num_trials' must be int \(got '5' that is a str",
        ),
        (
            {"name": "random", "max_num_trials": True},
            r"'max_num_trials' must be int \| None, but is True",
        ),
        ({"name": "iterate"}, "iterate: the option 'hp_iter' must be given"),
        ({"name": "random", 5: 1}, "random: 5 is not an option"),
        ({"width": 3}, "the algorithm needs a 'name', but has 'width'"),
        ({"name": 3}, "the algorithm needs a 'name'"),
        ({}, "needs a 'name', but has nothing"),
    ],
)
def test_wrong_options_are_refused(mine: Path, spec: dict[Any, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        registry.create("algorithm", spec)


def test_a_class_in_place_of_an_object_is_refused(mine: Path) -> None:
    with pytest.raises(UserError, match=r"not the class: RandomSearch\(\)"):
        registry.create("algorithm", sherpa_core.algorithms.RandomSearch)


@attrs.define(eq=False)
class Options:
    """An algorithm with options of every sort."""

    needed: int = option("must be given")
    size: float = option("how large", default=0.5)
    names: list[str] = option("which ones", factory=list)
    _hidden: int = option("named without its underscore", default=1)
    inner: Any = option("another algorithm", default=None)
    state: int = attrs.field(init=False, default=0)

    def get_suggestion(self, parameters: Any) -> dict[str, Any]:
        return {}


def test_options_have_names_types_defaults_and_help() -> None:
    shown = [
        (each.name, each.type, each.default, each.help) for each in registry.options_of(Options)
    ]

    assert shown == [
        ("needed", "int", "", "must be given"),
        ("size", "float", "0.5", "how large"),
        ("names", "list[str]", "[]", "which ones"),
        ("hidden", "int", "1", "named without its underscore"),
        ("inner", "Any", "None", "another algorithm"),
    ]


def test_a_description_leaves_out_defaults_and_nests() -> None:
    inner = sherpa_core.algorithms.RandomSearch(max_num_trials=3)
    plain, given = Options(1), Options(np.int64(1), names=("a",), hidden=5, inner=[inner])  # type: ignore[call-arg, arg-type]

    name = {"name": "Options", "class": f"{__name__}:Options"}
    assert registry.describe("algorithm", plain) == {**name, "needed": 1}
    assert registry.describe("algorithm", given) == {
        **name,
        "needed": 1,
        "names": ["a"],
        "hidden": 5,
        "inner": [{"name": "random", "max_num_trials": 3}],
    }


# Discovery in a process of its own


def run(script: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_listing_plugins_imports_none(mine: Path) -> None:
    script = (
        "import sys\n"
        "from sherpa_core import registry\n"
        "names = [n for kind in registry.GROUPS for n in registry.entries(kind)]\n"
        "assert 'mine' in names and 'random' in names, names\n"
        "found = [m for m in sys.modules if m.startswith(('sherpa_', 'mine_'))]\n"
        "print({m.partition('.')[0] for m in found})"
    )

    assert run(script, PYTHONPATH=str(mine)) == "{'sherpa_core'}\n"


def test_a_third_partys_plugin_runs_a_study(mine: Path) -> None:
    script = (
        "import sherpa_core as sherpa\n"
        "study = sherpa.Study([sherpa.Discrete('n', [1, 3])], {'name': 'mine', 'width': 2},\n"
        "                     disable_dashboard=True)\n"
        "trial = study.get_suggestion()\n"
        "print(trial.origin, study.history.sessions[trial.writer].versions['mine-dist'])"
    )

    assert run(script, PYTHONPATH=str(mine)) == "mine 1.2\n"
