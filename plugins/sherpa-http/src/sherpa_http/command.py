"""The command `sherpa serve`."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import click

from sherpa_core.errors import UserError
from sherpa_core.locate import DATABASE
from sherpa_http.storage import URL_FILE, HTTPStorage


@click.command()
@click.argument("folder", metavar="OUTPUT_DIR", type=click.Path(path_type=Path))
@click.option("--host", help="Name or address by which others reach this host.")
@click.option("--port", type=click.IntRange(1, 65_535), help="TCP port; default: as before.")
def serve(folder: Path, host: str | None, port: int | None) -> None:
    """Serve the study in OUTPUT_DIR to other hosts, until Ctrl-C.

    Whoever knows the URL with its token can read and write the study. It is kept in a file that
    only its owner can read; other commands take `http:FILE` as a STUDY.
    """
    if not (folder / DATABASE).is_file():
        raise UserError(f"{folder} holds no study of the default storage: there is no {DATABASE}")
    storage = HTTPStorage.serve(folder.absolute(), port, remote=True, host=host)
    try:
        if not storage.serves:
            raise UserError(f"{folder} is served already: its URL is in {folder / URL_FILE}")
        click.echo(f"serving {folder}; its URL is in {folder / URL_FILE} (Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        storage.close()
