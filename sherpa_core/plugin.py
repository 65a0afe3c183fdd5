"""What plugin authors import: base classes, and the values that go in and out of hooks."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import attrs


class AlgorithmState(enum.Enum):
    """What an algorithm may return instead of a suggestion."""

    DONE = "done"  #: nothing more to try: the study ends when the running trials have ended
    WAIT = "wait"  #: ask again when a running trial has reported or ended


@attrs.define
class Suggestion:
    """A configuration with what its algorithm wants to remember about it.

    Args:
        parameters: the configuration; may hold additional keys (such as `save_to`).
        parent: id of the trial that this one continues.
        metadata: JSON values that come back as `trial.metadata`; private to the algorithm.
        origin: the inner algorithm's origin, set by composites (`1/asha`).
    """

    parameters: Mapping[str, Any]
    parent: int | None = None
    metadata: Mapping[str, Any] = attrs.field(factory=dict)
    origin: str = ""


@attrs.frozen
class Run:
    """What is known of the run, as far as it was given.

    Args:
        max_num_trials: number of trials after which the run ends.
        max_concurrent: number of trials at a time.
        timeout: seconds after which no trial is started.
        task: what a trial runs, empty where that has no name: `command` (words, secrets hidden),
            `scheduler` (its name and options) and `resources`, or `objective`
            (`module:function`); and `work_dir`, the folder in which it runs.
    """

    max_num_trials: int | None = None
    max_concurrent: int = 1
    timeout: float | None = None
    task: Mapping[str, Any] = attrs.field(factory=dict)


class Algorithm:
    """Base class of algorithms; optional. See `hookspecs.AlgorithmSpec` for the hooks.

    Attributes:
        supports_conditions: False makes a study refuse a space with conditional parameters.
        widens_ranges: its suggestions may leave the declared ranges.
    """

    supports_conditions: bool = True
    widens_ranges: bool = False


class StoppingRule:
    """Base class of stopping rules; optional. See `hookspecs.StoppingRuleSpec`."""


class Scheduler:
    """Base class of schedulers; optional. See `hookspecs.SchedulerSpec`.

    Attributes:
        remote: jobs may run on other hosts, which must reach the storage.
        poll_interval: seconds between two queries of the jobs' status.
    """

    remote: bool = False
    poll_interval: float = 0.02


class Observer:
    """Base class of observers; optional. See `hookspecs.ObserverSpec`."""


def option(help: str, **options: Any) -> Any:
    """Return an attrs field with a help text: `sherpa plugins show` prints it.

    Args:
        help: what the option means, with its unit.
        **options: arguments of `attrs.field`, such as `default` and `validator`.
    """
    return attrs.field(metadata={"help": help}, **options)
