"""A real browser for the tests, and studies for it to show."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from sherpa_core import Choice, Continuous, Parameter, Study, Trial
from sherpa_core.memory import MemoryStorage
from sherpa_flask import FlaskDashboard
from sherpa_testkit.services import require_service

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")

SPACE: list[Parameter] = [
    Continuous("lr", [1e-4, 1.0], "log"),
    Choice("optimizer", ["adam", "sgd"]),
    Continuous("momentum", [0.0, 1.0], when={"optimizer": ["sgd"]}),
]


class Look:
    """A page in the browser, and what it did that it must not do.

    Args:
        page: Playwright's page.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.expect = sync_api.expect
        self.problems: list[str] = []
        self.rows = page.locator("#table tr[data-row]")
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def _asked(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob", "file") and url.hostname != "127.0.0.1":
            self.problems.append(f"asked {request.url}")

    def open(self, url: str) -> Look:
        """Open an address and wait for the first row of the table."""
        self.page.goto(url)
        self.rows.first.wait_for()
        return self

    def shows(self, *ids: int) -> None:
        """Wait until the table shows exactly these trials, in this order."""
        first = self.page.locator("#table tr[data-row] td:first-child")
        self.expect(first).to_have_text([str(id) for id in ids])

    def row(self, id: int) -> Any:
        """Return the row of a trial."""
        return self.page.locator(f"#table tr[data-row='{id - 1}']")

    def brush(self, axis: str, start: float, end: float) -> None:
        """Drag along an axis, between two places from 0 (below) to 1 (above)."""
        top, bottom, x = self.axis(axis)
        mouse = self.page.mouse
        mouse.move(x, bottom + start * (top - bottom))
        mouse.down()
        mouse.move(x, bottom + (start + end) / 2 * (top - bottom))
        mouse.move(x, bottom + end * (top - bottom))
        mouse.up()

    def axis(self, name: str) -> tuple[float, float, float]:
        """Return the upper and the lower end of an axis, and where it stands, in pixels."""
        head = self.page.get_by_role("button", name=f"Axis {name};")
        head.scroll_into_view_if_needed()
        head_box = head.bounding_box()
        stage = self.page.locator(".stage").bounding_box()
        return stage["y"] + 58, stage["y"] + 380 - 46, head_box["x"] + head_box["width"] / 2

    def axes(self) -> list[str]:
        """Return the names of the axes, from the left."""
        heads = self.page.locator(".axis-head").all()
        return [
            head.text_content() for head in sorted(heads, key=lambda each: each.bounding_box()["x"])
        ]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, one for all tests."""
    program = shutil.which("chromium")
    require_service("Chromium", program is not None)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Any) -> Iterator[Callable[..., Look]]:
    """Return a function that makes a page; at the end, none may have done anything wrong."""
    opened: list[tuple[Any, Look]] = []

    def make(url: str = "", **options: Any) -> Look:
        options = {"viewport": {"width": 1400, "height": 1000}, **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        made = Look(context.new_page())
        opened.append((context, made))
        return made.open(url) if url else made

    sync_api.expect.set_options(timeout=30_000)
    yield make
    problems = [problem for _, each in opened for problem in each.problems]
    for context, _ in opened:
        context.close()
    assert problems == []


@pytest.fixture
def show() -> Iterator[Callable[..., str]]:
    """Return a function that starts a dashboard for a study and returns its address."""
    running: list[FlaskDashboard] = []

    def start(storage: Any, name: str, port: int | None = None) -> str:
        dashboard = FlaskDashboard()
        running.append(dashboard)
        return dashboard.start_dashboard(storage=storage, study=name, host="127.0.0.1", port=port)

    yield start
    for dashboard in running:
        dashboard.stop_dashboard()


@pytest.fixture
def storage() -> MemoryStorage:
    """An empty storage."""
    return MemoryStorage()


@pytest.fixture
def make(storage: MemoryStorage) -> Callable[..., Study]:
    """Return a function that makes a study in the storage."""

    def study(
        trials: Sequence[tuple[Mapping[str, Any], Sequence[float]]] = (),
        parameters: Sequence[Parameter] = SPACE,
        **options: Any,
    ) -> Study:
        options = {"name": "shown", "algorithm": {"name": "random"}, **options}
        made = Study(parameters, storage=storage, disable_dashboard=True, random_seed=1, **options)
        for values, objectives in trials:
            play(made, values, objectives)
        return made

    return study


def play(study: Study, values: Mapping[str, Any], objectives: Sequence[float]) -> None:
    """Let a study have a trial with these objectives."""
    study.enqueue(values)
    trial = study.get_suggestion()
    assert isinstance(trial, Trial)
    for iteration, objective in enumerate(objectives, start=1):
        study.add_observation(trial, objective, iteration, {"accuracy": 1.0 - objective / 10})
    study.finalize(trial)


@pytest.fixture
def six(make: Callable[..., Study], show: Callable[..., str], storage: MemoryStorage) -> str:
    """The address of a study of six trials: the higher `lr`, the higher the objective."""
    adam = [
        ({"lr": 10.0**-power, "optimizer": "adam"}, [5.0 - power, 4.5 - power])
        for power in (4, 3, 2)
    ]
    sgd = [
        ({"lr": 3 * 10.0**-power, "optimizer": "sgd", "momentum": 0.5}, [6.0 - power, 5.0 - power])
        for power in (4, 3, 2)
    ]
    return show(storage, make([*adam, *sgd]).name)
