"""Behind a proxy such as Jupyter's: another host name, and a path prefix that nobody tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sherpa_core import Study
from sherpa_core.memory import MemoryStorage
from sherpa_core.sockets import Socket
from sherpa_flask.access import Access
from sherpa_flask.app import create_app
from sherpa_flask.library import Library, Place
from sherpa_flask.server import Server, listen
from sherpa_flask.watcher import Watcher

PREFIX = "/user/me/proxy/8880"
ADAM = {"lr": 0.1, "optimizer": "adam"}


@pytest.fixture
def proxy(storage: MemoryStorage) -> Iterator[str]:
    """The address behind the proxy, with the token."""
    access, watcher = Access(public=True), Watcher(4)
    app = create_app(Library([Place("here", Socket("storage", storage))]), access, watcher)

    def proxied(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{PREFIX}/"):
            start_response("404 Not Found", [])
            return [b"the hub has no such page"]
        inside = {"PATH_INFO": path.removeprefix(PREFIX), "HTTP_HOST": "hub.example"}
        return app({**environ, **inside}, start_response)

    listening = listen("127.0.0.1", None)
    server = Server(proxied, listening)
    server.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX}/?token={access.token}"
    watcher.close()
    server.stop()


def test_everything_works_below_a_prefix(
    look: Callable[..., Any], make: Callable[..., Study], proxy: str
) -> None:
    make([(ADAM, [3.0])], name="first")
    second = make([(ADAM, [2.0])], name="second")
    page = look()
    page.page.goto(proxy)
    page.page.get_by_role("link", name="second").click()
    page.shows(1)
    assert "token" not in page.page.url
    trial = second.get_suggestion()
    second.add_observation(trial, 1.25, 1)
    page.expect(page.row(2)).to_contain_text("1.25")  # news come through, too
    page.row(2).click()
    page.page.locator("#trial").get_by_role("button", name="Stop trial").click()
    page.page.locator("#confirm-stop").get_by_role("button", name="Stop trial").click()
    page.expect(page.page.locator("#trial")).to_contain_text("stop")
    page.page.keyboard.press("Escape")
    for name in ("CSV", "Report"):
        with page.page.expect_download() as download:
            page.page.get_by_role("link", name=name).click()
        assert download.value.failure() is None
    page.page.get_by_role("link", name="All studies").click()
    page.expect(page.page.locator(".study")).to_have_count(2)
    second.refresh()
    assert second.should_trial_stop(trial)


def test_without_the_token_nothing_is_shown(
    look: Callable[..., Any], make: Callable[..., Study], proxy: str
) -> None:
    make([(ADAM, [3.0])], name="secret study")
    page = look()
    answer = page.page.goto(proxy.partition("?")[0])

    assert answer.status == 403
    assert page.page.locator("body").inner_text().strip() == (
        "open the address with the token that was printed at the start"
    )
    # The browser itself notes what it was refused.
    page.problems = [each for each in page.problems if "Failed to load resource" not in each]
