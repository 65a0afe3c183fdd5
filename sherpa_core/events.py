"""The events of a study's log, and their JSON.

An event is a flat `dict` of plain Python values. Every event has

* `type`: one of the names below,
* `time`: seconds since 1970 (float),
* `writer`: the nonce of the session that wrote it (see `session_started`),

and may have a `key`, unique within its study. The other fields depend on the type:

=====================  ========================================================================
study_created          `config`: parameters, algorithm, direction, seed, ... (key `study`)
session_started        `host`, `pid`, `started`, `versions`, `command`, `commit`: who writes
algorithm_changed      `algorithm`: name and options from here on
note_set               `note` and/or `tags`
run_started            `max_num_trials`, `max_concurrent`, `timeout`, `task`: see `plugin.Run`
trial_queued           `parameters`: a trial that comes before the algorithm's; `metadata`
trial_added            `trial` (int), `parameters`, `origin`, `based_on` (log position),
                       and where given `queue` (its place), `parent`, `metadata`
                       (key `trial/<id>`)
attempt_started        `trial`, `attempt` (key `trial/<id>/attempt/<k>`)
job_submitted          `trial`, `attempt`, `job`; its writer owns the trial from here on
                       (key `trial/<id>/adopted/<attempt>/<owner before>` when it is taken over)
observation_added      `trial`, `attempt`, `iteration`, `objective`, `context`
                       (key `trial/<id>/observation/<attempt>/<iteration>`)
stop_requested         `trial`, `attempt`, `iteration` (the last one that counts, or None for
                       now), `reason`
study_stop_requested   `reason`; None takes an earlier request back
trial_finalized        `trial`, `status`, `failure` (key `trial/<id>/final`)
runner_lease           `until`: this session owns its trials up to that time; 0 when it ends
=====================  ========================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sherpa_core.errors import UserError

Event = dict[str, Any]

#: The longest event that is accepted, in characters of its JSON.
MAX_EVENT_SIZE = 1_000_000

STUDY_CREATED = "study_created"
SESSION_STARTED = "session_started"
ALGORITHM_CHANGED = "algorithm_changed"
NOTE_SET = "note_set"
RUN_STARTED = "run_started"
TRIAL_QUEUED = "trial_queued"
TRIAL_ADDED = "trial_added"
ATTEMPT_STARTED = "attempt_started"
JOB_SUBMITTED = "job_submitted"
OBSERVATION_ADDED = "observation_added"
STOP_REQUESTED = "stop_requested"
STUDY_STOP_REQUESTED = "study_stop_requested"
TRIAL_FINALIZED = "trial_finalized"
RUNNER_LEASE = "runner_lease"


def _not_json(value: object) -> Any:
    item = getattr(value, "item", None)  # NumPy's scalars know their plain value
    if item is not None and getattr(value, "shape", None) == ():
        plain = item()
        if isinstance(plain, bool | int | float | str):
            return plain
    raise UserError(
        f"{value!r:.200} of type {type(value).__name__} is not JSON: "
        "allowed are numbers, strings, booleans, None, lists and dicts"
    )


def _encoder(sort_keys: bool) -> Callable[[Any, int], Iterable[str]]:
    """Return a JSON encoder that is built once: `JSONEncoder.encode` builds one per call.

    It is called with 0 as second argument, and returns the text in pieces.
    """
    plain = json.JSONEncoder(
        ensure_ascii=False, separators=(",", ":"), default=_not_json, sort_keys=sort_keys
    )
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return lambda value, _: plain.iterencode(value)
    text = json.encoder.encode_basestring
    encoder: Callable[[Any, int], Iterable[str]] = make(
        None, _not_json, text, None, ":", ",", sort_keys, False, True
    )
    return encoder


_encode = _encoder(sort_keys=False)
_encode_sorted = _encoder(sort_keys=True)


def to_json(value: Any) -> str:
    """Return the JSON text of `value`; NaN and infinity become `NaN` and `Infinity`.

    Raises:
        UserError: `value` holds something that is not JSON (NumPy scalars are accepted),
            or text that is not valid unicode.
    """
    try:
        text = "".join(_encode(value, 0))
        if not text.isascii():
            text.encode("utf-8")
    except UserError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(f"{value!r:.200} is not JSON: {error}") from None
    return text


def as_foreign(added: Event) -> Event:
    """Return a trial's event as an algorithm within a composite sees it: as somebody else's."""
    return {**added, "origin": f"../{added['origin']}"}


def as_alone(event: Event, config: Mapping[str, Any], prefix: str) -> Sequence[Event]:
    """Return what one algorithm within a composite sees of an event: as if it were alone.

    Args:
        event: the composite's.
        config: name and options of the algorithm.
        prefix: what the origins of its trials begin with in the composite's log.
    """
    kind = event["type"]
    if kind == STUDY_CREATED:
        return ({**event, "config": {**event["config"], "algorithm": config}},)
    if kind == ALGORITHM_CHANGED:
        return ()
    if kind == TRIAL_ADDED:
        if event["origin"].startswith(prefix):
            return ({**event, "origin": event["origin"].removeprefix(prefix)},)
        return (as_foreign(event),)
    return (event,)


def encode(event: Event) -> str:
    """Return the JSON text of one event: what a storage keeps.

    Raises:
        UserError: the event holds something that is not JSON, or is too long.
    """
    text = to_json(event)
    if not isinstance(event.get("key", ""), str):
        raise UserError(f"an event's key must be a text, but is {event['key']!r}")
    if len(text) > MAX_EVENT_SIZE:
        raise UserError(
            f"an event ({event.get('type')}) of {len(text):,} characters is too long: at most "
            f"{MAX_EVENT_SIZE:,} are allowed; write large results to a file and report its path"
        )
    return text


def decode(text: str) -> Event:
    """Return the event that `encode` turned into `text`."""
    event: Event = json.loads(text)
    return event


def decode_many(texts: Sequence[str]) -> list[Event]:
    """Return the events of many texts; several times faster than one by one."""
    events: list[Event] = json.loads(f"[{','.join(texts)}]")
    return events


def body(event: Event) -> str:
    """Return what must be equal when a key is used again: all but `time`, in a fixed order."""
    kept = {name: value for name, value in event.items() if name != "time"}
    return "".join(_encode_sorted(kept, 0))


def same_body(event: Event, text: str) -> bool:
    """Return whether `event` has the body of the one that is kept as `text`."""
    # Both as they are read: JSON turns a dict's number keys into text, which sorts otherwise.
    return body(decode(encode(event))) == body(decode(text))
