"""The web application: its addresses and what they answer."""

from __future__ import annotations

import io
import mimetypes
from typing import Any

from flask import Flask, Response, abort, redirect, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response as AnyResponse

from sherpa_core.errors import SherpaError, UserError
from sherpa_flask import pages
from sherpa_flask.access import Access
from sherpa_flask.encoding import dumps, pretty
from sherpa_flask.library import Library, Shown
from sherpa_flask.logs import end_of_log
from sherpa_flask.watcher import Watcher

_LONGEST = 25.0  # seconds that a request may wait; proxies often end it after 30
_RETRY = 5  # seconds after which a page may ask again that found too many waiting
_INDEX, _STUDY = "./", "../../"  # from these pages to the server's root


def create_app(library: Library, access: Access, watcher: Watcher) -> Flask:
    """Return the WSGI application.

    Args:
        library: the studies it shows.
        access: who may ask.
        watcher: where requests wait.
    """
    app = Flask("sherpa_flask", static_folder=str(pages.STATIC))
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 24 * 3600  # their addresses hold a version
    mimetypes.add_type("text/javascript", ".js")  # some machines say otherwise
    access.guard(app, pages.policy([_INDEX, _STUDY]))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(SherpaError, _failed)

    def shown(key: str) -> Shown:
        found = library.find(key)
        if found is None:
            raise NotFound("there is no such study")
        return found

    def page(template: str, title: str, root: str) -> str:
        return pages.render(template, title=title, root=root, token=access.change)

    @app.get("/")
    def home() -> AnyResponse:
        studies = library.all()
        return redirect(f"study/{studies[0].key}/" if len(studies) == 1 else "index")

    @app.get("/index")
    def index() -> str:
        return page("index.html", "SHERPA", _INDEX)

    @app.get("/studies")
    def studies() -> Response:
        return _json({"studies": library.table()})

    @app.get("/study/<key>/")
    def study(key: str) -> str:
        return page("study.html", shown(key).feed.study, _STUDY)

    @app.get("/study/<key>/data")
    def data(key: str) -> Response:
        feed = shown(key).feed
        cursor = request.args.get("after", "")
        seconds = min(max(request.args.get("wait", 0.0, float), 0.0), _LONGEST)
        feed.refresh(patient=seconds > 0)
        accepted = True
        if seconds > 0 and cursor == feed.cursor():
            accepted = watcher.wait(feed, cursor, seconds)
            feed.refresh(patient=True)
        answer = feed.answer(cursor)
        return _json(answer if accepted else {**answer, "retry": _RETRY})

    @app.get("/study/<key>/trial/<int:id>")
    def trial(key: str, id: int) -> Response:
        feed = shown(key).feed
        feed.refresh(patient=True)
        return _json(feed.trial(id))

    @app.get("/study/<key>/trial/<int:id>/log")
    def log(key: str, id: int) -> Response:
        found = shown(key)
        found.feed.refresh(patient=True)
        found.feed.trial(id)
        return _json(end_of_log(found.place.logs(), id))

    @app.post("/study/<key>/trial/<int:id>/stop")
    def stop(key: str, id: int) -> Response:
        feed = shown(key).feed
        if not feed.can_stop:
            abort(409, "this is a saved copy of the study: nothing runs that could be stopped")
        if not feed.stop(id, "stopped in the dashboard"):
            abort(409, f"trial {id} has ended already")
        return _json({"words": f"trial {id} is to stop"})

    @app.get("/study/<key>/understanding")
    def understanding(key: str) -> Response:
        found = shown(key)
        found.feed.refresh(patient=True)
        return _json(found.insight.get())

    @app.get("/study/<key>/results.csv")
    def results(key: str) -> Response:
        from sherpa_core.results import write_csv

        feed = shown(key).feed
        feed.refresh()
        buffer = io.StringIO()
        with feed.lock:
            frame, space = feed.history.results, feed.history.space
        write_csv(frame, space, buffer)
        return _file(buffer.getvalue(), "text/csv", f"{feed.study}.csv")

    @app.get("/study/<key>/study.json")
    def config(key: str) -> Response:
        feed = shown(key).feed
        feed.refresh()
        return _file(pretty(feed.config()), "application/json", f"{feed.study}.json")

    @app.get("/study/<key>/report.html")
    def report(key: str) -> Response:
        from sherpa_flask.report import render

        found = shown(key)
        found.feed.refresh()
        return _file(render(found), "text/html", f"{found.feed.study}.html")

    return app


def _json(value: Any, status: int = 200) -> Response:
    response = Response(dumps(value), status, mimetype="application/json")
    if len(response.get_data()) > 1000 and "gzip" in request.headers.get("Accept-Encoding", ""):
        import gzip

        response.set_data(gzip.compress(response.get_data(), compresslevel=1))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _file(text: str, kind: str, name: str) -> Response:
    response = Response(text, mimetype=kind)
    safe = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name)
    response.headers.set("Content-Disposition", "attachment", filename=safe)
    return response


def _refused(error: HTTPException) -> AnyResponse:
    if error.response is not None or error.code is None:  # a redirect
        return error.get_response()
    return _told(error.description or error.name, error.code)


def _failed(error: SherpaError) -> Response:
    return _told(str(error), 404 if isinstance(error, UserError) else 503)


def _told(words: str, status: int) -> Response:
    """Return an error: a sentence for people, JSON for pages and programs."""
    kinds = request.accept_mimetypes
    if kinds["text/html"] > kinds["application/json"]:
        return Response(f"{words}\n", status, mimetype="text/plain")
    return _json({"error": words}, status)
