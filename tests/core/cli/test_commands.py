from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import Result

from sherpa_core import Study, registry
from sherpa_core.registry import Entry

Sherpa = Callable[..., Result]


@click.command("hello")
def hello() -> None:
    """Greet."""
    click.echo("hello")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three commands of plugins: one works, one cannot be imported, one is no command."""
    values = {"hello": f"{__name__}:hello", "broken": "nothing_here:f", "odd": "math:pi"}
    points = {name: EntryPoint(name, value, "sherpa.commands") for name, value in values.items()}
    monkeypatch.setitem(sys.modules, __name__, sys.modules[hello.callback.__module__])
    found = {
        name: Entry("command", name, point.value, f"dist-{name}", "1.2", point=point)
        for name, point in points.items()
    }
    found["run"] = Entry("command", "run", "math:pi", "dist-run", "1.2", clashes=())
    entries = registry.entries
    monkeypatch.setattr(
        registry, "entries", lambda kind: found if kind == "command" else entries(kind)
    )


@pytest.mark.usefixtures("plugins")
def test_help_lists_plugins_and_imports_none(sherpa: Sherpa) -> None:
    result = sherpa("--help")

    assert result.exit_code == 0
    for name in ("hello", "broken", "odd"):
        assert f"dist-{name} 1.2" in result.stdout
    assert "dist-run" not in result.stdout, "a plugin does not replace the core's own command"
    assert "nothing_here" not in sys.modules


@pytest.mark.usefixtures("plugins")
def test_a_plugins_command_is_called(sherpa: Sherpa) -> None:
    assert sherpa("hello").stdout == "hello\n"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "the command 'broken' (dist-broken 1.2) cannot be imported"),
        ("odd", "the command 'odd' is no click command"),
    ],
)
def test_a_broken_command_is_named_and_harms_nothing(
    name: str, message: str, sherpa: Sherpa
) -> None:
    result = sherpa(name)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"sherpa: {message}")
    assert sherpa("hello").exit_code == 0


def test_help_names_the_exit_codes_and_every_command(sherpa: Sherpa) -> None:
    text = sherpa("--help").stdout

    for code in ("0  all went well", "1  the study", "2  wrong input", "3  interrupted"):
        assert code in text
    for command in (
        *("run", "status", "best", "results", "stop", "replay", "ask", "tell"),
        *("enqueue", "list", "delete", "init", "plugins"),
    ):
        assert f"\n  {command} " in text
        assert sherpa(command, "--help").exit_code == 0


def test_an_unknown_command_is_wrong_input(sherpa: Sherpa) -> None:
    result = sherpa("rnu")

    assert result.exit_code == 2
    assert "No such command 'rnu'" in result.stderr


def test_a_missing_option_is_told_on_one_line(sherpa: Sherpa) -> None:
    result = sherpa("plugins", "new", "drift")

    assert result.stderr.count("\n") == 1
    assert "Missing option '--kind'. Choose from: algorithm, stopping_rule," in result.stderr


def test_a_command_that_could_be_installed_says_so(sherpa: Sherpa) -> None:
    known = registry.catalog()["plugins"]["command"]
    missing = [name for name in known if name not in registry.entries("command")]
    for name in missing:
        result = sherpa(name)
        assert result.exit_code == 2
        assert f"pip install {known[name]['distribution']}" in result.stderr


@pytest.mark.parametrize("words", [["--version"], ["plugins", "list"], ["stop", "{}"]])
def test_light_commands_import_nothing_heavy(words: list[str], study: Study) -> None:
    script = (
        "import sys\n"
        "from sherpa_core.cli import main\n"
        "try:\n"
        f"    main({[word.format(study.output_dir) for word in words]})\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "assert not {'numpy', 'pandas', 'rich'} & set(sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
