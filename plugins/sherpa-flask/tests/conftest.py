"""Servers and clients for the tests, and studies whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sherpa_core import SearchSpace
from sherpa_core.memory import MemoryStorage
from sherpa_core.parameters import Parameter
from sherpa_core.sockets import Socket
from sherpa_flask.library import Place
from sherpa_flask.plugin import Serving
from sherpa_flask.understanding.follow_up import Subject
from sherpa_flask.understanding.table import Table
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


@pytest.fixture
def table() -> Callable[..., Table]:
    """Return a function that makes a table of random trials with a known objective."""

    def make(
        parameters: Sequence[Parameter],
        number: int,
        objective: Callable[[dict[str, Any], dict[str, float]], float],
        noise: float = 0.0,
        seed: int = 1,
        unstable: Callable[[dict[str, float]], bool] = lambda places: False,
        lower_is_better: bool = True,
    ) -> Table:
        rng = np.random.default_rng(seed)
        space = SearchSpace(parameters)
        configurations = [space.sample(rng) for _ in range(number)]
        places = np.array([space.encode(each) for each in configurations])
        named = [dict(zip(space.names, row.tolist(), strict=True)) for row in places]
        values = [objective(*each) for each in zip(configurations, named, strict=True)]
        return Table(
            space,
            lower_is_better,
            np.arange(1, number + 1),
            places,
            np.array(values) + noise * rng.normal(size=number),
            np.ones(number),
            np.array([unstable(each) for each in named], dtype=bool),
            np.zeros(number, dtype=bool),
            number,
        )

    return make


@pytest.fixture
def subject() -> Callable[..., Subject]:
    """Return a function that makes the study of a table."""

    def make(table: Table, **changes: Any) -> Subject:
        best = table.best(1)
        row = table.places[best[0]] if len(best) else np.full(len(table.space), np.nan)
        values = {
            parameter.name: parameter.from_unit(float(place))
            for parameter, place in zip(table.space, row, strict=True)
            if place == place
        }
        options: dict[str, Any] = {
            "name": "digits",
            "algorithm": {"name": "random", "options": {"max_num_trials": 30}},
            "rules": [],
            "lower_is_better": table.lower_is_better,
            "trials": 30,
            "best": values,
        }
        return Subject(**{**options, **changes})

    return make
