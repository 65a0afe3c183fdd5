"""The examples of `docs/write-a-plugin.md` are plugins: installed, they keep their contracts.

All classes and functions of the page's Python blocks become one distribution.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "write-a-plugin.md"
PYTHON = re.compile(r"(?<!-->\n)^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sherpa-examples"
version = "0.1.0"
dependencies = ["sherpa-core"]

[project.entry-points."sherpa.stopping_rules"]
diverged = "sherpa_examples:Diverged"
good-enough = "sherpa_examples:GoodEnough"

[project.entry-points."sherpa.schedulers"]
plain = "sherpa_examples:PlainScheduler"

[project.entry-points."sherpa.storages"]
list = "sherpa_examples:ListStorage"

[project.entry-points."sherpa.observers"]
printer = "sherpa_examples:Printer"

[project.entry-points."sherpa.dashboards"]
page = "sherpa_examples:PlainDashboard"

[project.entry-points."sherpa.commands"]
count = "sherpa_examples:count"
"""

STUDY_FILE = """
algorithm = "random"
scheduler = "plain"
dashboard = "page"
observers = ["printer"]
stopping_rules = ["diverged", { name = "good-enough", limit = 0.0 }]

[[parameters]]
name = "x"
type = "continuous"
range = [0.0, 1.0]

[run]
filename = "job.py"
max_num_trials = 2
"""

JOB = """
from sherpa_core import Client

client = Client()
trial = client.get_trial()
client.send_metrics(trial, iteration=1, objective=1.0 + trial.parameters["x"])
"""


@pytest.fixture(scope="module")
def examples(
    make_environment: Callable[..., Any],
    build: Callable[..., list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """An environment with the page's examples."""
    project = tmp_path_factory.mktemp("project")
    (project / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (project / "sherpa_examples").mkdir()
    lasting = ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef
    code = [
        ast.unparse(statement)
        for block in PYTHON.findall(PAGE.read_text("utf-8"))
        for statement in ast.parse(block).body
        if isinstance(statement, lasting)
    ]
    module = project / "sherpa_examples" / "__init__.py"
    module.write_text("\n\n".join(code), "utf-8")
    return make_environment("sherpa-random", "sherpa-sqlite", "sherpa-testkit", *build(project))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("stopping_rule", "diverged"),
        ("stopping_rule", "good-enough"),
        ("scheduler", "plain"),
        ("storage", "list"),
        ("dashboard", "page"),
        ("observer", "printer"),
    ],
)
def test_example_keeps_its_contract(kind: str, name: str, examples: Any, tmp_path: Path) -> None:
    done = examples.shell(f"sherpa plugins check {name} --kind {kind}", tmp_path)

    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


def test_a_study_file_uses_them_by_name(examples: Any, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY_FILE, "utf-8")
    (tmp_path / "job.py").write_text(JOB, "utf-8")

    done = examples.shell("sherpa run study.toml", tmp_path)
    counted = examples.shell("sherpa count output_study", tmp_path)

    assert done.returncode == 0, done.stdout
    assert "SHERPA Dashboard running on http://127.0.0.1:" in done.stdout
    assert re.search(r"^started 1 \{'x': ", done.stdout, re.MULTILINE)
    assert re.search(r"^ended 2 COMPLETED", done.stdout, re.MULTILINE)
    assert counted.stdout == "2\n"


def test_the_list_storage_is_found_by_its_scheme(examples: Any, tmp_path: Path) -> None:
    script = """
from sherpa_core import Continuous, Study
space = [Continuous("x", [0, 1])]
study = Study(space, "random", storage="list:", name="here", disable_dashboard=True)
print(study.get_suggestion().id, study.engine.log.storage.hook.list_studies())
"""

    done = examples.python(script, tmp_path)

    assert done.stdout == "1 ['here']\n"
