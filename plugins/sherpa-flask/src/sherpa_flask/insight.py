"""Insight: what a study's trials say, computed when asked for, and again when there are more."""

from __future__ import annotations

import threading
from typing import Any

from sherpa_flask.encoding import plain
from sherpa_flask.feed import Feed
from sherpa_insight import Table, subject_of, understand

_GROWTH = 1.05  # by so much the number of ended trials grows before it is computed again


class Insight:
    """The understanding of one study, for all pages.

    Args:
        feed: the study.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._lock = threading.Lock()
        self._of = ("", 0)
        self._known: dict[str, Any] | None = None

    def get(self) -> dict[str, Any]:
        """Return importance, slices and answers, see `sherpa_insight.understand`."""
        with self._lock:  # one computation at a time, whoever asks
            with self._feed.lock:
                history = self._feed.history
                id, ended = self._feed.id, len(history.ended)
                same, before = self._of[0] == id, self._of[1]
                grown = not before <= ended < max(before + 1, _GROWTH * before)
                if self._known is not None and same and not grown:
                    return self._known
                table, subject = Table.of(history), subject_of(history)
            self._known = plain(understand(table, subject))
            self._of = (id, ended)
            return self._known
