"""`sherpa run`: runs a study file."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from contextlib import chdir, contextmanager
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
    write_json,
    write_pairs,
)
from sherpa_core.cli.progress import Progress
from sherpa_core.cli.show import counted_trials, facts, write_best
from sherpa_core.config import StudyFile, load_study_file
from sherpa_core.errors import SherpaError
from sherpa_core.history import History
from sherpa_core.locate import RESULTS
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
    if as_json:
        state = "interrupted" if interrupted else "finished"
        folder = str(study_file.output_dir)
        write_json({**facts(history), "state": state, "output_dir": folder})
    else:
        _write_summary(study_file, history)
    again = f"sherpa run {shlex.quote(str(file))} --resume"
    if interrupted:
        complain(f"interrupted; continue with: {again}")
        return INTERRUPTED
    if history.best is None:
        complain(_why_nothing(study_file, history))
        return FAILED
    return 0


def _run(file: StudyFile, resume: bool, progress: Progress | None) -> tuple[bool, History]:
    with chdir(file.path.absolute().parent):  # objectives find their data where commands do
        study = file.open(resume)
        try:
            if progress is None:
                runner = run(study, file.job, file.options)
            else:
                with progress:
                    runner = run(study, file.job, file.options, progress)
            study.save()
        except (SherpaError, OSError) as error:
            raise click.ClickException(f"the run failed: {error}") from error
    return bool(runner.interrupted), study.history


def _write_summary(file: StudyFile, history: History) -> None:
    write_best(history.best_result())
    folder = _relative(file.output_dir)
    write_pairs({"trials": counted_trials(history), "results": folder / RESULTS})
    if history.best is not None:
        view = "plot" if "plot" in registry.entries("command") else "results"
        click.echo(clean(f"next: sherpa {view} {shlex.quote(str(folder))}"))


def _why_nothing(file: StudyFile, history: History) -> str:
    if not history.ended:
        return "no trial was run"
    last = history.ended[-1]
    jobs = _relative(file.output_dir) / "jobs"
    return f"no trial succeeded: trial {last.id} had {last.failure}; what they print is in {jobs}"


def _relative(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


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
    core, study = logging.getLogger("sherpa_core"), logging.getLogger("sherpa_core.study")
    handler, before = _Handler(console), study.level
    core.addHandler(handler)
    study.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        core.removeHandler(handler)
        study.setLevel(before)
