"""`sherpa replay`: asks every decision of a study's algorithms again, and compares."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import attrs
import click

from sherpa_core import events as ev
from sherpa_core import registry
from sherpa_core.asking import TrialRandom, decide
from sherpa_core.cli.output import FAILED, clean, counted, json_option, study_argument, write_json
from sherpa_core.errors import PluginError, UserError
from sherpa_core.events import Event, to_json
from sherpa_core.history import History
from sherpa_core.locate import open_log
from sherpa_core.log import Log
from sherpa_core.sockets import AlgorithmSocket, bind

_TOLERANCE = 1e-6  # relative: what floating-point models may differ by on another machine
_BATCH = 50_000
_COMPARED = ("parameters", "origin", "parent", "metadata")


@attrs.frozen
class Verdict:
    """How a decision compares with the one that was recorded.

    Args:
        trial: the trial's id.
        result: `same`, `close` (within the tolerance) or `different`.
        recorded: the version of the plugin's distribution that decided, empty if not known.
        installed: the version that was asked now.
        was: the decision that was recorded.
        now: the decision now.
    """

    trial: int
    result: str
    recorded: str
    installed: str
    was: Any
    now: Any


@click.command("replay", short_help="Ask every decision of the algorithm again and compare it.")
@study_argument
@json_option
def replay_command(study: str, as_json: bool) -> int:
    """Ask every decision of the algorithm again and compare it; exit code 1 if one differs.

    A decision must be the same to the last bit where the plugin has the version that decided;
    `close` ones differ by less than a millionth, as models do on another machine.
    """
    log = open_log(study, announce=False)
    verdicts = list(replay(log))
    counts = Counter(verdict.result for verdict in verdicts)
    queued = sum(trial.origin == "user" for trial in log.history.trials.values())
    different = [verdict for verdict in verdicts if verdict.result == "different"]
    others = [v for v in verdicts if v.recorded != v.installed]
    if as_json:
        results = {name: counts[name] for name in ("same", "close", "different")}
        shown = [attrs.asdict(verdict) for verdict in verdicts if verdict.result != "same"]
        write_json({**results, "queued": queued, "other_version": len(others), "not_same": shown})
        return FAILED if different else 0
    click.echo(
        f"{counted(len(verdicts), 'decision')} asked again: {counts['same']} the same, "
        f"{counts['close']} close, {counts['different']} different; {queued} queued by hand"
    )
    for recorded, installed in sorted({(v.recorded, v.installed) for v in others}):
        number = sum((v.recorded, v.installed) == (recorded, installed) for v in others)
        was = f"version {recorded}" if recorded else "a version that was not recorded"
        click.echo(clean(f"{counted(number, 'decision')} of {was}, asked again of {installed}"))
    for verdict in different[:10]:
        click.echo(clean(f"trial {verdict.trial} was {verdict.was}, but is now {verdict.now}"))
    return FAILED if different else 0


def replay(log: Log) -> Iterator[Verdict]:
    """Yield a verdict on each decision; reads the log twice and folds it once."""
    pending = sorted(
        (event["based_on"], event["trial"], event)
        for event in _events(log)
        if event["type"] == ev.TRIAL_ADDED and "based_on" in event
    )
    pending.reverse()
    history = History(log.read)
    sessions = log.history.sessions
    random = TrialRandom(log.history.config["seed"])
    bound: _Bound | None = None
    for event in _events(log):
        while pending and pending[-1][0] == history.position:
            decision = pending.pop()[2]
            if bound is None or bound.config is not history.algorithm:
                bound = _Bound(history.algorithm)
            session = sessions.get(decision["writer"])
            recorded = session.versions.get(bound.distribution, "") if session else ""
            result, was, now = _compare(decision, history, bound.algorithm, random)
            yield Verdict(decision["trial"], result, recorded, bound.version, was, now)
        history.fold((event,))


def _events(log: Log) -> Iterator[Event]:
    after = 0
    while events := log.read(after, _BATCH):
        yield from events
        after += len(events)


class _Bound:
    """An algorithm as the log describes it, and the version that is installed."""

    def __init__(self, config: dict[str, Any]) -> None:
        if "class" in config:
            raise UserError(
                f"the algorithm {config['class']} is no installed plugin: it cannot be asked"
            )
        self.config = config
        self.algorithm = bind("algorithm", config)
        self.distribution = registry.find("algorithm", self.algorithm.name).distribution
        self.version = version(self.distribution)


def _compare(
    event: Event, history: History, algorithm: AlgorithmSocket, random: TrialRandom
) -> tuple[str, Any, Any]:
    """Return the result, what was decided, and what is decided now."""
    try:
        answer = decide(algorithm, history, random)
    except PluginError as error:
        now: Any = str(error)
    else:
        now = _decision(answer) if isinstance(answer, dict) else answer.name
    was = _decision(event)
    if to_json(was) == to_json(now):
        return "same", was, now
    return "close" if _close(was, now) else "different", was, now


def _decision(event: Event) -> dict[str, Any]:
    """Return what an algorithm decided, as JSON gives it back."""
    decided = {name: event[name] for name in _COMPARED if name in event}
    plain: dict[str, Any] = json.loads(to_json({"trial": event["trial"], **decided}))
    return plain


def _close(was: Any, now: Any) -> bool:
    if isinstance(was, dict) and isinstance(now, dict):
        return was.keys() == now.keys() and all(_close(was[key], now[key]) for key in was)
    if isinstance(was, list) and isinstance(now, list):
        return len(was) == len(now) and all(map(_close, was, now))
    if isinstance(was, float) and isinstance(now, float):
        return math.isclose(was, now, rel_tol=_TOLERANCE)
    return type(was) is type(now) and bool(was == now)
