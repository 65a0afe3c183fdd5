"""How a suite says which promise a plugin broke."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class BrokenPromise(AssertionError):
    """A plugin did not do what its kind promises; the message says what."""


@contextmanager
def promised(promise: str) -> Iterator[None]:
    """Name `promise` in whatever goes wrong inside: a false assertion or an unexpected error.

    Args:
        promise: what the plugin must do, as a sentence without its full stop.

    Raises:
        BrokenPromise: something went wrong inside; a promise named further inside wins.
    """
    try:
        yield
    except BrokenPromise:
        raise
    except (AssertionError, pytest.fail.Exception) as error:
        raise _broken(promise, str(error), error) from error
    except Exception as error:
        raise _broken(promise, f"{type(error).__name__}: {error}", error) from error


def _broken(promise: str, found: str, error: BaseException) -> BrokenPromise:
    """Return the error with the notes of the first one, such as Hypothesis's example."""
    notes = getattr(error, "__notes__", [])
    return BrokenPromise("\n".join([f"broken promise: {promise}.", found, *notes]))
