"""Suites for plugins that are known by name only: what `sherpa plugins check NAME` runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import registry
from sherpa_core.errors import UserError, listed, nearest
from sherpa_core.space import SearchSpace
from sherpa_testkit.algorithm import AlgorithmContract
from sherpa_testkit.dashboard import DashboardContract
from sherpa_testkit.observer import ObserverContract
from sherpa_testkit.scheduler import SchedulerContract
from sherpa_testkit.stopping_rule import StoppingRuleContract
from sherpa_testkit.storage import StorageContract

SUITES: dict[str, type] = {
    "algorithm": AlgorithmContract,
    "stopping_rule": StoppingRuleContract,
    "scheduler": SchedulerContract,
    "storage": StorageContract,
    "dashboard": DashboardContract,
    "observer": ObserverContract,
}

_TEST = """\
import json

from sherpa_testkit import suite_for

Test_{word} = suite_for({kind!r}, json.loads({spec!r}))
"""


def suite_for(kind: str, spec: str | Mapping[str, Any]) -> Any:
    """Return the contract suite of an installed plugin, as a test class.

    What the suite must know stands in the attribute `contract` of the plugin's class, a dict of
    the suite's class attributes (an algorithm's `space` as a list of dicts), and:

    * `options`: options to make it with, where it has none that fit by themselves;
    * `url`: of a storage, with `{folder}` for a fresh folder.

    Args:
        kind: the kind of plugin.
        spec: its name, or a dict of name and options.

    Raises:
        UserError: the kind has no suite, or `contract` names something that the suite lacks.
        PluginError: the plugin is not installed, or cannot be imported.
    """
    base = SUITES.get(kind)
    if base is None:
        raise UserError(f"{kind!r} has no contract suite: {listed(SUITES)}{nearest(kind, SUITES)}")
    given = {"name": spec} if isinstance(spec, str) else dict(spec)
    name = given.get("name", "")
    declared = dict(getattr(registry.load(kind, name), "contract", {}))
    made = {**declared.pop("options", {}), **given}
    url = declared.pop("url", f"{name}://{{folder}}/check.db")
    for capability in declared:
        if capability.startswith("_") or not hasattr(base, capability):
            raise UserError(
                f"the {kind.replace('_', ' ')} {name!r} declares {capability!r} in its contract, "
                f"which {base.__name__} does not know"
            )
    if declared.get("space"):
        declared["space"] = list(SearchSpace.from_list(declared["space"]))

    def fresh(self: Any) -> Any:
        return dict(made)

    @pytest.fixture
    def address(self: Any, tmp_path: Path) -> str:
        return str(url.format(folder=tmp_path))

    @pytest.fixture
    def scheduler(self: Any) -> Any:
        return registry.create(kind, made)

    adoption = {
        "storage": {"url": address},
        "scheduler": {"scheduler": scheduler},
    }.get(kind, {f"make_{kind}": fresh})
    about = f"The contract of the {kind.replace('_', ' ')} {name!r}."
    return type(base.__name__, (base,), {"__doc__": about, **declared, **adoption})


def check(kind: str, name: str | Mapping[str, Any], pytest_args: Sequence[str] = ()) -> int:
    """Run the contract suite of an installed plugin, and show what pytest shows.

    Args:
        kind: the kind of plugin.
        name: its name, or a dict of name and options.
        pytest_args: further arguments for pytest, such as `["-x"]`.

    Returns:
        pytest's exit code: 0 when every promise is kept, 1 when one is broken.

    Raises:
        UserError, PluginError: see `suite_for`.
    """
    suite_for(kind, name)  # whatever is wrong with the name is said before pytest starts
    with tempfile.TemporaryDirectory(prefix="sherpa-check-") as folder:
        test = Path(folder) / "test_contract.py"
        test.write_text(_TEST.format(word=kind, kind=kind, spec=json.dumps(name)), encoding="utf-8")
        # An own pytest.ini, so that the settings of a project around do not matter.
        (Path(folder) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
        options = ["--rootdir", folder, "--import-mode=importlib", "--tb=short"]
        return subprocess.call([*command, *options, *pytest_args, str(test)])
