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
    """What the template puts into the file, as markup."""

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
    parts = Parts(_styles(), _scripts(), _element("script", for_html(content), _DATA))
    return pages.render("study.html", title=shown.feed.study, root="./", report=parts)


_DATA = ' type="application/json" id="sherpa-report"'


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


def _styles() -> Markup:
    return Markup().join(
        _element("style", (pages.STATIC / path).read_text("utf-8")) for path in _listed("styles")
    )


def _scripts() -> Markup:
    """Return the classic scripts, and the modules as addresses that hold their own text."""
    classic = (
        _element("script", (pages.STATIC / path).read_text("utf-8")) for path in _listed("scripts")
    )
    addresses = {
        name: f"data:text/javascript;base64,{base64.b64encode(path.read_bytes()).decode()}"
        for name, path in pages.modules().items()
    }
    start = f"import {json.dumps(_manifest()['main'])};"
    return Markup().join(
        [
            *classic,
            _element("script", pages.as_import_map(addresses), ' type="importmap"'),
            _element("script", start, ' type="module"'),
        ]
    )


def _element(name: str, text: str, attributes: str = "") -> Markup:
    # Inside of these elements only their own end tag means something.
    text = text.replace(f"</{name}", f"<\\/{name}")
    return Markup(f"<{name}{attributes}>{text}</{name}>\n")


def _manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((pages.STATIC / "report.json").read_text("utf-8"))
    return manifest


def _listed(key: str) -> list[str]:
    paths: list[str] = _manifest()[key]
    return paths
