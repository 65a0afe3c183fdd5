"""`sherpa status`, `best`, `results`, `list`: what there is; nothing is written to a study."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sherpa_core.cli.output import (
    FAILED,
    clean,
    json_option,
    plain,
    show,
    span,
    study_argument,
    write_json,
    write_pairs,
    write_table,
)
from sherpa_core.errors import PluginError, UserError
from sherpa_core.events import to_json
from sherpa_core.history import History
from sherpa_core.locate import open_log, open_place
from sherpa_core.log import Log
from sherpa_core.sockets import bind

if TYPE_CHECKING:
    import pandas as pd


def facts(history: History) -> dict[str, Any]:
    """Return where a study stands, as JSON values."""
    statuses = ("COMPLETED", "STOPPED", "FAILED", "RUNNING")
    counts = {status.lower(): history.count(status) for status in statuses}
    return {
        "study": history.config["name"],
        "algorithm": history.algorithm,
        "trials": {**counts, "queued": len(history.queue)},
        "max_num_trials": history.run.max_num_trials,
        "best": _best(history) or None,
        "stop_requested": history.stop_requested,
        "created": history.created,
        "note": history.note,
        "tags": history.tags,
    }


def _best(history: History) -> dict[str, Any]:
    """Return the best result as the algorithm sees it, where that is installed."""
    own = None
    with suppress(PluginError, UserError):
        algorithm = bind("algorithm", history.algorithm)
        if algorithm.implements("get_best_result"):
            own = algorithm.hook.get_best_result(
                parameters=history.space, history=history, lower_is_better=history.lower_is_better
            )
    return history.best_result() if own is None else dict(own)


def in_words(counts: Mapping[str, int]) -> str:
    """Return how many trials there are of each kind: `2 completed, 1 failed`."""
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "none"


def write_best(best: Mapping[str, Any] | None) -> None:
    """Print the best result for people."""
    if not best:
        return click.echo("best: none yet")
    values = dict(best)
    trial, iteration = values.pop("Trial-ID", None), values.pop("Iteration", None)
    objective = show(values.pop("Objective", None))
    click.echo(f"best: {objective} (trial {trial}, iteration {iteration})")
    return write_pairs(values, indent="  ")


@click.command("status")
@study_argument
@json_option
def status_command(study: str, as_json: bool) -> None:
    """Show how far a study is."""
    history = open_log(study, announce=False).history
    known = facts(history)
    running = [
        {"trial": id, "attempt": trial.attempt, "seconds": time.time() - trial.started}
        for id, trial in history.running.items()
    ]
    if as_json:
        write_json({**known, "running": running})
        return
    pairs = {
        "study": known["study"],
        "algorithm": to_json(known["algorithm"]),
        "trials": in_words(known["trials"]),
        "stop": known["stop_requested"],
        "note": known["note"],
        "tags": ", ".join(known["tags"]),
    }
    write_pairs({name: value for name, value in pairs.items() if value})
    for each in running:
        click.echo(f"trial {each['trial']} has been running for {span(each['seconds'])}")
    write_best(known["best"])


@click.command("best")
@study_argument
@json_option
def best_command(study: str, as_json: bool) -> int:
    """Show the best result; exit code 1 if there is none."""
    best = _best(open_log(study, announce=False).history)
    if as_json:
        write_json(best)
    else:
        write_best(best)
    return 0 if best else FAILED


@click.command("results")
@study_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    help="Default: by the ending of --output, else csv.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: standard output.")
@click.option("--final", is_flag=True, help="Only the trials that ended, a row each.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def results_command(
    study: str, form: str | None, output: Path | None, final: bool, as_json: bool
) -> None:
    """Write the results table as CSV, JSON or Parquet."""
    ending = output.suffix.removeprefix(".") if output is not None else ""
    form = "json" if as_json else form or (ending if ending in ("json", "parquet") else "csv")
    history = open_log(study, announce=False).history
    frame = history.results
    if final:
        frame = frame[frame["Status"] != "INTERMEDIATE"]
    if form == "parquet":
        data = _parquet(frame)
    else:
        data = (_json(frame) if form == "json" else _csv(frame, history)).encode()
    if output is not None:
        output.write_bytes(data)
    elif form == "csv" and sys.stdout.isatty():
        click.echo(clean(data.decode()), nl=False)
    else:
        click.echo(data, nl=False)


def _csv(frame: pd.DataFrame, history: History) -> str:
    from sherpa_core.results import write_csv

    buffer = io.StringIO()
    write_csv(frame, history.space, buffer)
    return buffer.getvalue()


def _json(frame: pd.DataFrame) -> str:
    rows = frame.astype(object).to_dict("records")
    return json.dumps([plain(row) for row in rows], indent=1) + "\n"


def _parquet(frame: pd.DataFrame) -> bytes:
    try:
        import pyarrow  # noqa: F401 - only whether it is there
    except ImportError:
        raise UserError("Parquet needs pyarrow: pip install pyarrow") from None
    frame = frame.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype.kind != "O":
            continue
        values = [None if value != value else value for value in frame[name]]
        if not all(value is None or isinstance(value, str) for value in values):
            values = [None if value is None else to_json(value) for value in values]
        frame[name] = values
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


@click.command("list")
@click.argument("place")
@json_option
def list_command(place: str, as_json: bool) -> None:
    """List the studies in PLACE, an output folder or a storage's URL."""
    storage = open_place(place)
    studies = []
    for name in storage.hook.list_studies():
        log = Log(storage, name, announce=False)
        log.refresh()
        studies.append(facts(log.history))
    if as_json:
        write_json(studies)
        return
    rows = [
        (
            each["study"],
            sum(each["trials"].values()) - each["trials"]["queued"],
            each["best"]["Objective"] if each["best"] else "",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each["created"])),
        )
        for each in studies
    ]
    write_table(("STUDY", "TRIALS", "BEST", "CREATED"), rows)
