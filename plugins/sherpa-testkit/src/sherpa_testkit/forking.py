"""Forks of a test's process, which have all that it had open."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a forked child and return its exit status, 0 if nothing went wrong.

    Args:
        work: what the child does; of what it raises, the traceback goes to standard error.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - the child never returns to the test
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
