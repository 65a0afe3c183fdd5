"""FlaskDashboard: the dashboard as a plugin, and what it shares with the command line."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from sherpa_core.errors import SherpaError
from sherpa_core.plugin import option
from sherpa_core.session import hide_secrets
from sherpa_core.sockets import Socket
from sherpa_flask.access import LOCAL, Access
from sherpa_flask.library import Library, Place
from sherpa_flask.server import WAITING, Server, listen, reachable_name, tunnel
from sherpa_flask.watcher import Watcher

logger = logging.getLogger(__name__)


@attrs.define(eq=False)
class FlaskDashboard:
    """A page for a study, live while it runs: parallel coordinates, table, curves, understanding.

    Args:
        host: the address to listen on. Default: this machine only (127.0.0.1). With another one
            the printed address holds a random token, without which nothing is shown.
        port: the port. Default: the study's `dashboard_port`, else the first free of 8880 to 9999.
        proxy: a proxy such as Jupyter's stands before it: pages may be asked for under any host
            name, and need the token.
    """

    host: str | None = option(
        "address to listen on; None: this machine only",
        default=None,
        validator=attrs.validators.optional(attrs.validators.instance_of(str)),
    )
    port: int | None = option(
        "port; None: the study's dashboard_port, else the first free of 8880 to 9999",
        default=None,
        validator=attrs.validators.optional(attrs.validators.instance_of(int)),
    )
    proxy: bool = option(
        "a proxy stands before it: any host name, with a token",
        default=False,
        validator=attrs.validators.instance_of(bool),
    )
    _serving: Serving | None = attrs.field(init=False, default=None)

    def start_dashboard(
        self,
        storage: Any,
        study: str,
        host: str,
        port: int | None,
        output_dir: str | Path | None = None,
    ) -> str:
        """Start the server and return the page's address."""
        self.stop_dashboard()
        socket = Socket("storage", storage)
        folder = None if output_dir is None else Path(output_dir).absolute()
        name = hide_secrets(str(folder) if folder else str(getattr(storage, "url", "")))
        place = Place(name, socket, folder, study)
        chosen = self.port if self.port is not None else port
        self._serving = Serving([place], self.host or host, chosen, self.proxy)
        hint = tunnel(self._serving.port)
        if hint:
            logger.info("to see it on your own computer: %s", hint)
        return self._serving.url

    def stop_dashboard(self) -> None:
        """Stop the server and free its port."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.stop()


class Serving:
    """A running server.

    Args:
        places: where the studies are.
        host: the address to listen on.
        port: the port, None for the first free one.
        proxy: see `FlaskDashboard`.

    Attributes:
        url: the address for people.
        port: the port.

    Raises:
        PluginError: it cannot listen there.
    """

    def __init__(
        self, places: Sequence[Place], host: str, port: int | None, proxy: bool = False
    ) -> None:
        from sherpa_flask.app import create_app

        listening = listen(host, port)
        self.port: int = listening.getsockname()[1]
        access = Access(public=proxy or host not in LOCAL)
        self._watcher = Watcher(WAITING)
        self._library = Library(places)
        self._server = Server(create_app(self._library, access, self._watcher), listening)
        self._server.start()
        self.url = f"http://{reachable_name(host)}:{self.port}/"
        if access.token is not None:
            self.url += f"?token={access.token}"
        elif len(places) == 1 and places[0].study is not None:
            self.url += f"study/{self._library.all()[0].key}/"

    def read(self) -> None:
        """Read all studies: the first page that asks for one need not wait for that."""
        for shown in self._library.all():
            with suppress(SherpaError):  # the page says it
                shown.feed.refresh(patient=True)

    def stop(self) -> None:
        """Stop it and free its port."""
        self._watcher.close()
        self._server.stop()
