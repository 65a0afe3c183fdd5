"""Patience: what does not answer now may do so again soon."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sherpa_core.errors import Conflict, SherpaError, StorageError

logger = logging.getLogger(__name__)


class Patience:
    """Bears the errors of a storage or a scheduler for a while.

    Args:
        limit: seconds.
        clock: a time in seconds.
    """

    def __init__(self, limit: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._since: float | None = None

    def bear(self, error: SherpaError) -> None:
        """Say the first of several errors; raise one that comes when the time is over."""
        if isinstance(error, Conflict):
            raise error  # an answer
        if self._since is None:
            self._since = self._clock()
            who = "storage" if isinstance(error, StorageError) else "scheduler"
            logger.warning("the %s does not answer, trying again: %s", who, error)
        if self._clock() - self._since > self._limit:
            raise error

    def renew(self) -> None:
        """Forget the errors: it has answered."""
        self._since = None
