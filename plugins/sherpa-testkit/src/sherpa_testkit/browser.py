"""A browser for tests: asks a page of this machine, and knows how names look in HTML and JSON."""

from __future__ import annotations

import html
import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urljoin, urlsplit

import attrs

_TIMEOUT = 30.0  # seconds for one answer


@attrs.frozen
class Answer:
    """What a server answered.

    Args:
        path: the path that was asked for.
        status: the HTTP status.
        type: the content type without its parameters.
        text: the body.
    """

    path: str
    status: int
    type: str
    text: str

    @property
    def plain(self) -> str:
        """The body with the escapes of HTML and JSON undone."""
        text = html.unescape(self.text)
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
        return text.replace('\\"', '"').replace("\\/", "/")

    def json(self) -> Any:
        """Return the body as JSON in the strict sense of browsers, without NaN and Infinity."""

        def refuse(constant: str) -> None:
            raise ValueError(f"{self.path} holds {constant}")

        return json.loads(self.text, parse_constant=refuse)


class Browser:
    """Asks the server of one page.

    Args:
        url: the page's URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.port = parts.port or 80

    def get(self, address: str, host: str = "") -> Answer:
        """Ask for an address relative to the page's.

        Args:
            address: the address.
            host: the host's name that the request gives. Default: the true one.
        """
        return self._ask("GET", address, {"Host": host} if host else {})

    def post(self, address: str, body: str) -> Answer:
        """Send a form to an address relative to the page's."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", address, form, body)

    def _ask(
        self, method: str, address: str, headers: Mapping[str, str], body: str | None = None
    ) -> Answer:
        if address.startswith(".."):  # as only a program asks
            path = f"/{address}"
        else:
            parts = urlsplit(urljoin(self.url, address))
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = HTTPConnection(self.host, self.port, timeout=_TIMEOUT)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            kind = response.headers.get_content_type()
            text = response.read().decode("utf-8", "replace")
            return Answer(path, response.status, kind, text)
        finally:
            connection.close()


def nothing_listens(host: str, port: int) -> bool:
    """Return whether a connection to an address is refused."""
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT):
            return False
    except OSError:
        return True


def eventually(condition: Callable[[], bool], patience: float) -> bool:
    """Return whether a condition holds within `patience` seconds."""
    deadline = time.monotonic() + patience
    pause = 0.002
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
    return True
