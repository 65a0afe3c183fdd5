"""The `sherpa` command: its subcommands are imported when they are called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from sherpa_core import registry
from sherpa_core.cli.output import INTERRUPTED, WRONG_INPUT, clean, complain
from sherpa_core.errors import PluginError, SherpaError

#: The core's own subcommands, and the module of each.
_COMMANDS = {
    "init": "start",
    "run": "run",
    "status": "show",
    "best": "show",
    "results": "show",
    "list": "show",
    "stop": "change",
    "enqueue": "change",
    "ask": "change",
    "tell": "change",
    "delete": "change",
    "replay": "replay",
    "plugins": "plugins",
}


class Commands(click.Group):
    """Subcommands of the core, and those that plugins add; errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names; nothing is imported."""
        return [
            *_COMMANDS,
            *(name for name in registry.entries("command") if name not in _COMMANDS),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand, or raise `PluginError` that names a broken one."""
        if cmd_name in _COMMANDS:
            module = import_module(f"sherpa_core.cli.{_COMMANDS[cmd_name]}")
            command: click.Command = getattr(module, f"{cmd_name}_command")
            return command
        known = registry.catalog()["plugins"]["command"]
        if cmd_name not in registry.entries("command") and cmd_name not in known:
            return None
        found = registry.load("command", cmd_name)
        if not isinstance(found, click.Command):
            raise PluginError(f"the command {cmd_name!r} is no click command, but {found!r:.80}.")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands; of a plugin's only what its metadata says."""
        with formatter.section("Commands"):
            own = [(name, self.get_command(ctx, name)) for name in _COMMANDS]
            formatter.write_dl(
                [(n, each.get_short_help_str(70) if each else "") for n, each in own]
            )
        added = [e for name, e in registry.entries("command").items() if name not in _COMMANDS]
        if added:
            with formatter.section("Commands of plugins"):
                formatter.write_dl(
                    [(clean(e.name), clean(f"{e.distribution} {e.version}")) for e in added]
                )

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line and exit."""
        options["standalone_mode"] = False
        try:
            returned = super().main(*args, **options)
            code = returned if type(returned) is int else 0
        except click.ClickException as error:
            code, message = error.exit_code, " ".join(error.format_message().split())
            if isinstance(error, click.UsageError) and error.ctx is not None:
                message += f" (see {error.ctx.command_path} --help)"
            complain(message)
        except SherpaError as error:
            code = WRONG_INPUT
            complain(str(error))
        except OSError as error:
            code = WRONG_INPUT
            known = error.filename and error.strerror
            complain(f"{error.filename}: {error.strerror}" if known else str(error))
        except click.Abort:
            code = INTERRUPTED
            complain("interrupted")
        sys.exit(code)


_HELP = """Search for good hyperparameters.

STUDY is the output folder of a study, or the URL of its storage; URL#NAME where that holds several.

\b
Exit codes:
  0  all went well
  1  the study or the command failed: no trial succeeded, nothing to ask, a replay differs
  2  wrong input: one sentence on standard error says what, and nothing was written
  3  interrupted
"""


@click.group(cls=Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sherpa-core", message="sherpa-core %(version)s")
def main() -> None:
    """Run the `sherpa` command."""
