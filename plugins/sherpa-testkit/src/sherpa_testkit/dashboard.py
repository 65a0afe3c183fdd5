"""The contract of dashboards: what each promises to those who look, and how it is adopted."""

from __future__ import annotations

import math
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import Socket
from sherpa_testkit.browser import Answer, Browser, eventually, nothing_listens
from sherpa_testkit.contract import PluginContract
from sherpa_testkit.promises import promised
from sherpa_testkit.showcase import CONDITIONAL
from sherpa_testkit.simulation import Drawn, Simulation, Step

HOST = "127.0.0.1"
#: A study's name that does harm where it is not escaped.
HOSTILE = "<script>alert('study')</script>\"&größe"
_TAG = "<script>alert("
_ELSEWHERE = re.compile(r"""(?:src|href|action)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)""", re.I)

#: Trials of every status, NaN and infinity among their objectives.
STORY = [
    *(Step("run", value=0.5), Step("run", value=math.nan), Step("run", value=math.inf)),
    *(Step("ask"), Step("observe", 0, -math.inf), Step("stop"), Step("ask"), Step("fail")),
    *(Step("ask"), Step("observe", 0, 0.25), Step("ask")),
]


class ShownStudy(Simulation):
    """A study whose log also goes into a storage that a dashboard reads.

    Args:
        name: the study's name.
    """

    def __init__(self, name: str = "shown") -> None:
        self.storage = MemoryStorage()
        self.name = name
        super().__init__(Drawn(), CONDITIONAL)

    def write(self, event: dict[str, Any]) -> None:
        """Append an event to the storage too."""
        super().write(event)
        self.storage.append(self.name, self.events[-1:])

    def log(self) -> str:
        """Return the log in the storage as a text."""
        return repr(self.storage.read(self.name, 0, None))


@pytest.mark.contract("dashboard")
class DashboardContract(PluginContract):
    """What every dashboard promises. Adopt it by defining `make_dashboard`.

    ```python
    class TestMine(DashboardContract):
        pages = ("", "data.json")
        changes = ("stop/1",)

        def make_dashboard(self):
            return MyDashboard()
    ```

    Attributes:
        pages: addresses relative to the URL whose answers hold, together, all that is shown.
        changes: addresses that change something when they are sent a POST with a token.
        live: new observations appear in `pages` while the study runs.
        patience: seconds after which what was waited for counts as not happening.
    """

    kind = "dashboard"
    pages: Sequence[str] = ("",)
    changes: Sequence[str] = ()
    live: bool = True
    patience: float = 10.0

    @pytest.fixture
    def dashboard(self) -> Iterator[Any]:
        """A fresh dashboard that is stopped afterwards."""
        plugin = self.fresh()
        yield plugin
        self.stop(plugin)

    def start(self, dashboard: Any, study: ShownStudy, port: int | None = None) -> Browser:
        """Start a dashboard and return a browser that shows its page."""
        with promised("start_dashboard returns the page's URL"):
            url = Socket("dashboard", dashboard).hook.start_dashboard(
                storage=study.storage, study=study.name, host=HOST, port=port, output_dir=None
            )
            assert isinstance(url, str)
            assert urlsplit(url).scheme == "http", url
        with promised("a dashboard listens on the host that it was given"):
            assert urlsplit(url).hostname in (HOST, "localhost"), url
        return Browser(url)

    @staticmethod
    def stop(dashboard: Any) -> None:
        """Stop a dashboard, if it has a hook for that."""
        stop = getattr(dashboard, "stop_dashboard", None)
        if stop is not None:
            stop()

    def shown(self, browser: Browser) -> list[Answer]:
        """Return the answers of all pages."""
        answers = [browser.get(page) for page in self.pages]
        for answer in answers:
            with promised("every page is answered with status 200"):
                assert answer.status == 200, answer
        return answers

    def test_shows_a_page(self, dashboard: Any) -> None:
        study = ShownStudy()
        study.play(STORY)
        page = self.start(dashboard, study).get("")
        with promised("the URL answers with an HTML page"):
            assert page.status == 200, page
            assert page.type == "text/html", page.type
            assert page.text.strip()

    def test_shows_a_study_without_trials(self, dashboard: Any) -> None:
        with promised("a dashboard shows a study that has no trials yet"):
            self.shown(self.start(dashboard, ShownStudy()))

    def test_names_and_escapes_the_study(self, dashboard: Any) -> None:
        study = ShownStudy(HOSTILE)
        study.play(STORY)
        browser = self.start(dashboard, study)
        with promised("a dashboard shows the study's name"):
            assert eventually(
                lambda: any(HOSTILE in each.plain for each in self.shown(browser)), self.patience
            )
        for answer in self.shown(browser):
            with promised("names and values are escaped in HTML"):
                assert answer.type == "application/json" or _TAG not in answer.text, answer.path

    def test_its_data_is_what_a_browser_reads(self, dashboard: Any) -> None:
        study = ShownStudy()
        study.play(STORY)
        for answer in self.shown(self.start(dashboard, study)):
            if answer.type == "application/json":
                with promised("JSON holds no NaN or Infinity, which no browser reads"):
                    answer.json()

    def test_shows_what_comes_in(self, dashboard: Any) -> None:
        if not self.live:
            pytest.skip("this dashboard does not declare live")
        study = ShownStudy()
        study.play(STORY)
        browser = self.start(dashboard, study)
        self.shown(browser)
        study.observe(study.running[0], 0.8125)
        with promised("a new observation appears while the study runs"):
            assert eventually(
                lambda: any("0.8125" in each.text for each in self.shown(browser)), self.patience
            )

    def test_reads_while_the_study_writes(self, dashboard: Any) -> None:
        study = ShownStudy()
        study.play(STORY)
        browser = self.start(dashboard, study)
        with (
            promised("pages are answered while another thread goes on with the study"),
            ThreadPoolExecutor(1) as pool,
        ):
            self.shown(browser)
            writing = pool.submit(study.play, STORY * 10)
            while not writing.done():
                self.shown(browser)
            writing.result()
            self.shown(browser)

    def test_listens_on_the_port_that_it_is_given(self, dashboard: Any) -> None:
        with socket.create_server((HOST, 0)) as server:
            port = server.getsockname()[1]
        with promised("a dashboard listens on the port that it is given"):
            assert self.start(dashboard, ShownStudy(), port).port == port

    def test_listens_on_one_host_only(self, dashboard: Any) -> None:
        browser = self.start(dashboard, ShownStudy())
        with promised("a dashboard listens on no other address of the machine"):
            assert nothing_listens("127.0.0.2", browser.port)

    def test_two_choose_different_ports(self, dashboard: Any) -> None:
        other = self.fresh()
        try:
            browsers = [self.start(each, ShownStudy()) for each in (dashboard, other)]
            with promised("a dashboard without a port takes a free one"):
                assert browsers[0].port != browsers[1].port
                for browser in browsers:
                    self.shown(browser)
        finally:
            self.stop(other)

    def test_stops(self) -> None:
        threads = set(threading.enumerate())
        for times in (1, 2):
            dashboard = self.fresh()
            browser = self.start(dashboard, ShownStudy())
            self.shown(browser)
            with promised("a dashboard can be stopped, and once more, from another thread"):
                for _ in range(times):
                    with ThreadPoolExecutor(1) as pool:
                        pool.submit(self.stop, dashboard).result()
            with promised("a dashboard that was stopped has freed its port"):
                assert eventually(lambda: nothing_listens(HOST, browser.port), self.patience)  # noqa: B023
                with socket.create_server((HOST, browser.port)):
                    pass
        with promised("a dashboard that was stopped keeps no process alive with its threads"):
            assert eventually(
                lambda: all(each.daemon for each in set(threading.enumerate()) - threads),
                self.patience,
            )

    def test_stopping_before_it_started(self) -> None:
        with promised("stopping a dashboard that was not started is no error"):
            self.stop(self.fresh())

    def test_looking_changes_nothing(self, dashboard: Any) -> None:
        study = ShownStudy()
        study.play(STORY)
        before = study.log()
        browser = self.start(dashboard, study)
        self.shown(browser)
        for change in self.changes:
            browser.get(change)
        with promised("a GET changes nothing"):
            assert study.log() == before

    def test_refuses_changes_without_its_token(self, dashboard: Any) -> None:
        study = ShownStudy()
        study.play(STORY)
        before = study.log()
        browser = self.start(dashboard, study)
        for address in (*self.pages, *self.changes):
            for body in ("", "token=", "token=wrong"):
                answer = browser.post(address, body)
                with promised(
                    "a POST without the right token is refused with a status of 400 to 499"
                ):
                    assert 400 <= answer.status < 500, answer
        with promised("a POST without the right token changes nothing"):
            assert study.log() == before

    def test_refuses_other_hosts(self, dashboard: Any) -> None:
        browser = self.start(dashboard, ShownStudy())
        for page in self.pages:
            answer = browser.get(page, host="attacker.example")
            with promised("a request under another host's name is refused: it is a foreign page's"):
                assert 400 <= answer.status < 500, answer

    def test_works_without_a_network(self, dashboard: Any) -> None:
        browser = self.start(dashboard, ShownStudy())
        page = browser.get("")
        with promised("a page loads nothing from other hosts"):
            others = [
                url
                for url in _ELSEWHERE.findall(re.sub(r"<a\s[^>]*>", "", page.text))
                if urlsplit(url, "http").netloc != f"{HOST}:{browser.port}"
            ]
            assert not others

    def test_unknown_addresses_are_no_accident(self, dashboard: Any) -> None:
        browser = self.start(dashboard, ShownStudy())
        for path in ("no/such/page", "../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "%00"):
            answer = browser.get(path)
            with promised("an address that does not exist is refused with a status of 400 to 499"):
                assert 400 <= answer.status < 500, answer
        with promised("a dashboard goes on after requests that make no sense"):
            self.shown(browser)
