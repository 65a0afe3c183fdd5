"""`sherpa stop`, `enqueue`, `ask`, `tell`, `delete`: what changes a study from outside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from sherpa_core import events as ev
from sherpa_core.cli.output import (
    counted,
    json_option,
    show,
    study_argument,
    write_json,
    write_pairs,
)
from sherpa_core.creation import Plan
from sherpa_core.engine import Engine
from sherpa_core.errors import UserError
from sherpa_core.events import Event
from sherpa_core.locate import open_log
from sherpa_core.log import Log
from sherpa_core.study import Study
from sherpa_core.trial import FINAL, Trial


def _open(study: str) -> Log:
    """Return the log of a study that can be changed; trials added to it belong to no process."""
    return _lasting(study, open_log(study, announce=False))


def _lasting(study: str, log: Log) -> Log:
    if not getattr(log.storage.plugin, "shared", True):
        raise UserError(
            f"{study} holds a study that was saved from memory: it can be read, not changed; "
            "continue it in Python with Study.load"
        )
    return log


def _running(log: Log, id: int) -> Trial:
    trial = log.history.trials.get(id)
    if trial is None:
        raise UserError(f"the study {log.study!r} has no trial {id}")
    if id not in log.history.running:
        raise UserError(f"trial {id} has ended already, as {trial.status}")
    return trial


@click.command("stop")
@study_argument
@click.argument("trial", type=int, required=False)
@click.option("--reason", default="stop requested", help="Why; kept in the results.")
def stop_command(study: str, trial: int | None, reason: str) -> None:
    """Stop one running TRIAL, or start no further trial of the study."""
    log = _open(study)
    if trial is None:
        log.append({"type": ev.STUDY_STOP_REQUESTED, "reason": reason})
        left = counted(len(log.history.running), "running trial")
        click.echo(f"no further trial starts; {left} may end")
        return
    event: Event = {"type": ev.STOP_REQUESTED, "trial": trial, "iteration": None}
    log.append({**event, "attempt": _running(log, trial).attempt, "reason": reason})
    click.echo(f"trial {trial} is to stop")


@click.command("enqueue")
@study_argument
@click.argument("values", nargs=-1, required=True, metavar="NAME=VALUE...")
@json_option
def enqueue_command(study: str, values: Sequence[str], as_json: bool) -> None:
    """Queue a configuration: it comes before the algorithm's.

    VALUE is JSON, or else a text. A whole configuration may be given as one JSON object.
    """
    log = _open(study)
    valid = log.history.space.validate(_parameters(values))
    log.append({"type": ev.TRIAL_QUEUED, "parameters": valid})
    if as_json:
        write_json({"parameters": valid, "queued": len(log.history.queue)})
    else:
        click.echo(f"queued as number {len(log.history.queue)}")


def _parameters(values: Sequence[str]) -> dict[str, Any]:
    if len(values) == 1 and values[0].lstrip().startswith("{"):
        return _object(values[0], "the configuration")
    found = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"a value must look like NAME=VALUE, but is {text!r}")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UserError(f"{what} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UserError(f"{what} must be a JSON object, but is {text!r:.80}")
    return value


@click.command("ask")
@study_argument
@json_option
def ask_command(study: str, as_json: bool) -> int:
    """Take the study's next trial, to be trained by hand and told with `sherpa tell`.

    Exit code 1 if there is none: the study is done, or waits for a running trial.
    """
    log = _open(study)
    plan = Plan.recorded(log, None, None, ())
    answer = Engine(log, plan.algorithm, plan.rules, []).ask()
    if not isinstance(answer, Trial):
        if as_json:
            write_json({"state": answer.value})
        else:
            click.echo("done" if answer.value == "done" else "wait for a running trial")
        return 1
    if as_json:
        write_json({"state": "running", "trial": answer.id, "parameters": answer.parameters})
    else:
        click.echo(f"trial {answer.id}")
        write_pairs(answer.parameters, indent="  ")
    return 0


@click.command("tell")
@study_argument
@click.argument("trial", type=int)
@click.argument("objective", type=float, required=False)
@click.option("--iteration", type=int, help="For example the epoch. Default: the next one.")
@click.option("--context", default="{}", metavar="JSON", help="Other metrics by name.")
@click.option("--running", is_flag=True, help="More follows: the trial does not end.")
@click.option("--status", type=click.Choice(list(FINAL)), help="How it ended. Default: COMPLETED.")
@json_option
def tell_command(
    study: str,
    trial: int,
    objective: float | None,
    iteration: int | None,
    context: str,
    running: bool,
    status: str | None,
    as_json: bool,
) -> None:
    """Report the OBJECTIVE of a trial, and its end.

    With --running the trial goes on; the answer says whether a stopping rule would end it. A
    negative OBJECTIVE comes after `--`.
    """
    if running and (status is not None or objective is None):
        raise UserError("--running needs an objective, and no --status")
    if objective is None and status not in ("FAILED", "STOPPED"):
        raise UserError("give an objective, or --status FAILED or STOPPED")
    metrics = _object(context, "the context")
    opened = Study.load(study, disable_dashboard=True, observers=())
    known = _running(_lasting(study, opened.engine.log), trial)
    if objective is not None:
        if iteration is None:
            iteration = max(known.iterations, default=0) + 1
        opened.add_observation(known, objective, iteration, metrics)
    stop = opened.should_trial_stop(known)
    if not running:
        opened.finalize(known, status)
    told = opened.history.trials[trial]
    if as_json:
        write_json({"trial": trial, "status": told.status, "stop": stop})
    else:
        click.echo(f"trial {trial} {told.status}{', it is to stop' if running and stop else ''}")


@click.command("delete")
@study_argument
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def delete_command(study: str, yes: bool) -> int:
    """Delete a study's log for good; files in its output folder stay."""
    log = _open(study)
    trials = counted(len(log.history.trials), "trial")
    if not yes and not click.confirm(f"Delete the study {show(log.study)} with {trials}?"):
        click.echo("nothing was deleted")
        return 1
    log.storage.hook.delete_study(study=log.study)
    click.echo(f"deleted {show(log.study)}")
    return 0
