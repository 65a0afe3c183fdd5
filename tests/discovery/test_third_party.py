"""Whoever follows `docs/write-a-plugin.md` has a plugin that is found by its name, everywhere.

The page is the only source: its files are written and its commands run, in their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "write-a-plugin.md"
BLOCK = re.compile(
    r"^<!-- (?P<marker>[^>]*) -->\n```\w+\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)
HERE = "not executed: tests/discovery runs this in an environment of its own"


@attrs.frozen
class Followed:
    """What became of the page: the environment, the folder, and each command's output."""

    environment: Any
    folder: Path
    outputs: dict[str, str]

    def output(self, part: str) -> str:
        """The output of the one command that has `part` in it."""
        (found,) = [text for command, text in self.outputs.items() if part in command]
        return found


@pytest.fixture(scope="module")
def page(
    make_environment: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Followed:
    """The environment in which the whole page was followed from top to bottom."""
    environment = make_environment()
    environment.borrow("pip", "hatchling", "editables")  # every reader has pip, which has those
    environment.borrow("sherpa-core[standard]", "sherpa-testkit", "mypy", "ruff")
    folder = tmp_path_factory.mktemp("reader")
    outputs = {}
    for block in BLOCK.finditer(PAGE.read_text("utf-8")):
        marker, body = block["marker"], block["body"]
        if marker.startswith("file: "):
            path = folder / marker.removeprefix("file: ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, "utf-8")
        elif marker == HERE:
            for command in re.findall(r"^\$ (.+)$", body, re.MULTILINE):
                done = environment.shell(command, folder)
                assert done.returncode == 0, f"$ {command}\n{done.stdout}"
                outputs[command] = done.stdout
    return Followed(environment, folder, outputs)


@pytest.mark.parametrize("name", ["evolution", "drift"])
def test_its_contract_suite_passes(name: str, page: Followed) -> None:
    for command in (f"pytest -q sherpa-{name}", f"plugins check {name}"):
        assert re.search(r"^\d+ passed", page.output(command), re.MULTILINE)


def test_an_algorithm_takes_fifteen_lines() -> None:
    first = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert first
    lines = [line.strip() for line in first[1].splitlines()]

    assert "class Evolution:" in lines
    assert len([line for line in lines if line and not line.startswith('"""')]) == 15


def test_it_is_listed_and_explained(page: Followed) -> None:
    assert re.search(r"evolution +sherpa-evolution +0\.1\.0", page.output("plugins list"))
    shown = page.output("plugins show evolution")
    assert "Mixes two of the best configurations" in shown
    assert re.search(r"mutation_rate +float +0\.1 +share of values", shown)


def test_listing_imports_no_plugin(page: Followed) -> None:
    script = (
        "import sys; from sherpa_core import registry; registry.entries('algorithm');"
        "print('sherpa_evolution' in sys.modules)"
    )

    done = page.environment.python(script, page.folder)

    assert done.stdout == "False\n"


def test_python_finds_it_by_name_dict_and_class(page: Followed) -> None:
    suggestions = page.output("by_name.py").splitlines()

    assert len(suggestions) == 3
    assert len(set(suggestions)) == 1  # the same seed: the same first trial
    assert suggestions[0].startswith("Trial(id=1, ")


def test_a_study_file_finds_it(page: Followed) -> None:
    done = page.environment.shell("sherpa results output_study --format json", page.folder)

    rows = json.loads(done.stdout)
    assert {row["Trial-ID"] for row in rows} == set(range(1, 21))
    config = json.loads((page.folder / "output_study" / "config.json").read_text("utf-8"))
    assert config["algorithm"] == {"name": "evolution", "mutation_rate": 0.2}


def test_its_version_is_recorded_and_its_decisions_can_be_replayed(page: Followed) -> None:
    done = page.environment.shell("sherpa replay output_study", page.folder)

    assert done.returncode == 0, done.stdout
    config = json.loads((page.folder / "output_study" / "config.json").read_text("utf-8"))
    (session,) = config["sessions"].values()
    assert session["versions"]["sherpa-evolution"] == "0.1.0"


def test_its_options_are_checked(page: Followed) -> None:
    text = (page.folder / "study.toml").read_text("utf-8")
    (page.folder / "wrong.toml").write_text(text.replace("= 0.2", "= 2.0"), "utf-8")

    done = page.environment.shell("sherpa run wrong.toml", page.folder)

    assert done.returncode == 2, done.stdout
    assert "wrong.toml: algorithm.mutation_rate" in done.stdout
    assert not (page.folder / "output_wrong").exists()


def test_the_wheel_that_was_built_works_elsewhere(
    page: Followed, make_environment: Callable[..., Any]
) -> None:
    (wheel,) = (page.folder / "dist").glob("*.whl")

    other = make_environment("sherpa-core", str(wheel))
    done = other.shell("python by_name.py", page.folder)

    assert done.returncode == 0, done.stdout
    assert done.stdout == page.output("by_name.py")
