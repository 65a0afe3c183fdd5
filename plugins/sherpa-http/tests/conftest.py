"""What the tests share: a served folder, and raw conversations with its server."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from sherpa_http import HTTPStorage


@attrs.frozen
class Answer:
    """What a server has answered to one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The sentence that an error's answer holds."""
        return str(json.loads(self.body)["message"])


@attrs.frozen
class Peer:
    """Somebody who talks to a server byte by byte."""

    host: str
    port: int
    token: str

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=60)

    def say(self, *pieces: bytes) -> list[Answer]:
        """Send bytes, and return the answers until the server closes the connection."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                return list(iter(lambda: _answer(stream), None))

    def ask(
        self,
        path: str,
        body: object = None,
        method: str = "POST",
        token: str | None = None,
        headers: str = "",
    ) -> Answer:
        """Send one request that is valid HTTP, and return its answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: anything\r\nContent-Length: {len(content)}\r\n"
            f"Authorization: Bearer {self.token if token is None else token}\r\n{headers}\r\n"
        )
        (answer,) = self.say(head.encode() + content)
        return answer


def _answer(stream: Any) -> Answer | None:
    line = stream.readline()
    if not line:
        return None
    headers = {}
    while (header := stream.readline()).strip():
        name, _, value = header.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Answer(int(line.split()[1]), headers, body)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., HTTPStorage]]:
    """Serves the test's folder; whatever was started is closed at the end."""
    started = []

    def start(folder: Path = tmp_path, **options: Any) -> HTTPStorage:
        started.append(HTTPStorage.serve(folder, **options))
        return started[-1]

    yield start
    for storage in started:
        storage.close()


@pytest.fixture
def served(serve: Callable[..., HTTPStorage]) -> HTTPStorage:
    """The test's folder, served."""
    return serve()


@pytest.fixture
def peer(served: HTTPStorage) -> Peer:
    """Somebody who talks to the server of `served`."""
    parts = urlsplit(served.url)
    assert parts.hostname and parts.port and parts.password
    return Peer(parts.hostname, parts.port, parts.password)
