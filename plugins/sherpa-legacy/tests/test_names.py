"""The module `sherpa` has the manual's names, and they are the core's own objects."""

from __future__ import annotations

from importlib import import_module

import pytest

import sherpa
import sherpa_core
from sherpa_core.errors import PluginError

#: Every dotted name of the manual, and whatever its chapter "Core" gives another home.
NAMES = {
    "": "Choice Client Continuous Discrete Ordinal Parameter Study Trial AlgorithmState optimize "
    "run_dashboard",
    "core": "Choice Continuous Discrete Ordinal Parameter Study Trial optimize",
    "database": "Client",
    "schedulers": "LocalScheduler Scheduler _JobStatus",
    "algorithms": "Algorithm GPyOpt GridSearch Iterate LocalSearch MedianStoppingRule "
    "PopulationBasedTraining RandomSearch Repeat StoppingRule SuccessiveHalving",
    "algorithms.core": "Algorithm RandomSearch",
    "algorithms.bayesian_optimization": "GPyOpt",
    "algorithms.successive_halving": "SuccessiveHalving",
}
CASES = [(module, name) for module, names in NAMES.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), CASES, ids=lambda part: part or "sherpa")
def test_name(module: str, name: str) -> None:
    imported = import_module(f"sherpa.{module}".strip("."))
    of_core_imported = import_module(f"sherpa_core.{module}".strip("."))
    by_attribute, of_core = sherpa, sherpa_core
    for part in module.split(".") if module else ():
        by_attribute, of_core = getattr(by_attribute, part), getattr(of_core, part)

    assert imported is by_attribute
    assert of_core_imported is of_core
    assert getattr(imported, name) == getattr(of_core, name)  # load_dashboard has no identity
    assert name.startswith("_") or getattr(imported, name).__module__.startswith("sherpa_")


def test_it_lists_the_cores_names() -> None:
    assert {"Study", "optimize", "algorithms", "schedulers", "database"} <= set(dir(sherpa))
    assert all(hasattr(sherpa, name) for name in dir(sherpa))


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(AttributeError, match="Studdy"):
        sherpa.Studdy  # noqa: B018
    with pytest.raises(ModuleNotFoundError):
        import_module("sherpa.astro")


def test_run_dashboard_takes_the_output_folder(tmp_path: object) -> None:
    sherpa.Study(
        [sherpa.Continuous("x", [0, 1])],
        sherpa.algorithms.RandomSearch(),
        True,
        output_dir=str(tmp_path),
        disable_dashboard=True,
    ).get_suggestion()

    shown = sherpa.run_dashboard(str(tmp_path))

    assert len(shown.history.trials) == 1


def test_it_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"class": "Oracle", "distribution": "sherpa-oracle"}
    catalog = {"plugins": {"algorithm": {"oracle": known}}, "defaults": {}}
    monkeypatch.setattr("sherpa_core.registry.catalog", lambda: catalog)

    with pytest.raises(PluginError, match="pip install sherpa-oracle"):
        sherpa.algorithms.Oracle  # noqa: B018
