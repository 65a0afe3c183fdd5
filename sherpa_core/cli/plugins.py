"""`sherpa plugins`: which plugins there are, what options they have, and whether they are sound."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import attrs
import click

from sherpa_core import registry
from sherpa_core.cli.output import clean, json_option, write_json, write_table
from sherpa_core.errors import PluginError, UserError, listed, nearest
from sherpa_core.registry import GROUPS, Entry

_kind_option = click.option(
    "--kind", type=click.Choice(list(GROUPS)), help="Where one name has several kinds."
)


@click.group("plugins", invoke_without_command=True)
@click.pass_context
def plugins_command(context: click.Context) -> None:
    """List, explain and check plugins."""
    if context.invoked_subcommand is None:
        context.invoke(list_plugins)


@plugins_command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that could be installed.")
@json_option
def list_plugins(everything: bool = False, as_json: bool = False) -> None:
    """List the installed plugins; none is imported."""
    rows = [_row(entry) for kind in GROUPS for entry in registry.entries(kind).values()]
    if everything:
        rows += [
            _row(Entry(kind, name, "", known["distribution"], ""), "not installed")
            for kind, names in registry.catalog()["plugins"].items()
            for name, known in names.items()
            if name not in registry.entries(kind)
        ]
    if as_json:
        write_json(rows)
    else:
        names = ("kind", "name", "distribution", "version", "note")
        write_table(
            [name.upper() for name in names], ([row[name] for name in names] for row in rows)
        )


def _row(entry: Entry, note: str = "") -> dict[str, Any]:
    notes = [note] if note else []
    if entry.clashes:
        notes.append(f"clashes with {', '.join(entry.clashes)}")
    if entry.name in registry.disabled():
        notes.append("disabled")
    if needed := registry.unmet(entry):
        notes.append(f"needs sherpa-core{needed}")
    row = attrs.asdict(entry, filter=lambda field, value: field.name not in ("point", "clashes"))
    return {**row, "note": "; ".join(notes)}


@plugins_command.command("show")
@click.argument("name")
@_kind_option
@json_option
def show_plugin(name: str, kind: str | None, as_json: bool) -> None:
    """Explain a plugin and its options."""
    shown = [_explained(each, name) for each in _kinds_of(name, kind)]
    if as_json:
        write_json(shown)
        return
    for each in shown:
        word = each["kind"].replace("_", " ")
        click.echo(clean(f"{name}: {word} of {each['distribution']} {each['version']}"))
        if each["help"]:
            click.echo(clean(f"\n{each['help']}"))
        click.echo()
        if each["options"]:
            names = ("name", "type", "default", "help")
            rows = ([option[key] for key in names] for option in each["options"])
            write_table(["OPTION", "TYPE", "DEFAULT", "MEANING"], rows)
        else:
            click.echo("It has no options.")


def _explained(kind: str, name: str) -> dict[str, Any]:
    plugin = registry.load(kind, name)
    options: list[dict[str, Any]] = []
    if isinstance(plugin, click.Command):
        text = plugin.help or ""
    else:
        text = inspect.getdoc(plugin) or ""
        if isinstance(plugin, type):
            found = registry.options_of(plugin)
            options = [
                {**attrs.asdict(each), "default": each.default or "required"}
                for each in found
                if each.kind != "any"
            ]
    text = text.partition("\nArgs:")[0].strip()
    return {**_row(registry.find(kind, name)), "help": text, "options": options}


def _kinds_of(name: str, kind: str | None) -> list[str]:
    """Return the kinds that have a plugin of this name, or raise an error that says what to do."""
    kinds = [kind] if kind else list(GROUPS)
    offered = registry.catalog()["plugins"]
    found = [each for each in kinds if name in registry.entries(each)]
    found = found or [each for each in kinds if name in offered.get(each, {})]
    if not found:
        names = {
            known for each in kinds for known in (*registry.entries(each), *offered.get(each, {}))
        }
        hint = nearest(name, names) or "; `sherpa plugins list --all` shows those that there are"
        raise UserError(f"there is no plugin {name!r}{hint}")
    return found


@plugins_command.command("check")
@click.argument("name")
@_kind_option
def check_plugin(name: str, kind: str | None) -> int:
    """Run the contract suite of its kind against a plugin; exit code 1 if it breaks a promise."""
    kinds = _kinds_of(name, kind)
    if len(kinds) > 1:
        raise UserError(
            f"{name!r} is a name of several kinds, choose one with --kind: {listed(kinds)}"
        )
    registry.load(kinds[0], name)
    return 1 if _testkit().check(kinds[0], name) else 0


@plugins_command.command("new")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(GROUPS)), required=True, help="The kind of plugin.")
@click.option("--folder", default=".", help="Where its own folder is made. Default: here.")
def new_plugin(name: str, kind: str, folder: str) -> None:
    """Write a distribution with a plugin NAME that works, with tests, README and CI."""
    root = _testkit().new_plugin(name, kind, folder)
    click.echo(clean(f"{root} holds the {kind.replace('_', ' ')} {name!r}. Install and test it:"))
    click.echo(clean(f'  python -m pip install --editable "{root}[test]"'))
    click.echo(clean(f"  python -m pytest {root}"))


def _testkit() -> Any:
    try:
        return import_module("sherpa_testkit")
    except ModuleNotFoundError:
        hint = "Install it: pip install sherpa-testkit"
        raise PluginError("this needs the contract suites of sherpa-testkit.", hint=hint) from None
