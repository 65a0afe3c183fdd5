"""`sherpa run`: runs a study file."""

from __future__ import annotations

import logging
import os
import shlex
from collections.abc import Iterator
from contextlib import chdir, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sherpa_core import registry
from sherpa_core.cli.output import (
    FAILED,
    INTERRUPTED,
    clean,
    complain,
    json_option,
    program,
    write_json,
    write_pairs,
)
from sherpa_core.cli.progress import Progress
from sherpa_core.cli.show import facts, in_words, write_best
from sherpa_core.config import StudyFile, load_study_file
from sherpa_core.errors import SherpaError
from sherpa_core.history import History
from sherpa_core.locate import RESULTS, has_storage
from sherpa_core.optimization import run

_TOP = ("output_dir", "name", "random_seed")


@click.command("run")
@click.argument("file", metavar="STUDY.toml", type=click.Path(path_type=Path))
@click.option("--resume", is_flag=True, help="Continue the study if it is there already.")
@click.option("--max-num-trials", type=int, metavar="N", help="Trials of the study in all.")
@click.option("--max-concurrent", type=int, metavar="N", help="Trials at a time.")
@click.option("--timeout", type=float, metavar="SECONDS", help="Start no trial after that time.")
@click.option("--trial-timeout", type=float, metavar="SECONDS", help="End a trial after that time.")
@click.option("--output-dir", type=click.Path(), help="Folder for results, from here.")
@click.option("--name", help="The study's name.")
@click.option("--random-seed", type=int, metavar="N", help="Seed of all suggestions.")
@click.option("--no-dashboard", is_flag=True, help="Start no dashboard.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@json_option
def run_command(
    file: Path, resume: bool, no_dashboard: bool, quiet: bool, as_json: bool, **given: Any
) -> int:
    """Run a study file, or continue it.

    What is given here replaces what the file says. Progress goes to standard error, the result
    to standard output. Ctrl-C starts no further trial and waits for the running ones, a second one
    kills them; --resume goes on from there.
    """
    if given["output_dir"] is not None:
        given["output_dir"] = str(Path(given["output_dir"]).absolute())
    overrides = {
        key if key in _TOP else f"run.{key}": value
        for key, value in given.items()
        if value is not None
    }
    study_file = load_study_file(file, overrides, dashboard=not no_dashboard)
    console = Console(stderr=True)
    with _logged(console, quiet):
        interrupted, history = _run(study_file, resume, None if quiet else Progress(console))
    known = facts(history)
    state = "interrupted" if interrupted else "finished"
    folder = os.path.relpath(study_file.output_dir)
    if as_json:
        write_json({**known, "state": state, "output_dir": str(study_file.output_dir)})
    else:
        write_best(known["best"])
        write_pairs({"trials": in_words(known["trials"]), "results": f"{folder}/{RESULTS}"})
    if interrupted:
        words = [program(), "run", str(file), "--resume"]
        if given["output_dir"] is not None:
            words += ["--output-dir", folder]
        complain(f"interrupted; continue with: {shlex.join(words)}")
        return INTERRUPTED
    if history.best is None:
        complain(_why_nothing(history, f"{folder}/jobs"))
        return FAILED
    if not as_json and has_storage(study_file.output_dir):
        view = "plot" if "plot" in registry.entries("command") else "results"
        click.echo(clean(f"next: {shlex.join([program(), view, folder])}"))
    return 0


def _run(file: StudyFile, resume: bool, progress: Progress | None) -> tuple[bool, History]:
    with chdir(file.path.absolute().parent):  # objectives find their data where commands do
        study = file.open(resume)
        try:
            with progress or nullcontext():
                runner = run(study, file.job, file.options, progress)
        except (SherpaError, OSError) as error:
            raise click.ClickException(f"the run failed: {error}") from error
    return bool(runner.interrupted), study.history


def _why_nothing(history: History, jobs: str) -> str:
    if not history.ended:
        return "no trial was run"
    last = history.ended[-1]
    return f"no trial succeeded: trial {last.id} had {last.failure}; what they print is in {jobs}"


class _Handler(logging.Handler):
    """Prints above the live line."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(clean(record.getMessage()), markup=False, soft_wrap=True)


@contextmanager
def _logged(console: Console, quiet: bool) -> Iterator[None]:
    """Print what the core logs meanwhile: warnings, and where the dashboard is."""
    core = logging.getLogger("sherpa_core")
    dashboards = logging.getLogger("sherpa_core.dashboards")
    handler, before = _Handler(console), dashboards.level
    core.addHandler(handler)
    dashboards.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        core.removeHandler(handler)
        dashboards.setLevel(before)
