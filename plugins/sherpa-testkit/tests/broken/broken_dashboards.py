"""A dashboard that keeps its promises, and one that breaks each of them."""

from __future__ import annotations

import html
import json
import math
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import attrs

from sherpa_core import History, option


@attrs.define(eq=False, slots=False)
class Plain:
    """A page with the study's name, its observations as JSON, and a button that stops a trial."""

    title: str = option("what stands above the study's name", default="SHERPA")

    def __attrs_post_init__(self):
        self.server = self.storage = self.study = self.token = None

    def start_dashboard(self, storage, study, host, port):
        self.storage = storage
        self.study = study
        self.token = secrets.token_hex()
        self.server = Server((self.host(host), port or 0), Handler)
        self.server.dashboard = self
        self.serve(threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True))
        return f"http://{host}:{self.server.server_port}/"

    def serve(self, thread):
        thread.start()

    def stop_dashboard(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def host(self, host):
        return host

    def events(self):
        return self.storage.read(study=self.study, after=0, limit=None)

    def page(self):
        return f"<title>{self.title}</title><h1>{html.escape(self.study)}</h1>"

    def data(self):
        history = History.of(self.events())
        trials = history.trials.values()
        return [[value for value in each.objectives if math.isfinite(value)] for each in trials]

    def may(self, host, port):
        return host == f"127.0.0.1:{port}"

    def knows(self, form):
        return form.get("token") == [self.token]

    def answer(self, path):
        if path == "/":
            return "text/html", self.page()
        if path == "/data.json":
            return "application/json", json.dumps(self.data())
        return None

    def change(self):
        event = {"type": "stop_requested", "trial": 1, "iteration": None, "reason": "button"}
        self.storage.append(study=self.study, events=[{**event, "time": 0.0, "writer": "page"}])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format, *args):
        pass

    def send(self, status, kind="text/plain", text=""):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        dashboard = self.server.dashboard
        if not dashboard.may(self.headers["Host"], self.server.server_port):
            self.send(403)
            return
        answer = dashboard.answer(self.path)
        self.send(200, *answer) if answer else self.send(404)

    def do_POST(self):
        dashboard = self.server.dashboard
        length = int(self.headers["Content-Length"] or 0)
        form = parse_qs(self.rfile.read(length).decode())
        if not dashboard.knows(form):
            self.send(403)
            return
        dashboard.change()
        self.send(204)


class ReturnsItsPort(Plain):
    def start_dashboard(self, storage, study, host, port):
        super().start_dashboard(storage, study, host, port)
        return self.server.server_port


class ListensEverywhere(Plain):
    def host(self, host):
        return ""


class SaysPlainText(Plain):
    def answer(self, path):
        answer = super().answer(path)
        return answer and ("text/plain", answer[1])


class ExpectsTrials(Plain):
    def data(self):
        return [*super().data(), max(History.of(self.events()).trials)]


class HidesTheName(Plain):
    def page(self):
        return "<h1>SHERPA</h1>"


class EscapesNothing(Plain):
    def page(self):
        return f"<h1>{self.study}</h1>"


class SendsNaN(Plain):
    def data(self):
        trials = History.of(self.events()).trials.values()
        return [trial.objectives for trial in trials]


class ReadsOnce(Plain):
    def events(self):
        found = getattr(self, "found", None)
        if found is None:
            found = super().events()
            self.found = found
        return found


class ExpectsSilence(Plain):
    """Cannot bear that the study goes on while it looks."""

    def page(self):
        seen = getattr(self, "seen", None)
        self.seen = len(self.events())
        assert seen in (None, self.seen)
        return super().page()


class ChoosesItsPort(Plain):
    def start_dashboard(self, storage, study, host, port):
        return super().start_dashboard(storage, study, host, None)


class HasOnePort(Plain):
    def start_dashboard(self, storage, study, host, port):
        return super().start_dashboard(storage, study, host, port or 18881)


class StaysOpen(Plain):
    def stop_dashboard(self):
        pass


class StopsOnlyOnce(Plain):
    def stop_dashboard(self):
        self.server.shutdown()
        self.server.server_close()
        self.server = None


class KeepsTheProcess(Plain):
    def serve(self, thread):
        super().serve(thread)
        self.ending = threading.Event()
        threading.Thread(target=self.ending.wait, args=(2.5,)).start()


class ChangesByLooking(Plain):
    def answer(self, path):
        if path == "/stop/1":
            self.change()
        return super().answer(path)


class TrustsEverybody(Plain):
    def knows(self, form):
        return True


class TrustsAnyToken(Plain):
    def knows(self, form):
        return "token" in form


class AnswersForeignPages(Plain):
    def may(self, host, port):
        return True


class LoadsFromElsewhere(Plain):
    def page(self):
        return f'{super().page()}<script src="https://cdn.example/plot.js"></script>'


class AnswersAnything(Plain):
    def answer(self, path):
        return super().answer(path) or ("text/html", self.page())


class HidesAnOption:
    def __init__(self, title="SHERPA"):
        self._plain = Plain(title)

    def start_dashboard(self, storage, study, host, port):
        return self._plain.start_dashboard(storage, study, host, port)


@attrs.define(eq=False, slots=False)
class DoublesAnOption(Plain):
    factor: int = option("what is multiplied", default=1, converter=lambda value: 2 * value)
