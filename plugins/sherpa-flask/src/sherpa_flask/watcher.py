"""Watcher: looks into the storage for all pages that wait, and only while there are any."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from sherpa_core.errors import SherpaError
from sherpa_flask.feed import Feed

logger = logging.getLogger(__name__)


class Watcher:
    """Lets requests wait until their study has something new.

    Args:
        most: number of requests that may wait at a time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._condition = threading.Condition()
        self._waiting: Counter[Feed] = Counter()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wait(self, feed: Feed, cursor: str, seconds: float) -> bool:
        """Wait until a study has gone beyond a cursor.

        Returns:
            False at once where too many wait already.
        """
        with self._condition:
            if self._closed or self._waiting.total() >= self._most:
                return False
            self._waiting[feed] += 1
            try:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._watch, name="sherpa-dashboard-watcher", daemon=True
                    )
                    self._thread.start()
                self._condition.notify_all()
                self._condition.wait_for(lambda: self._closed or feed.cursor() != cursor, seconds)
            finally:
                self._waiting[feed] -= 1
        return True

    def close(self) -> None:
        """Let all go that wait, and nobody wait any more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _watch(self) -> None:
        while True:
            with self._condition:
                self._condition.wait(min(feed.pause for feed in self._waiting))
                feeds = [feed for feed, number in self._waiting.items() if number]
                if self._closed or not feeds:
                    self._thread = None
                    self._waiting.clear()
                    return
            for feed in feeds:
                try:
                    feed.refresh(patient=True)
                except SherpaError as error:  # the page's next request says so
                    logger.debug("%s", error)
            with self._condition:
                self._condition.notify_all()
