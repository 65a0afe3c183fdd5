"""`import sherpa` explains itself where another package has a module `sherpa` too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "4.17.0"

[tool.hatch.build.targets.wheel]
packages = ["sherpa"]
"""

SCRIPT = """
import sherpa
study = sherpa.Study([sherpa.Continuous("x", [0, 1])], sherpa.algorithms.RandomSearch(2), True)
print(study.get_suggestion().id)
"""


@pytest.fixture(params=["sherpa", "parameter-sherpa"])
def neighbour(
    request: pytest.FixtureRequest, build: Callable[..., list[str]], tmp_path: Path
) -> tuple[str, str]:
    """The name and the wheel of another distribution with a module `sherpa`."""
    project = tmp_path / "neighbour"
    for module in ("sherpa", "sherpa/astro"):
        (project / module).mkdir(parents=True)
        (project / module / "__init__.py").write_text(f"print('the other {module}')\n", "utf-8")
    (project / "pyproject.toml").write_text(PYPROJECT.format(name=request.param), "utf-8")
    return request.param, *build(project)


@pytest.fixture
def environment(make_environment: Callable[..., Any]) -> Any:
    return make_environment("sherpa-legacy")


def test_alone_it_is_the_core_under_its_old_name(environment: Any, tmp_path: Path) -> None:
    done = environment.python(SCRIPT, tmp_path)

    assert done.stdout == "1\n"


@pytest.mark.parametrize(
    ("name", "distribution"), [("GPyOpt", "sherpa-gpyopt"), ("Repeat", "sherpa-repeat")]
)
def test_a_missing_plugin_is_answered_with_what_to_install(
    name: str, distribution: str, environment: Any, tmp_path: Path
) -> None:
    done = environment.python(f"import sherpa; sherpa.algorithms.{name}()", tmp_path)

    assert done.returncode == 1
    assert f"{name} is not installed. Install it: pip install {distribution}" in done.stdout


def test_two_in_one_folder_are_explained(
    neighbour: tuple[str, str], make_environment: Callable[..., Any], tmp_path: Path
) -> None:
    name, wheel = neighbour
    environment = make_environment()
    environment.install(wheel)
    environment.install("sherpa-legacy")

    done = environment.python(SCRIPT, tmp_path)
    other_name = environment.python(SCRIPT.replace("sherpa", "sherpa_core as sherpa", 1), tmp_path)

    assert done.returncode == 1
    assert "ImportError: the module `sherpa` was installed twice" in done.stdout
    assert f"{name} 4.17.0" in done.stdout
    assert f"pip uninstall {name} sherpa-legacy" in done.stdout
    assert other_name.stdout == "1\n"


def test_what_another_left_behind_is_explained(
    neighbour: tuple[str, str], make_environment: Callable[..., Any], tmp_path: Path
) -> None:
    name, wheel = neighbour
    environment = make_environment()
    environment.install(wheel)
    environment.install("sherpa-legacy")
    forget = (
        f"import importlib.metadata as m, shutil; shutil.rmtree(m.distribution({name!r})._path)"
    )
    assert environment.python(forget, tmp_path).returncode == 0

    done = environment.python(SCRIPT, tmp_path)

    assert done.returncode == 1
    assert "by a package that left 'astro' in " in done.stdout


def test_one_elsewhere_is_warned_of(
    neighbour: tuple[str, str],
    environment: Any,
    make_environment: Callable[..., Any],
    tmp_path: Path,
) -> None:
    name, wheel = neighbour
    other = make_environment()
    other.install(wheel)
    place = other.python("import sysconfig; print(sysconfig.get_path('purelib'))", tmp_path)
    script = f"import sys; sys.path.append({place.stdout.strip()!r})\n{SCRIPT}"

    strict = environment.python(script, tmp_path)
    lenient = environment.python(
        f"import warnings; warnings.simplefilter('always')\n{script}", tmp_path
    )

    assert strict.returncode == 1
    assert "UserWarning: `import sherpa` means the module of sherpa-legacy" in strict.stdout
    assert f"{name} 4.17.0" in strict.stdout
    assert lenient.stdout.startswith("<string>:4: UserWarning: ")  # the line of the import
    assert lenient.stdout.splitlines()[-1] == "1"
