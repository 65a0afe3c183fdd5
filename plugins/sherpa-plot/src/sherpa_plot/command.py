"""The command `sherpa plot`."""

from __future__ import annotations

from pathlib import Path

import click

KINDS = (
    "summary",
    "history",
    "curves",
    "parallel",
    "importance",
    "slices",
    "lineage",
    "rungs",
)
FORMATS = (".png", ".pdf", ".svg")


@click.command()
@click.argument("study")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where to write the picture; its ending says how: .png, .pdf or .svg. "
    "Default: KIND.png in the study's folder, or here for a URL.",
)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="summary",
    show_default=True,
    help="history: objective over trials; curves: over iterations; parallel: parallel "
    "coordinates; summary: all of these; importance: how much each parameter matters; slices: "
    "objective against each parameter; lineage: schedules of PBT; rungs: of ASHA and Hyperband.",
)
def plot(study: str, output: str | None, kind: str) -> None:
    """Draw a picture of STUDY, an output folder or URL#NAME."""
    from sherpa_core.errors import UserError
    from sherpa_core.locate import open_log

    folder = Path(study)
    path = Path(output) if output else (folder if folder.is_dir() else Path()) / f"{kind}.png"
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"the picture's name must end in {' or '.join(FORMATS)}, but is {path}")
    if not path.parent.is_dir():
        raise UserError(f"the folder {str(path.parent)!r} for the picture does not exist")
    history = open_log(study, announce=False).history

    from sherpa_plot import pictures

    draw = pictures.parallel_coordinates if kind == "parallel" else getattr(pictures, kind)
    try:
        draw(history).savefig(path)
    except OSError as error:
        raise UserError(f"the picture cannot be written to {path}: {error.strerror}") from error
    click.echo(path)
