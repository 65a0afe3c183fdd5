"""Suites are found for installed plugins by name, with what their classes declare."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sherpa_core import PluginError, UserError, registry
from sherpa_testkit import (
    AlgorithmContract,
    DashboardContract,
    ObserverContract,
    StorageContract,
    check,
    suite_for,
)
from sherpa_testkit.checking import SUITES
from sherpa_testkit.contract import PluginContract

FOLDER = Path(__file__).with_name("broken")
ENTRY_POINTS = """
[sherpa.algorithms]
test-climber = broken_algorithms:Climber
test-lost = broken_algorithms:LeavesTheRange
test-confused = broken_algorithms:DeclaresTooMuch

[sherpa.stopping_rules]
test-patience = broken_rules:Patience

[sherpa.observers]
test-notes = broken_observers:Notes

[sherpa.dashboards]
test-plain = broken_dashboards:Plain
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Make the plugins of the folder `broken` installed ones, here and in child processes."""
    metadata = tmp_path / "broken_plugins-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: broken-plugins\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FOLDER), str(tmp_path)]))
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.syspath_prepend(tmp_path)
    registry.entries.cache_clear()
    yield
    monkeypatch.undo()
    registry.entries.cache_clear()


def test_what_the_class_declares_is_the_suites():
    suite = suite_for("algorithm", "iterate")
    assert issubclass(suite, AlgorithmContract)
    assert suite.finite
    assert [parameter.name for parameter in suite.space] == ["units", "lr"]
    assert suite().make_algorithm() == {
        "name": "iterate",
        "hp_iter": [{"units": 16, "lr": 0.5}, {"units": 32, "lr": 0.25}],
    }


def test_given_options_come_before_declared_ones():
    suite = suite_for("algorithm", {"name": "iterate", "hp_iter": [{"units": 16, "lr": 1}]})
    assert suite().make_algorithm()["hp_iter"] == [{"units": 16, "lr": 1}]


def test_a_storages_capabilities_are_declared_too():
    suite = suite_for("storage", "memory")
    assert issubclass(suite, StorageContract)
    assert not suite.persistent
    assert not suite.multiprocess


def test_every_kind_that_a_study_has_has_a_suite():
    assert set(SUITES) == set(registry.kinds())


OURS = [
    pytest.param(kind, entry.name, id=f"{kind}-{entry.name}")
    for kind in SUITES
    for entry in registry.entries(kind).values()
    if entry.distribution.startswith("sherpa-")
]


@pytest.mark.usefixtures("all_plugins")
@pytest.mark.parametrize(("kind", "name"), OURS)
def test_every_plugin_of_ours_can_be_checked_by_name(kind, name):
    suite = suite_for(kind, name)
    if issubclass(suite, PluginContract):
        assert suite().fresh()


@pytest.mark.parametrize("kind", ["command", "algorithms", ""])
def test_other_kinds_have_none(kind):
    with pytest.raises(UserError, match=f"'{kind}' has no contract suite: 'algorithm', "):
        suite_for(kind, "random")


@pytest.mark.parametrize("ask", [suite_for, check])
def test_an_unknown_plugin_is_named(ask):
    with pytest.raises(PluginError, match="the algorithm 'rando' is not installed"):
        ask("algorithm", "rando")


@pytest.mark.usefixtures("installed")
def test_an_unknown_capability_is_named():
    with pytest.raises(UserError, match="declares 'clever' in its contract, which AlgorithmCont"):
        suite_for("algorithm", "test-confused")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("kind", "name", "tests"),
    [
        ("algorithm", "test-climber", "searches or elsewhere or another_process"),
        ("stopping_rule", "test-patience", "continued"),
        ("observer", "test-notes", "takes_everything"),
        ("dashboard", "test-plain", "shows_a_page"),
        ("storage", "memory", "keys"),
        ("scheduler", "local", "exit_code_0"),
    ],
)
def test_a_kept_promise_is_exit_code_0(kind, name, tests, capfd):
    assert check(kind, name, ["-k", tests]) == 0
    assert " passed" in capfd.readouterr().out


@pytest.mark.usefixtures("installed")
def test_a_broken_promise_is_exit_code_1_and_named(capfd):
    assert check("algorithm", "test-lost", ["-k", "searches"]) == 1
    assert "broken promise: a suggestion lies in the search space" in capfd.readouterr().out


@pytest.mark.usefixtures("installed")
def test_options_may_be_given(capfd):
    assert check("algorithm", {"name": "test-climber", "spread": "wide"}, ["-k", "mixed"]) == 1
    assert "broken promise: " in capfd.readouterr().out


def test_settings_of_the_project_around_do_not_matter(tmp_path, monkeypatch, capfd):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(tmp_path)
    assert check("algorithm", "random", ["-k", "mixed"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["pytest.ini"]
    assert "1 passed" in capfd.readouterr().out


def test_what_must_be_defined_is_said():
    for suite, method in [(ObserverContract, "observer"), (DashboardContract, "dashboard")]:
        with pytest.raises(pytest.fail.Exception, match=rf"must define make_{method}\(self\)"):
            suite().fresh()
