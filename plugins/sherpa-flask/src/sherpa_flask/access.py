"""Access: who may ask, who may change, and what a page may load."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

#: Names under which a browser asks the machine that it runs on.
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
CHANGE_HEADER = "X-Sherpa-Token"


class Access:
    """The rules of one server.

    Args:
        public: others than this machine reach it, so that pages need a token. Else every page is
            free, but only under this machine's own names: a foreign page that had its name
            pointed here (DNS rebinding) is refused.

    Attributes:
        token: what a reader needs to show, in the address once, then in a cookie; None if it is
            not public.
        change: what a change needs to show in a header. Pages of this server know it.
    """

    def __init__(self, public: bool) -> None:
        self.token = secrets.token_urlsafe(24) if public else None
        self.change = secrets.token_urlsafe(24)
        self._cookie = f"sherpa_{secrets.token_hex(4)}"

    def guard(self, app: Flask, policy: str) -> None:
        """Apply the rules to all requests of an application.

        Args:
            app: the application.
            policy: the Content-Security-Policy of its pages.
        """
        app.before_request(self._check)
        app.after_request(lambda response: _headed(response, policy))

    def _check(self) -> AnyResponse | None:
        if self.token is None:
            if urlsplit(f"//{request.host}").hostname not in LOCAL:
                abort(403, "this page is only for the machine that it runs on")
        elif not _same(request.cookies.get(self._cookie), self.token):
            if not _same(request.args.get("token"), self.token):
                abort(403, "open the address with the token that was printed at the start")
            answer = redirect(request.path.rpartition("/")[2] or "./")  # without the token
            # No path: the folder of this address, whatever prefix a proxy puts before it.
            answer.set_cookie(self._cookie, self.token, path=None, httponly=True, samesite="Lax")
            return answer
        changes = request.method not in ("GET", "HEAD", "OPTIONS")
        if changes and not _same(request.headers.get(CHANGE_HEADER), self.change):
            abort(403, "a change needs this server's token: load the page again")
        return None


def _same(given: str | None, wanted: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), wanted.encode())


def _headed(response: Response, policy: str) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"  # the address may hold the token
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if "max-age" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-store"
    return response
