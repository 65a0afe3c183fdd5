"""`sherpa init`: writes a study file that runs, to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from sherpa_core.cli.output import clean
from sherpa_core.errors import UserError

_TEMPLATES = Path(__file__).with_name("templates")
_SCRIPT = "train.py"


@click.command("init", short_help="Write a study file to begin with, and its train.py.")
@click.argument("file", default="study.toml", type=click.Path(path_type=Path))
def init_command(file: Path) -> None:
    """Write a commented study FILE, and beside it the train.py that it tunes; both run."""
    script = file.with_name(_SCRIPT)
    for path in (file, script):
        if path.exists():
            raise UserError(f"{path} exists already: it is not overwritten")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((_TEMPLATES / "study.toml").read_text("utf-8"), "utf-8")
    script.write_text((_TEMPLATES / "train.txt").read_text("utf-8"), "utf-8")
    click.echo(
        clean(f"wrote {file} and {script}; run it with: sherpa run {shlex.quote(str(file))}")
    )
