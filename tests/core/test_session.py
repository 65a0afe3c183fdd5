from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sherpa_core import History, Trial
from sherpa_core.history import Session
from sherpa_core.jobs import process_start
from sherpa_core.session import hide_secrets, host, new_nonce, orphans, session_event

HERE = process_start(os.getpid()) or ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run --password hunter2 --lr 1", "run --password *** --lr 1"),
        ("run --token=abc", "run --token=***"),
        ("run --api-key=abc x", "run --api-key=*** x"),
        ("PGPASSWORD=abc run", "PGPASSWORD=*** run"),
        ("mongodb://me:p@ss/w@host/db", "mongodb://me:***@host/db"),
        ("sqlite:///a/b.db --lr 1", "sqlite:///a/b.db --lr 1"),
    ],
)
def test_secrets_are_not_recorded(text: str, shown: str) -> None:
    assert hide_secrets(text) == shown


def test_a_session_says_who_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py", "--token=abc"])

    event = session_event(["sherpa-random", "not-installed"])

    assert (event["host"], event["pid"], event["started"]) == (host(), os.getpid(), HERE)
    assert set(event["versions"]) == {"python", "sherpa-core", "sherpa-random"}
    assert event["command"] == "train.py --token=***"
    assert "commit" not in event


@pytest.mark.parametrize("layout", ["detached", "loose", "packed"])
def test_the_git_commit_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n" if layout != "detached" else commit + "\n")
    if layout == "loose":
        (git / "refs" / "heads" / "main").write_text(commit + "\n")
    if layout == "packed":
        (git / "packed-refs").write_text(f"# pack-refs\n{commit} refs/heads/main\n")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")

    assert session_event([])["commit"] == commit


def test_nonces_differ() -> None:
    assert len({new_nonce() for _ in range(1000)}) == 1000


def history(**sessions: Session) -> History:
    """A history in which each session runs a trial, and an unknown one too."""
    made = History()
    made.sessions = dict(sessions)
    for id, writer in enumerate([*sessions, "unknown"], 1):
        made.trials[id] = made.running[id] = Trial(id, {})
        made.trials[id].writer = writer
    return made


def lost(session: Session, now: float = 100.0) -> bool:
    return [each.writer for each in orphans(history(it=session), "me", now)] == ["it"]


def test_a_process_of_this_host_is_gone_when_it_is() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()

    assert not lost(Session(host(), os.getpid(), HERE))
    assert not lost(Session(host(), os.getpid(), HERE, until=50.0)), "it lives, whatever it said"
    assert lost(Session(host(), done.pid, "1"))
    assert lost(Session(host(), os.getpid(), "another start")), "a process id is used again"


def test_a_process_of_another_host_is_gone_when_its_lease_has_run_out() -> None:
    assert lost(Session("elsewhere", 1, "1", until=99.0))
    assert not lost(Session("elsewhere", 1, "1", until=101.0))
    assert not lost(Session("elsewhere", 1, "1", until=None)), "nobody can tell"


def test_who_says_that_it_ended_is_gone() -> None:
    assert lost(Session("elsewhere", 1, "1", until=0))
    assert lost(Session(host(), os.getpid(), HERE, until=0))


def test_ones_own_trials_are_no_orphans() -> None:
    made = history(me=Session("elsewhere", 1, "1", until=0))

    assert orphans(made, "me", 100.0) == []
