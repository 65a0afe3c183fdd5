"""What the page is sent: everything once, then what has changed."""

from __future__ import annotations

import gzip
import itertools
import math
import threading
import time
from typing import Any

import pytest

from sherpa_core import Study, Trial
from sherpa_core import events as ev
from sherpa_core.memory import MemoryStorage
from sherpa_core.parameters import Choice, Continuous, Discrete
from sherpa_core.sockets import Socket
from sherpa_flask import facts
from sherpa_flask.feed import Feed
from sherpa_testkit.dashboard import ShownStudy
from sherpa_testkit.simulation import Step


def merged(known: dict[str, Any], news: dict[str, Any]) -> dict[int, list[Any]]:
    """Return the curves by trial after an increment, as a page puts them together."""
    curves = {} if news["full"] else dict(known)
    block, place = news["observations"], 0
    for id, start, count in zip(block["trial"], block["start"], block["count"], strict=True):
        curve = curves.get(id, [])
        assert len(curve) >= start
        curves[id] = curve[:start] + block["objective"][place : place + count]
        place += count
    return curves


def test_first_everything_then_increments(serve: Any, study: ShownStudy) -> None:
    study.play([Step("run", value=0.5), Step("ask"), Step("observe", 0, 0.25)])
    client = serve(study)

    first = client.json("data")
    study.observe(study.running[0], 0.125)
    second = client.json(f"data?after={first['cursor']}")
    third = client.json(f"data?after={second['cursor']}")

    assert first["full"] is True
    assert first["trials"]["id"] == [1, 2]
    assert first["trials"]["objective"] == [0.5, 0.25]
    assert first["observations"]["count"] == [1, 1]
    assert second["full"] is False
    assert second["trials"]["id"] == [2]
    assert second["observations"] == {
        "trial": [2],
        "start": [1],
        "count": [1],
        "iteration": [2],
        "objective": [0.125],
        "time": second["observations"]["time"],
        "metrics": [[1.5]],
    }
    assert third["trials"]["id"] == []


def test_increments_add_up_to_the_whole(serve: Any, study: ShownStudy) -> None:
    client = serve(study)
    curves: dict[int, list[Any]] = {}
    cursor = ""
    story = [
        *(Step("ask"), Step("observe", 0, 3.0), Step("observe", 0, 2.0, iteration=2)),
        *(Step("ask"), Step("restart", 0), Step("observe", 0, 5.0), Step("observe", 1, 1.0)),
        *(Step("complete", 1), Step("restart", 0), Step("run", value=4.0), Step("fail", 0)),
    ]
    for step in story:
        study.play([step])
        news = client.json(f"data?after={cursor}")
        curves, cursor = merged(curves, news), news["cursor"]

    whole = merged({}, client.json("data"))

    assert curves == whole == {1: [], 2: [1.0], 3: [4.0]}


def test_parameters_columns_and_conditions(serve: Any) -> None:
    study = ShownStudy()
    study.queue(0.0)
    study.play([Step("run", value=1.0)])
    data = serve(study).json("data")

    by_name = {each["name"]: place for place, each in enumerate(data["parameters"])}
    optimizer = data["parameters"][by_name["optimizer"]]
    momentum = data["parameters"][by_name["momentum"]]

    assert optimizer["labels"] == ["sgd", "adam", "none"]
    assert momentum["when"] == {"optimizer": ["sgd"]}
    assert momentum["range"] == [0.0, 1.0]
    assert data["trials"]["parameters"][by_name["optimizer"]] == [0]
    assert data["trials"]["parameters"][by_name["momentum"]] == [0.0]
    assert data["trials"]["parameters"][by_name["beta"]] == [None]
    assert data["study"]["best"]["parameters"]["optimizer"] == "sgd"


def test_numbers_that_are_not_finite_are_texts(serve: Any, study: ShownStudy) -> None:
    study.play([Step("ask")])
    for value in (math.nan, math.inf, -math.inf):
        study.observe(study.running[0], value)
    study.play([Step("ask")])
    data = serve(study).json("data")

    assert data["observations"]["objective"] == ["NaN", "Infinity", "-Infinity"]
    assert data["trials"]["objective"] == ["-Infinity", None]


def test_texts_that_mean_different_values_differ(serve: Any) -> None:
    study = ShownStudy()
    study.write({
        "type": ev.STUDY_CREATED, "key": "other",
        "config": {**study.history.config, "parameters": [
            Choice("value", ["1", 1, None, "null", [1, 2]]).to_dict(),
        ]},
    })  # fmt: skip
    parameter = serve(study).json("data")["parameters"][0]

    assert parameter["labels"] == ['"1"', "1", "null", '"null"', "[1,2]"]
    assert parameter["values"] == ["1", 1, None, "null", [1, 2]]


def test_a_request_waits_for_news(serve: Any, study: ShownStudy) -> None:
    study.play([Step("ask")])
    client = serve(study)
    cursor = client.json("data")["cursor"]
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(client.json(f"data?after={cursor}&wait=25"))
    )
    began = time.monotonic()
    waiting.start()
    study.observe(study.running[0], 0.5)
    waiting.join(30)

    assert answers[0]["trials"]["objective"] == [0.5]
    assert time.monotonic() - began < 20


def test_a_request_that_waits_ends_by_itself(serve: Any, study: ShownStudy) -> None:
    client = serve(study)
    first = client.json("data")
    second = client.json(f"data?after={first['cursor']}&wait=0.2")

    assert second["cursor"] == first["cursor"]
    assert second["trials"]["id"] == []


def test_cursors_survive_a_restart_of_the_server(serve: Any, study: ShownStudy) -> None:
    study.play([Step("run", value=1.0), Step("ask")])
    cursor = serve(study).json("data")["cursor"]
    study.observe(study.running[0], 0.5)
    news = serve(study).json(f"data?after={cursor}")

    assert news["full"] is False
    assert news["trials"]["id"] == [2]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "00000000-5", "%00", "1-1-1", "9" * 400])
def test_an_unknown_cursor_gives_everything(serve: Any, study: ShownStudy, cursor: str) -> None:
    study.play([Step("run", value=1.0)])

    assert serve(study).json(f"data?after={cursor}")["full"] is True


def test_another_study_of_the_same_name_replaces_the_first(serve: Any) -> None:
    first, second = ShownStudy(), ShownStudy()
    first.play([Step("run", value=1.0), Step("run", value=2.0)])
    second.play([Step("run", value=7.0)])
    client = serve(first)
    cursor = client.json("data")["cursor"]

    first.storage.delete_study(first.name)
    other = [{**each, "time": each["time"] + 5} for each in second.events]
    first.storage.append(first.name, other)
    news = client.json(f"data?after={cursor}")

    assert news["full"] is True
    assert news["trials"]["objective"] == [7.0]


def test_a_study_that_was_deleted_is_missing(serve: Any, study: ShownStudy) -> None:
    client = serve(study)
    study.storage.delete_study(study.name)

    assert client.ask("GET", "data").status == 404


def test_compressed_where_the_browser_takes_it(serve: Any, study: ShownStudy) -> None:
    study.play([Step("run", value=1.0)] * 30)
    client = serve(study)
    plain = client.ask("GET", "trial/1")
    packed = client.ask("GET", "data", Accept_Encoding="gzip, deflate")

    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b'"trials"' in gzip.decompress(packed.body)


def test_of_too_many_curves_a_sample_is_sent_and_said(study: ShownStudy) -> None:
    study.play([Step("run", value=float(value)) for value in range(40)])
    study.play([Step("ask"), Step("observe", 0, 99.0)])
    feed = Feed(Socket("storage", study.storage), study.name, max_observations=20)
    feed.refresh()
    first = feed.answer("")
    study.observe(study.running[0], 98.0)
    feed.refresh()
    news = feed.answer(first["cursor"])

    shown = first["observations"]["trial"]
    assert len(first["trials"]["id"]) == 41
    assert {1, 2, 41} <= set(shown)  # the best ones, and the running one
    assert len(shown) == first["sampled"]["curves"] < 25
    assert f"{len(shown)} of 41" in first["sampled"]["words"]
    assert news["observations"]["trial"] == [41]
    assert news["sampled"] is None
    assert feed.trial(20)["observations"]["objective"].tolist() == [19.0]


def test_one_trial_with_all_that_is_known_of_it(serve: Any, study: ShownStudy) -> None:
    study.queue(0.0)
    study.play([Step("ask"), Step("observe", 0, 0.5), Step("fail")])
    trial = serve(study).json("trial/1")

    assert trial["status"] == "FAILED"
    assert trial["origin"] == "user"
    assert trial["parameters"]["optimizer"] == "sgd"
    assert trial["observations"]["objective"] == [0.5]
    assert trial["observations"]["metrics"] == {"seconds": [1.5]}


@pytest.mark.parametrize("address", ["trial/9", "trial/9/log", "trial/x", "trial/-1", "no"])
def test_what_is_not_there_is_missing(serve: Any, study: ShownStudy, address: str) -> None:
    answer = serve(study).ask("GET", address)

    assert answer.status == 404
    assert answer.headers.get_content_type() == "application/json"


def test_places_in_a_tournament_are_columns(serve: Any) -> None:
    study = ShownStudy()
    space = [Continuous("x", [0, 1]), Discrete("n", [1, 9])]
    study.write({
        "type": ev.STUDY_CREATED, "key": "other",
        "config": {**study.history.config, "parameters": [each.to_dict() for each in space]},
    })  # fmt: skip
    study.write({
        "type": ev.TRIAL_ADDED, "trial": 1, "origin": "asha", "based_on": 1,
        "parameters": {"x": 0.5, "n": 2, "resource": 3, "save_to": "1"},
        "metadata": {"rung": 1, "bracket": 0, "secret": 5},
    })  # fmt: skip
    data = serve(study).json("data")

    assert data["study"]["structure"] == "rungs"
    assert data["trials"]["extras"] == {
        "rung": [1], "bracket": [0], "resource": [3], "save_to": ["1"],
    }  # fmt: skip


def test_the_index_lists_all_studies(serve: Any) -> None:
    study = ShownStudy("first")
    study.play([Step("run", value=1.0)])
    client = serve(study)
    row = client.json("/studies")["studies"][0]

    assert row["name"] == "first"
    assert row["best"] == 1.0
    assert row["counts"]["COMPLETED"] == 1
    assert client.base == f"/{row['url']}"
    assert client.ask("GET", "/").headers["Location"] == row["url"]


@pytest.mark.parametrize("of_the_run", [None, 6, 12])
def test_the_end_of_a_study_is_foreseen(of_the_run: int | None) -> None:
    storage = MemoryStorage()
    study = Study(
        [Continuous("x", [0, 1])], {"name": "random", "max_num_trials": 8}, name="shown",
        storage=storage, disable_dashboard=True, clock=itertools.count(1000.0).__next__,
    )  # fmt: skip
    for number in range(4):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        study.add_observation(trial, 0.5)
        if number < 3:
            study.finalize(trial)
    if of_the_run is not None:
        run = {"max_num_trials": of_the_run, "max_concurrent": 1, "timeout": None}
        study.engine.log.append({"type": ev.RUN_STARTED, **run})
    history = study.history
    limit = min(8, of_the_run or 8)
    pace = (history.created + 60 - history.trials[1].started) / 3
    standing = facts.of(history, can_stop=True, now=history.created + 60)

    assert standing["max_num_trials"] == limit
    assert standing["seconds_left"] == pytest.approx((limit - 3) * pace)


def test_results_are_a_table_to_download(serve: Any, study: ShownStudy) -> None:
    study.play([Step("run", value=0.5)])
    answer = serve(study).ask("GET", "results.csv")

    assert answer.headers.get_content_type() == "text/csv"
    assert answer.headers.get_content_disposition() == "attachment"
    assert answer.body.startswith(b"Trial-ID,Status,Iteration,")


def test_huge_numbers_and_odd_values_break_nothing(serve: Any) -> None:
    study = ShownStudy()
    study.play([Step("ask")])
    trial = study.running[0]
    study.observe(trial, 1e308, iteration=10**30)
    study.write({
        "type": ev.OBSERVATION_ADDED, "trial": trial.id, "attempt": 1, "iteration": 2,
        "objective": -5e-324,
        "context": {"big": 2**80, "nested": {"a": [math.nan]}, "text": "\u2028</script>"},
    })  # fmt: skip
    client = serve(study)
    data = client.json("data")

    assert data["observations"]["objective"] == [1e308, -5e-324]
    by_name = dict(zip(data["metrics"], data["observations"]["metrics"], strict=True))
    assert by_name["big"] == [None, str(2**80)]
    assert by_name["nested"] == [None, '{"a":[NaN]}']
    assert by_name["text"] == [None, "\u2028</script>"]
    assert client.json("trial/1")["observations"]["iteration"][1] == 2
    assert client.ask("GET", "report.html").status == 200
