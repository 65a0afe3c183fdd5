"""Who may look, who may change, and what stays out of reach."""

from __future__ import annotations

import http.cookies
import os
import re
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Continuous, Study
from sherpa_flask.library import Place
from sherpa_testkit.dashboard import ShownStudy
from sherpa_testkit.simulation import Step


@pytest.fixture
def running(study: ShownStudy) -> ShownStudy:
    study.play([Step("run", value=1.0), Step("ask"), Step("observe", 0, 0.5)])
    return study


def test_stop_reaches_the_study(serve: Any, running: ShownStudy) -> None:
    client = serve(running)
    answer = client.stop(2)
    last = running.storage.read(running.name, 0, None)[-1]

    assert answer.status == 200
    assert (last["type"], last["trial"], last["attempt"]) == ("stop_requested", 2, 1)
    assert client.json("data")["trials"]["stop_requested"] == [None, "stopped in the dashboard"]


@pytest.mark.parametrize(("trial", "status"), [(1, 409), (7, 404)])
def test_only_a_running_trial_can_be_stopped(
    serve: Any, running: ShownStudy, trial: int, status: int
) -> None:
    before = running.log()

    assert serve(running).stop(trial).status == status
    assert running.log() == before


@pytest.mark.parametrize("token", [None, "", "x", "ü", "0" * 5000])
def test_a_change_needs_the_token(serve: Any, running: ShownStudy, token: str | None) -> None:
    before = running.log()
    headers = {} if token is None else {"X_Sherpa_Token": token}
    answer = serve(running).ask("POST", "trial/2/stop", b"{}", **headers)

    assert answer.status == 403
    assert running.log() == before


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1:1", "[::1]:8880"])
def test_this_machine_may_ask_through_a_tunnel(serve: Any, study: ShownStudy, host: str) -> None:
    assert serve(study).ask("GET", "data", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["attacker.example", "127.0.0.1.attacker.example", "localhost.", "[", "a b", ""]
)
@pytest.mark.parametrize("address", ["", "data", "/", "/studies", "/static/css/page.css"])
def test_other_names_may_not(serve: Any, study: ShownStudy, host: str, address: str) -> None:
    assert 400 <= serve(study).ask("GET", address, Host=host).status < 500


def test_pages_load_nothing_inline_and_nothing_from_elsewhere(
    serve: Any, study: ShownStudy
) -> None:
    client = serve(study)
    for address in ("", "/index"):
        answer = client.ask("GET", address)
        page = answer.body.decode()
        policy = answer.headers["Content-Security-Policy"]
        inline = re.findall(r"<script(?![^>]*\ssrc=)([^>]*)>", page)

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert inline in ([], [' type="importmap"'])
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        assert not re.search(r"(?:src|href)=.?(?:https?:)?//", page)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_import_map_is_the_one_that_the_policy_allows(serve: Any, study: ShownStudy) -> None:
    import base64
    import hashlib

    answer = serve(study).ask("GET", "")
    found = re.search(r'<script type="importmap">(.*?)</script>', answer.body.decode(), re.S)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()

    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_all_addresses_in_pages_are_relative(serve: Any, study: ShownStudy) -> None:
    client = serve(study)
    for address in ("", "/index"):
        page = client.ask("GET", address).body.decode()
        assert not re.search(r"""(?:src|href|action)=["']?/""", page)


@pytest.mark.parametrize(
    "address",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/..%2f..%2fapp.py",
        "trial/..%2f..%2fsecret/log",
        "trial/1/log/../../../study.db",
    ],
)
def test_no_other_file_is_reachable(
    serve: Any, running: ShownStudy, tmp_path: Path, address: str
) -> None:
    answer = serve(running, tmp_path).ask("GET", address)

    assert 300 < answer.status < 500
    assert b"root:" not in answer.body
    assert b"import" not in answer.body


def test_the_end_of_a_log_file(serve: Any, running: ShownStudy, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    text = "x" * 100_000 + "\n\x1b[31mred\x1b[0m <b>bold</b> gr\xfc\xdf\n"
    (tmp_path / "jobs" / "trial_1.out").write_text(text, "utf-8")
    log = serve(running, tmp_path).json("trial/1/log")

    assert log["text"].endswith("x\nred <b>bold</b> gr\xfc\xdf\n")
    assert len(log["text"]) <= 65536
    assert log["start"] + 65536 == log["size"] == len(text.encode())
    assert log["reason"] is None


def test_a_log_may_be_missing_or_unknown(serve: Any, running: ShownStudy, tmp_path: Path) -> None:
    assert "no log file" in serve(running, tmp_path).json("trial/1/log")["reason"]
    assert "not known" in serve(running).json("trial/1/log")["reason"]


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_log_that_is_a_link_is_not_followed(
    serve: Any, running: ShownStudy, tmp_path: Path, place: str
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "trial_1.out").write_text("password")
    folder = tmp_path / "study"
    folder.mkdir()
    if place == "folder":
        (folder / "jobs").symlink_to(secret)
    else:
        (folder / "jobs").mkdir()
        (folder / "jobs" / "trial_1.out").symlink_to(secret / "trial_1.out")
    log = serve(running, folder).json("trial/1/log")

    assert log["text"] == ""
    assert log["reason"].startswith("The log file cannot be read")


def test_a_pipe_in_place_of_a_log_does_not_hang(
    serve: Any, running: ShownStudy, tmp_path: Path
) -> None:
    (tmp_path / "jobs").mkdir()
    os.mkfifo(tmp_path / "jobs" / "trial_1.out")

    assert serve(running, tmp_path).json("trial/1/log")["text"] == ""


def test_beyond_this_machine_nothing_is_shown_without_a_token(
    serve: Any, running: ShownStudy
) -> None:
    client = serve(running, proxy=True)
    assert client.base.startswith("/?token=")
    refused = [
        client.ask("GET", address).status for address in ("/", "/index", "/studies", "/?token=x")
    ]
    welcome = client.ask("GET", client.base, Host="hub.example")
    cookie: Any = http.cookies.SimpleCookie(welcome.headers["Set-Cookie"])
    (name, morsel), *_ = cookie.items()
    inside = client.ask("GET", "/studies", Host="hub.example", Cookie=f"{name}={morsel.value}")

    assert refused == [403, 403, 403, 403]
    assert welcome.status == 302
    assert "token" not in welcome.headers["Location"]
    assert morsel["httponly"]
    assert not morsel["path"]  # the browser's default: the folder, whatever a proxy puts before it
    assert inside.status == 200


def test_methods_that_are_not_offered_change_nothing(serve: Any, running: ShownStudy) -> None:
    client = serve(running)
    before = running.log()
    token = client.token()
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        answer = client.ask(method, "data", b"{}", X_Sherpa_Token=token)
        assert answer.status == 405
    assert running.log() == before


def test_logs_of_several_studies_in_one_folder_are_not_mixed_up(tmp_path: Path) -> None:
    space = [Continuous("x", [0, 1])]
    url = f"sqlite://{tmp_path}/study.db"
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "trial_1.out").write_text("of which study?")
    Study(space, "random", storage=url, name="one", disable_dashboard=True).close()
    places = [Place.of(url), Place.of(str(tmp_path))]
    alone = [place.logs() for place in places]
    Study(space, "random", storage=url, name="two", disable_dashboard=True).close()

    assert alone == [tmp_path, tmp_path]
    assert [place.logs() for place in places] == [None, None]


def test_the_logs_of_a_study_that_came_after_its_dashboard_are_found(tmp_path: Path) -> None:
    place = Place.of(f"sqlite://{tmp_path}/study.db")
    before = place.logs()
    Study([Continuous("x", [0, 1])], "random", output_dir=tmp_path, disable_dashboard=True).close()

    assert before is None
    assert place.logs() == tmp_path
