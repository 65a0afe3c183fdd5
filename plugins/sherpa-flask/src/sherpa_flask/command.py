"""The commands `sherpa dashboard` and `sherpa report`."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import click


@click.command("dashboard")
@click.argument("places", nargs=-1, required=True, metavar="STUDY...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, help="Default: the first free one of 8880 to 9999.")
@click.option("--proxy", is_flag=True, help="A proxy such as Jupyter's stands before it.")
@click.option("--no-browser", is_flag=True, help="Open no browser.")
def dashboard(
    places: tuple[str, ...], host: str, port: int | None, proxy: bool, no_browser: bool
) -> None:
    """Show studies in the browser, running and finished ones; Ctrl-C ends it.

    Each STUDY is an output folder, or a storage's URL: all of its studies, or URL#NAME for one.
    """
    from sherpa_flask.library import Place
    from sherpa_flask.plugin import Serving
    from sherpa_flask.server import tunnel

    serving = Serving([Place.of(place) for place in places], host, port, proxy)
    try:
        click.echo(f"SHERPA Dashboard running on {serving.url}")
        hint = tunnel(serving.port)
        if hint:
            click.echo(f"To see it on your own computer: {hint}")
        elif not no_browser:
            webbrowser.open(serving.url)
        serving.read()
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo()
    finally:
        serving.stop()


@click.command("report")
@click.argument("study")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Default: report.html in the study's folder, or here for a URL.",
)
def report(study: str, output: Path | None) -> None:
    """Write a page about STUDY, a single HTML file that needs no server, to send to others.

    STUDY is an output folder, or URL#NAME.
    """
    from sherpa_core.errors import UserError, listed
    from sherpa_flask.library import Library, Place
    from sherpa_flask.report import render

    place = Place.of(study)
    studies = Library([place]).all()
    if len(studies) != 1:
        names = listed(shown.feed.study for shown in studies)
        found = f"it holds {names}; choose one: {study}#NAME" if studies else "it is empty"
        raise UserError(f"{study} does not name one study: {found}")
    studies[0].feed.refresh()
    folder = Path(study) if Path(study).is_dir() else Path()
    path = output or folder / "report.html"
    try:
        path.write_text(render(studies[0]), "utf-8")
    except OSError as error:
        raise UserError(f"the report cannot be written to {path}: {error.strerror}") from error
    click.echo(path)
