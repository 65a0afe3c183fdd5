"""Starts and stops the dashboards of a study; a failing one is logged and harms nothing."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from sherpa_core import registry
from sherpa_core.sockets import Socket, bind_all

logger = logging.getLogger(__name__)


class Dashboards:
    """The dashboards that run beside a study.

    Args:
        specs: names, dicts or objects; None means the one that is installed, if any.
        enabled: False starts none.
        port: port of the page; None lets the dashboard choose.
    """

    def __init__(self, specs: Any, enabled: bool, port: int | None) -> None:
        self._sockets: list[Socket] = []
        self._running: list[Socket] = []
        self._port = port
        if not enabled:
            return
        if specs is None:
            blocked = registry.disabled()
            specs = [name for name in registry.entries("dashboard") if name not in blocked][:1]
            if not specs:
                logger.info("no dashboard is installed")
        self._sockets = bind_all("dashboard", specs)

    def start(self, storage: Socket, study: str, output_dir: Path | None) -> None:
        """Start all, and say where they are."""
        for socket in self._sockets:
            with socket.guarded("start_dashboard"):
                address = socket.hook.start_dashboard(
                    storage=storage.plugin,
                    study=study,
                    host="127.0.0.1",
                    port=self._port,
                    output_dir=None if output_dir is None else str(output_dir),
                )
                self._running.append(socket)
                _announce(address)

    def stop(self) -> None:
        """Stop those that run."""
        while self._running:
            socket = self._running.pop()
            if socket.implements("stop_dashboard"):
                with socket.guarded("stop_dashboard"):
                    socket.hook.stop_dashboard()


def _announce(address: str) -> None:
    """Log where a dashboard is; in a script that has set up no logging, print it."""
    message = f"SHERPA Dashboard running on {address}"
    place: logging.Logger | None = logger
    while place is not None:
        if any(not isinstance(handler, logging.NullHandler) for handler in place.handlers):
            logger.info(message)
            return
        place = place.parent if place.propagate else None
    print(message, file=sys.stderr)
