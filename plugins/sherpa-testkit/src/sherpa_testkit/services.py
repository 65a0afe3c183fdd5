"""Tests that need a service (a cluster, a database server): skipped where it is not reachable.

In continuous integration (`CI=true`) a missing service is a failure, so that nothing is left out
unnoticed.
"""

from __future__ import annotations

import os

import pytest


def require_service(name: str, reachable: bool) -> None:
    """Skip the current test where a service is not reachable; fail with `CI=true`.

    Args:
        name: the service, in the words of a sentence, such as `Grid Engine`.
        reachable: whether it answers.
    """
    if reachable:
        return
    reason = f"{name} is not reachable: `make services` installs and starts it (Debian, as root)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
