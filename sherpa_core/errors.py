"""The errors of SHERPA: every one is a `SherpaError` with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SherpaError(Exception):
    """Base class of all errors that SHERPA raises on purpose."""


class UserError(SherpaError, ValueError):
    """Wrong input: what was found, where, and what is allowed. Nothing was changed."""


class StorageError(SherpaError):
    """A storage could not be reached, read or written."""


class Conflict(StorageError):
    """An event's key is already in the log with another body; the event was not written.

    Attributes:
        key: the key that was taken.
        index: position of the refused event in the batch that was appended. Events before
            it are in the log, it and those after it are not.
    """

    def __init__(self, key: str, index: int = 0) -> None:
        super().__init__(f"the log already holds an event with key {key!r} and another body")
        self.key = key
        self.index = index


class SchedulerError(SherpaError):
    """A scheduler could not submit, query or kill a job."""


class Unreachable(SchedulerError):
    """A scheduler's engine does not answer: nothing is known or done; it may be asked again."""


class StudyStopped(SherpaError):
    """The study cannot go on: its algorithm waits although nothing is running."""


class TrialStopped(SherpaError):
    """Raised by `trial.report` when the trial is to end; the runner catches it."""


class PluginError(SherpaError):
    """A plugin is unknown, cannot be imported, clashes, or broke its promise.

    Attributes:
        name: the plugin's name, such as `asha`.
        distribution: the distribution that provides it, where known.
        version: that distribution's version, where known.
        hint: what to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        name: str = "",
        distribution: str = "",
        version: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(f"{message} {hint}".strip())
        self.name = name
        self.distribution = distribution
        self.version = version
        self.hint = hint


def nearest(found: str, allowed: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` for a misspelt name, or an empty string."""
    match = get_close_matches(found, [str(name) for name in allowed], n=1)
    return f", did you mean {match[0]!r}?" if match else ""


def listed(names: Iterable[object]) -> str:
    """Return names as a readable enumeration: `'a', 'b' and 'c'`."""
    quoted = [repr(name) for name in names]
    if len(quoted) < 2:
        return "".join(quoted) or "nothing"
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
