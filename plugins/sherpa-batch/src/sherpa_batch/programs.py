"""Runs an engine's command-line programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from sherpa_core.errors import SchedulerError, Unreachable


def run_program(
    words: Sequence[str], timeout: float = 30.0, env: Mapping[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it said, whatever its exit status.

    Args:
        words: the program and its arguments; no shell sees them.
        timeout: seconds that it may take.
        env: variables that differ from this process's environment; None leaves one out.

    Raises:
        SchedulerError: it cannot be run.
        Unreachable: it does not end in time.
    """
    environment = {**os.environ, "LC_ALL": "C", **(env or {})}
    try:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env={key: text for key, text in environment.items() if text is not None},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{words[0]} has not answered for {timeout:g} s") from None
    except OSError as error:
        raise SchedulerError(f"{words[0]} cannot be run: {error.strerror}") from error
