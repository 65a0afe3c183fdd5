"""Broken, clashing, disabled and misspelt plugins are named, and harm nothing else."""

from __future__ import annotations

import re
import textwrap
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
version = "1.2.3"
dependencies = ["sherpa-core{needed}"]

[project.entry-points."sherpa.{group}"]
{points}
"""

#: Algorithms that cannot be used: the source of each, and what is said about it.
BROKEN = {
    "no-dependency": (
        "import a_package_that_is_not_there",
        "cannot be imported from sherpa_broken.no_dependency:Plugin: "
        "ModuleNotFoundError: No module named 'a_package_that_is_not_there'",
    ),
    "no-python": (
        "class Plugin(:",
        "cannot be imported from sherpa_broken.no_python:Plugin: SyntaxError",
    ),
    "no-class": (
        "",
        "cannot be imported from sherpa_broken.no_class:Plugin: AttributeError",
    ),
    "no-suggestion": (
        """
        class Plugin:
            def suggest(self):
                return {}
        """,
        "lacks 'get_suggestion', which every algorithm needs",
    ),
    "any-keywords": (
        """
        class Plugin:
            def get_suggestion(self, **keywords):
                return {}
        """,
        "get_suggestion takes *keywords, but must name the arguments that it wants",
    ),
    "keyword-only": (
        """
        class Plugin:
            def get_suggestion(self, *, parameters):
                return {}
        """,
        "get_suggestion takes 'parameters' as keyword only, but it must be positional",
    ),
    "misspelt-argument": (
        """
        class Plugin:
            def get_suggestion(self, parametres):
                return {}
        """,
        "get_suggestion takes 'parametres', which is not an argument of this hook",
    ),
    "no-licence": (
        """
        class Plugin:
            def __init__(self):
                raise RuntimeError("the licence has run out")

            def get_suggestion(self):
                return {}
        """,
        "failed: RuntimeError: the licence has run out",
    ),
}

SOUND = """
    class Plugin:
        def get_suggestion(self, parameters, rng):
            return parameters.sample(rng)
    """

BROKEN_OBSERVER = """
    class Plugin:
        def trial_started(self, trial):
            raise RuntimeError("the disk is on fire")
    """

STUDY_FILE = """
storage = "memory://"
algorithm = "{algorithm}"
{more}

[[parameters]]
name = "x"
type = "continuous"
range = [0.0, 1.0]

[run]
objective = "train:objective"
max_num_trials = 3
"""


def project(folder: Path, name: str, group: str, sources: dict[str, str], needed: str = "") -> Path:
    """Write a distribution with a module for each of its plugins, and return its folder."""
    package = name.replace("-", "_")
    modules = {point: point.replace("-", "_") for point in sources}
    points = [f'{point} = "{package}.{module}:Plugin"' for point, module in modules.items()]
    (folder / name / package).mkdir(parents=True)
    text = PYPROJECT.format(name=name, group=group, points="\n".join(points), needed=needed)
    (folder / name / "pyproject.toml").write_text(text, "utf-8")
    (folder / name / package / "__init__.py").touch()
    for point, source in sources.items():
        module = folder / name / package / f"{modules[point]}.py"
        module.write_text(textwrap.dedent(source), "utf-8")
    return folder / name


@pytest.fixture(scope="module")
def troubled(
    make_environment: Callable[..., Any],
    build: Callable[..., list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """An environment with random search and all the trouble there can be."""
    folder = tmp_path_factory.mktemp("projects")
    broken = {name: source for name, (source, _) in BROKEN.items()}
    wheels = build(
        project(folder, "sherpa-broken", "algorithms", broken),
        project(folder, "sherpa-noisy", "observers", {"noisy": BROKEN_OBSERVER}),
        project(folder, "sherpa-twin-a", "algorithms", {"twin": SOUND, "only-a": SOUND}),
        project(folder, "sherpa-twin-b", "algorithms", {"twin": SOUND, "only-b": SOUND}),
    )
    environment = make_environment("sherpa-random", *wheels)
    too_new = project(folder, "sherpa-too-new", "algorithms", {"too-new": SOUND}, ">=98,<99")
    environment.install(*build(too_new), resolve=False)
    return environment


@pytest.fixture
def run(troubled: Any, tmp_path: Path) -> Callable[..., Any]:
    """Runs a study with an algorithm and further lines of the study file."""

    def run(algorithm: str, more: str = "", **variables: str) -> Any:
        text = STUDY_FILE.format(algorithm=algorithm, more=more)
        (tmp_path / "study.toml").write_text(text, "utf-8")
        (tmp_path / "train.py").write_text("def objective(trial):\n    return 1.0\n", "utf-8")
        return troubled.shell("sherpa run study.toml", tmp_path, **variables)

    return run


def refused(done: Any, folder: Path) -> str:
    """The one sentence on a run that was refused with nothing written."""
    assert done.returncode == 2, done.stdout
    (line,) = done.stdout.splitlines()
    assert line.startswith("sherpa: study.toml: algorithm: ")
    written = {path.name for path in folder.iterdir()} - {"__pycache__"}
    assert written == {"study.toml", "train.py"}
    return str(line)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_plugin_is_named_with_its_cause(
    name: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    line = refused(run(name), tmp_path)

    assert BROKEN[name][1] in line
    assert f"the algorithm '{name}' (sherpa-broken 1.2.3)" in line


@pytest.mark.parametrize("name", BROKEN)
def test_python_names_a_broken_plugin_too(name: str, troubled: Any, tmp_path: Path) -> None:
    script = f"""
from sherpa_core import Continuous, PluginError, Study
try:
    Study([Continuous("x", [0, 1])], {name!r}, output_dir="out")
except PluginError as error:
    print(error.name, error.distribution, error.version, "caused" if error.__cause__ else "")
"""

    done = troubled.python(script, tmp_path)

    assert done.stdout.split()[:3] == [name, "sherpa-broken", "1.2.3"], done.stdout
    if "cannot be imported" in BROKEN[name][1] or "failed" in BROKEN[name][1]:
        assert done.stdout.split()[3:] == ["caused"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["random", "only-a", "only-b"])
def test_others_are_not_harmed(name: str, run: Callable[..., Any]) -> None:
    done = run(name)

    assert done.returncode == 0, done.stdout


def test_list_names_them_all_and_imports_none(troubled: Any, tmp_path: Path) -> None:
    done = troubled.shell("sherpa plugins list", tmp_path)

    assert done.returncode == 0, done.stdout
    for name in BROKEN:
        assert re.search(rf"{name} +sherpa-broken +1\.2\.3", done.stdout)
    assert re.search(r"random +sherpa-random", done.stdout)
    assert re.search(r"twin +sherpa-twin-(a|b) +1\.2\.3 +clashes with sherpa-twin-", done.stdout)


def test_one_for_another_core_says_what_it_needs_and_what_to_do(
    run: Callable[..., Any], troubled: Any, tmp_path: Path
) -> None:
    line = refused(run("too-new"), tmp_path)
    listed = troubled.shell("sherpa plugins list", tmp_path)

    assert "the algorithm 'too-new' (sherpa-too-new 1.2.3) needs sherpa-core<99,>=98, but " in line
    assert re.search(r"but sherpa-core \d+\.\d+\.\d+ is installed", line)
    assert line.endswith("Try: pip install --upgrade sherpa-core sherpa-too-new")
    assert re.search(r"too-new +sherpa-too-new +1\.2\.3 +needs sherpa-core<99,>=98", listed.stdout)


def test_show_and_check_name_a_broken_plugin(troubled: Any, tmp_path: Path) -> None:
    for command in ("show", "check"):
        done = troubled.shell(f"sherpa plugins {command} no-dependency", tmp_path)

        assert done.returncode == 2, done.stdout
        assert "sherpa-broken 1.2.3" in done.stdout
        assert "Traceback" not in done.stdout


def test_a_name_that_two_claim_names_both(run: Callable[..., Any], tmp_path: Path) -> None:
    line = refused(run("twin"), tmp_path)

    assert "is claimed by" in line
    assert "'sherpa-twin-a'" in line
    assert "'sherpa-twin-b'" in line


def test_a_failing_observer_is_named_and_the_study_goes_on(run: Callable[..., Any]) -> None:
    done = run("random", 'observers = ["noisy"]')

    assert done.returncode == 0, done.stdout
    said = "the observer 'noisy' (sherpa-noisy 1.2.3) failed in trial_started"
    assert f"{said}: RuntimeError: the disk is on fire" in done.stdout


def test_disabled_plugin_is_refused_and_others_work(
    run: Callable[..., Any], troubled: Any, tmp_path: Path
) -> None:
    blocked = {"SHERPA_DISABLE_PLUGINS": "random, no-python"}

    line = refused(run("random", **blocked), tmp_path)
    other = run("only-a", **blocked)
    listed = troubled.shell("sherpa plugins list", tmp_path, **blocked)

    assert "'random' (sherpa-random 0.1.0) is disabled" in line
    assert "SHERPA_DISABLE_PLUGINS" in line
    assert other.returncode == 0, other.stdout
    assert re.search(r"random +sherpa-random +0\.1\.0 +disabled", listed.stdout)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("randon", "Did you mean 'random'?"),
        ("asha", "Install it: pip install sherpa-asha"),
        ("ashaa", "Did you mean 'asha'?"),
        ("xyz", "Installed are "),
    ],
)
def test_unknown_name_says_what_there_is(
    name: str, says: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    line = refused(run(name), tmp_path)

    assert f"the algorithm '{name}' is not installed. " in line
    assert says in line
