"""Every distribution under plugins/ is complete, and what it announces is there."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Any

import pytest

import sherpa_core
from sherpa_core import registry
from sherpa_core.registry import GROUPS

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "sherpa_contrib"
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))

plugin = pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)


def metadata(folder: Path) -> dict[str, Any]:
    content = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return content


def test_every_folder_under_plugins_is_a_distribution() -> None:
    folders = sorted(path for path in (ROOT / "plugins").iterdir() if path.is_dir())

    assert folders == PLUGINS
    assert PLUGINS


@plugin
def test_has_tests(folder: Path) -> None:
    texts = [path.read_text("utf-8") for path in (folder / "tests").glob("test_*.py")]

    assert any(re.search(r"^\s*(def test_|class Test)", text, re.MULTILINE) for text in texts)


@plugin
def test_readme_says_when_to_use_it_and_when_not(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")

    assert text.startswith(f"# {folder.name}\n")
    assert re.search(r"\*\*Use ", text)
    assert re.search(r"\*\*Do not use ", text)


@plugin
def test_metadata_is_that_of_the_family(folder: Path) -> None:
    content = metadata(folder)
    project = content["project"]
    core = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert content["build-system"] == core["build-system"]
    assert project["name"] == folder.name
    assert project["description"]
    assert project["readme"] == "README.md"
    for field in ("version", "license", "requires-python", "authors"):
        assert project[field] == core["project"][field], field
    assert "Typing :: Typed" in project["classifiers"]
    assert {"sherpa-core>=0.1", "sherpa-core[standard]>=0.1"} & set(project["dependencies"])


@plugin
def test_package_is_typed(folder: Path) -> None:
    (path,) = metadata(folder)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    package = folder / path

    # sherpa-legacy is there for the sake of its module's name
    assert package.name == {"sherpa-legacy": "sherpa"}.get(
        folder.name, folder.name.replace("-", "_")
    )
    assert [path.name for path in (folder / "src").iterdir() if path.suffix != ".egg-info"] == [
        package.name
    ]
    assert (package / "py.typed").is_file()


@plugin
def test_entry_points_resolve(folder: Path) -> None:
    groups = metadata(folder)["project"].get("entry-points", {})

    for group, names in groups.items():
        assert group in {*GROUPS.values(), "pytest11"}
        for name, value in names.items():
            assert EntryPoint(name, value, group).load() is not None
            installed = distribution(folder.name).entry_points.select(group=group, name=name)
            assert [point.value for point in installed] == [value], "run make again"


def test_there_is_one_version() -> None:
    versions = {metadata(each)["project"]["version"] for each in [ROOT, CONTRIB, *PLUGINS]}

    assert versions == {sherpa_core.__version__}


def test_standard_brings_what_the_demo_installs() -> None:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]["standard"]
    makefile = (ROOT / "Makefile").read_text("utf-8")

    match = re.search(r"^STANDARD := \$\(addprefix plugins/sherpa-,(.+)\)$", makefile, re.MULTILINE)

    assert match
    assert sorted(f"sherpa-{name}>=0.1" for name in match[1].split()) == extra


def test_the_catalog_knows_exactly_the_plugins_of_this_project() -> None:
    known = {
        (kind, name, plugin["distribution"], plugin["class"])
        for kind, plugins in registry.catalog()["plugins"].items()
        for name, plugin in plugins.items()
    }
    ours = {path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml")} | {"sherpa-contrib"}
    announced = {
        (entry.kind, entry.name, entry.distribution, entry.value.rpartition(":")[2])
        for kind in registry.GROUPS
        for entry in registry.entries(kind).values()
        if entry.distribution in ours
    }

    assert known == announced
