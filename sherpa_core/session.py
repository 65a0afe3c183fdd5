"""Sessions: which process writes to a log, and which of them still live."""

from __future__ import annotations

import os
import platform
import re
import secrets
import socket
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sherpa_core import events as ev
from sherpa_core.events import Event
from sherpa_core.history import History, Session
from sherpa_core.jobs import is_alive, process_start
from sherpa_core.trial import Trial

_SECRET = re.compile(r"(?i)((?:pass\w*|token|secret|key)[=: ]+)\S+|(://[^:/@\s]*:)\S*@")


def new_nonce() -> str:
    """Return a short random text that no other session has."""
    return secrets.token_hex(6)


@cache
def host() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def session_event(distributions: list[str]) -> Event:
    """Return the event that says who writes.

    Args:
        distributions: the distributions of the plugins in use, whose versions are recorded.
    """
    versions = {"python": platform.python_version()}
    for name in ["sherpa-core", *distributions]:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    event: Event = {
        "type": ev.SESSION_STARTED,
        "host": host(),
        "pid": os.getpid(),
        "started": process_start(os.getpid()) or "",
        "versions": versions,
        "command": hide_secrets(" ".join(sys.argv)),
    }
    commit = _git_commit(Path.cwd())
    if commit:
        event["commit"] = commit
    return event


def hide_secrets(text: str) -> str:
    """Return `text` with the values of passwords, tokens and URLs' credentials left out."""
    return _SECRET.sub(lambda m: f"{m[1]}***" if m[1] else f"{m[2]}***@", text)


def hide_words(words: Sequence[str]) -> list[str]:
    """Return a command's words with the values of passwords and tokens as `***`.

    Placeholders of parameters, such as `{lr}`, are none.
    """
    hidden = []
    for before, word in zip(("", *words), words, strict=False):
        secret = hide_secrets(f"{before} x").endswith("***") and "{" not in word
        hidden.append("***" if secret else hide_secrets(word))
    return hidden


#: Sessions of this process that have ended, though the log may not say so.
_ended: set[str] = set()


def end_session(writer: str) -> None:
    """Note that a session of this process works on no trial any more."""
    _ended.add(writer)


def orphans(history: History, writer: str, now: float) -> list[Trial]:
    """Return the running trials whose owner is known to be gone, in the order of their ids.

    A session of this host is gone when its process is. One of another host is gone when its
    lease has run out; without a lease nobody can tell, and its trials stay its own.
    """
    owners = {trial.writer for trial in history.running.values()} - {writer}
    known = history.sessions
    gone = {each for each in owners if each in _ended or is_gone(known.get(each, Session()), now)}
    return [trial for _, trial in sorted(history.running.items()) if trial.writer in gone]


def is_gone(session: Session, now: float) -> bool:
    """Return whether a session is known to have ended; `now` is in seconds since 1970."""
    if session.until == 0:
        return True
    if session.host == host():
        return not is_alive(session.pid, session.started)
    return session.until is not None and session.until < now


def _git_commit(folder: Path) -> str:
    """Return the commit that is checked out in or above `folder`, empty where there is none."""
    for place in (folder, *folder.parents):
        head = place / ".git" / "HEAD"
        try:
            text = head.read_text("ascii").strip()
            if not text.startswith("ref: "):
                return text
            reference = text.removeprefix("ref: ")
            loose = place / ".git" / reference
            if loose.is_file():
                return loose.read_text("ascii").strip()
            for line in (place / ".git" / "packed-refs").read_text("ascii").splitlines():
                if line.endswith(f" {reference}"):
                    return line.split()[0]
            return ""
        except (OSError, UnicodeDecodeError):
            continue
    return ""


def summary(history: History) -> dict[str, Any]:
    """Return who worked on the study: one entry per session, for people and programs."""
    return {
        nonce: {"host": session.host, "pid": session.pid, "versions": dict(session.versions)}
        for nonce, session in history.sessions.items()
    }
