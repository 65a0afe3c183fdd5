"""Report: a study's page as a single file that needs no server and nothing from outside."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import attrs
from markupsafe import Markup

from sherpa_core import TrialStatus
from sherpa_flask import pages
from sherpa_flask.encoding import for_html
from sherpa_flask.feed import Feed
from sherpa_flask.library import Shown
from sherpa_flask.logs import end_of_log

_OBSERVATIONS = 100_000  # of more, only a sample of the curves is written
_LOGS = 200  # trials whose logs' ends are written, the failed and the newest ones first
_LOG_SIZE = 4096


@attrs.frozen
class Parts:
    """What the template puts into the file; styles, scripts and data as markup."""

    policy: str
    styles: Markup
    scripts: Markup
    data: Markup


def render(shown: Shown) -> str:
    """Return the HTML of a study's report; reads the study anew.

    Raises:
        UserError: there is no such study.
        StorageError: it cannot be read.
    """
    content = {**_content(shown), "created": time.time()}
    styles = [_Inline("style", "", text) for text in _files("styles")]
    scripts = _scripts()
    parts = Parts(
        # The modules are data: addresses; whatever else runs or is styled is named by its hash.
        f"default-src 'none'; script-src {pages.hashes(each.text for each in scripts)} data:; "
        f"style-src {pages.hashes(each.text for each in styles)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        Markup().join(each.markup for each in styles),
        Markup().join(each.markup for each in scripts),
        _Inline("script", ' type="application/json" id="sherpa-report"', for_html(content)).markup,
    )
    return pages.render("study.html", title=shown.feed.study, root="./", report=parts)


def _content(shown: Shown) -> dict[str, Any]:
    feed = Feed(shown.place.storage, shown.feed.study, False, _OBSERVATIONS)
    feed.refresh()
    data = feed.answer("")
    trials = sorted(
        feed.history.trials.values(),
        key=lambda trial: (trial.status is not TrialStatus.FAILED, -trial.id),
    )
    folder = shown.place.logs()
    logs = {str(trial.id): end_of_log(folder, trial.id, _LOG_SIZE) for trial in trials[:_LOGS]}
    found = {id: log for id, log in logs.items() if log["reason"] is None}
    return {"data": data, "understanding": shown.insight.get(), "logs": found}


def _scripts() -> list[_Inline]:
    """Return the classic scripts, and the modules as addresses that hold their own text."""
    addresses = {
        name: f"data:text/javascript;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for name, path in pages.modules().items()
    }
    return [
        *(_Inline("script", "", text) for text in _files("scripts")),
        _Inline("script", ' type="importmap"', pages.as_import_map(addresses)),
        _Inline("script", ' type="module"', f"import {json.dumps(_manifest()['main'])};"),
    ]


class _Inline:
    """An element that holds its text itself.

    Args:
        name: its tag.
        attributes: its attributes as markup, with a space before each.
        text: what it holds.
    """

    def __init__(self, name: str, attributes: str, text: str) -> None:
        # Inside of these elements only their own end tag means something.
        self.text = text.replace(f"</{name}", f"<\\/{name}")
        self.markup = Markup(f"<{name}{attributes}>{self.text}</{name}>\n")


def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((pages.STATIC / "report.json").read_text("utf-8"))
    return manifest


def _files(key: str) -> list[str]:
    return [(pages.STATIC / path).read_text("utf-8") for path in _manifest()[key]]
