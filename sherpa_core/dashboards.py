"""Starts and stops the dashboards of a study; a failing one is logged and harms nothing."""

from __future__ import annotations

import logging
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

    def start(self, storage: Socket, study: str, host: str = "127.0.0.1") -> list[str]:
        """Start all and return their addresses."""
        addresses = []
        for socket in self._sockets:
            with socket.guarded("start_dashboard"):
                addresses.append(
                    socket.hook.start_dashboard(
                        storage=storage.plugin, study=study, host=host, port=self._port
                    )
                )
                self._running.append(socket)
        return addresses

    def stop(self) -> None:
        """Stop those that run."""
        while self._running:
            socket = self._running.pop()
            if socket.implements("stop_dashboard"):
                with socket.guarded("stop_dashboard"):
                    socket.hook.stop_dashboard()
