"""Servers and clients for the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import Socket
from sherpa_flask.library import Place
from sherpa_flask.plugin import Serving
from sherpa_testkit.dashboard import ShownStudy


@pytest.fixture(autouse=True)
def enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard, which all other tests do without."""
    monkeypatch.delenv("SHERPA_DISABLE_PLUGINS", raising=False)


class Client:
    """Asks one study's page of a server."""

    def __init__(self, serving: Serving, base: str) -> None:
        self.port = serving.port
        self.base = base

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> Any:
        """Return status, headers and body of an answer; `_` in a header's name becomes `-`."""
        path = address if address.startswith("/") else self.base + address
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return SimpleNamespace(
                status=response.status, headers=response.headers, body=response.read()
            )
        finally:
            connection.close()

    def json(self, address: str) -> Any:
        """Return the JSON of an answer, as strictly as a browser reads it."""
        answer = self.ask("GET", address)
        assert answer.status == 200, answer.body
        return strict(answer.body)

    def token(self) -> str:
        """Return the token that the page knows."""
        page = self.ask("GET", "").body.decode()
        return page.partition('name="sherpa-token" content="')[2].partition('"')[0]

    def stop(self, trial: int) -> Any:
        """Press Stop."""
        return self.ask("POST", f"trial/{trial}/stop", b"{}", X_Sherpa_Token=self.token())


def strict(text: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def serve() -> Iterator[Callable[..., Client]]:
    """Return a function that starts a server for a study and returns a client of its page."""
    started: list[Serving] = []

    def start(study: ShownStudy, folder: Path | None = None, **options: Any) -> Client:
        place = Place("test", Socket("storage", study.storage), folder, study.name)
        serving = Serving([place], "127.0.0.1", None, **options)
        started.append(serving)
        return Client(serving, f"/{serving.url.split('/', 3)[3]}")

    yield start
    for serving in started:
        serving.stop()


@pytest.fixture
def study() -> ShownStudy:
    """An empty study with conditional parameters."""
    return ShownStudy()


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()
