"""SHERPA's `Client(host, port, ...)` in a trial process, over the real database."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from pymongo.uri_parser import parse_uri

import sherpa_core as sherpa
from sherpa_mongo.address import parse


@pytest.fixture
def study(server: str, monkeypatch: pytest.MonkeyPatch) -> sherpa.Study:
    """A study in the database `sherpa`, which such a client uses, and this process its trial."""
    study = sherpa.Study(
        [sherpa.Continuous("x", [0, 1])], "random", storage=server, disable_dashboard=True
    )
    trial = study.get_suggestion()
    assert isinstance(trial, sherpa.Trial)
    monkeypatch.setenv("SHERPA_STUDY", study.name)
    monkeypatch.setenv("SHERPA_TRIAL_ID", str(trial.id))
    return study


def test_it_reports_to_the_server_of_that_host_and_port(study: sherpa.Study, server: str) -> None:
    address = urlsplit(server)
    client = sherpa.Client(
        address.hostname, address.port, appName="a script & more?", directConnection=True
    )

    trial = client.get_trial()
    client.send_metrics(trial, iteration=1, objective=0.5)

    study.refresh()
    assert study.history.trials[trial.id].objectives == [0.5]
    study.engine.log.storage.plugin.delete_study(study.name)


def test_options_are_quoted() -> None:
    client = sherpa.Client("h", username="m/e", password="s:e@c/r?t", tls=True, appName="a&w=0")

    found = parse_uri(client._url, warn=False)
    assert found["nodelist"] == [("h", 27010)]
    assert (found["username"], found["password"]) == ("m/e", "s:e@c/r?t")
    assert dict(found["options"].items()) == {"tls": True, "appname": "a&w=0"}
    assert parse(client._url).place == "mongodb://h:27010/sherpa"
