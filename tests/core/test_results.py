from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sherpa_core import Choice, Continuous, Discrete, History, Ordinal, SearchSpace
from sherpa_core.events import Event
from sherpa_core.results import read_csv, write_csv
from sherpa_testkit.strategies import histories

SPACE = SearchSpace(
    [
        Discrete("units", [1, 9]),
        Choice("net", [[16, 32], {"depth": 2}, None, 1, "1", True, "null", "", "a\r\nb"]),
        Continuous("lr", [0, 1]),
        Choice("optimizer", ["sgd", "adam"]),
        Discrete("warmup", [1, 9], when={"optimizer": "sgd"}),
        Ordinal("decay", [None, 0.5, 1], when={"optimizer": "sgd"}),
    ]
)
FIRST, LAST = ["Trial-ID", "Status", "Iteration"], ["Failure", "Attempt", "Started", "Duration"]


def log(*trials: dict[str, Any], space: SearchSpace = SPACE) -> list[Event]:
    """The log of trials that each reported some observations and ended."""
    config = {
        "name": "s", "parameters": space.to_list(), "algorithm": {"name": "random"},
        "lower_is_better": True, "seed": 1,
    }  # fmt: skip
    events: list[Event] = [{"type": "study_created", "config": config}]
    for id, trial in enumerate(trials, 1):
        parameters = {name: trial[name] for name in trial if name not in ("seen", "end")}
        events.append(
            {"type": "trial_added", "trial": id, "parameters": parameters, "origin": "random"}
        )
        for iteration, seen in enumerate(trial.get("seen", [(0.5, {})]), 1):
            objective, context = seen
            events.append(
                {
                    "type": "observation_added", "trial": id, "attempt": 1,
                    "iteration": iteration, "objective": objective, "context": context,
                }
            )  # fmt: skip
        if "end" in trial:
            events.append({"type": "trial_finalized", "trial": id} | trial["end"])
    return [{**event, "time": 100.0 + n, "writer": "w"} for n, event in enumerate(events)]


def trial(**more: Any) -> dict[str, Any]:
    """A trial with usual parameters, completed unless it is said otherwise."""
    usual = {"units": 3, "net": None, "lr": 0.5, "optimizer": "adam"}
    return {**usual, "end": {"status": "COMPLETED"}, **more}


def naive(history: History) -> list[dict[str, Any]]:
    """The rows as the specification tells them; NaN where there is no value."""
    rows = []
    for id, index in zip(history.rows[::2], history.rows[1::2], strict=True):
        one = history.trials[id]
        row: dict[str, Any] = {"Trial-ID": id, "Attempt": one.attempt, "Started": one.started}
        row |= one.parameters
        if index < 0:
            row |= {"Status": str(one.status), "Failure": one.failure, "Duration": one.duration}
            all_nan = one.observations[-1] if one.observations else None
            seen = one.best or all_nan
        else:
            row |= {"Status": "INTERMEDIATE", "Failure": ""}
            seen = one.observations[index]
        if seen is not None:
            row |= {"Iteration": seen.iteration, "Objective": seen.objective, **seen.context}
        rows.append(row)
    return rows


def cells(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows without their empty cells; a whole float is the number it equals."""
    columns = {name: frame[name].tolist() for name in frame.columns}
    return [
        {name: plain(values[row]) for name, values in columns.items() if values[row] == values[row]}
        for row in range(len(frame))
    ]


def plain(value: Any) -> str:
    """A value's JSON; a whole float is the number it equals, as a column may need floats."""
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value)


def expected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items() if value == value} for row in rows]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(histories(max_size=20), st.data())
def test_the_table_is_what_the_trials_say(events: list[Event], data: st.DataObject) -> None:
    history = History(lambda after, limit: events[after:][:limit])
    looks = data.draw(st.sets(st.integers(0, len(events)), max_size=4))
    for place, event in enumerate(events, 1):
        history.fold([event])
        if place in looks:
            assert cells(history.results) == expected(naive(history)), "grown"

    frame = history.results
    assert cells(frame) == expected(naive(history))
    pd.testing.assert_frame_equal(frame, History.of(events).results)


def test_the_manuals_columns_in_order() -> None:
    history = History.of(log(trial(seen=[(0.5, {"acc": 1.0, "Loss": 2})])))

    assert list(history.results.columns) == [
        *FIRST, "decay", "lr", "net", "optimizer", "units", "warmup", "Objective", "Loss", "acc",
        *LAST,
    ]  # fmt: skip


def test_an_empty_study_has_all_columns_and_no_rows() -> None:
    frame = History.of(log()).results

    assert frame.shape[0] == 0
    assert list(frame.columns)[:3] == FIRST
    assert "lr" in frame.columns
    assert frame.loc[frame["Status"] != "INTERMEDIATE", :].shape[0] == 0


def test_the_final_row_carries_the_best_observation() -> None:
    seen = [(0.5, {"acc": 1}), (0.1, {"acc": 3}), (0.3, {"acc": 2})]
    frame = History.of(log(trial(seen=seen))).results

    final = frame[frame["Status"] == "COMPLETED"]
    assert len(final) == 1
    assert final[["Iteration", "Objective", "acc"]].values.tolist() == [[2, 0.1, 3]]
    assert frame["Status"].tolist() == ["INTERMEDIATE"] * 3 + ["COMPLETED"]


def test_a_trial_without_observations_has_a_row_too() -> None:
    end = {"status": "FAILED", "failure": "exit code 1"}
    frame = History.of(log(trial(seen=[], end=end))).results

    row = frame.iloc[0]
    assert (row["Status"], row["Failure"], row["Duration"]) == ("FAILED", "exit code 1", 1.0)
    assert math.isnan(row["Objective"])
    assert math.isnan(row["Iteration"])


def test_a_trial_of_nan_only_has_its_last_iteration() -> None:
    frame = History.of(log(trial(seen=[(math.nan, {}), (math.nan, {})]))).results

    assert frame["Iteration"].tolist() == [1, 2, 2]
    assert frame["Objective"].isna().all()


def test_ints_stay_ints_and_floats_floats() -> None:
    frame = History.of(log(trial(seen=[(1, {"n": 3, "share": 0.5, "word": "a"})]))).results

    kinds = {name: frame[name].dtype.kind for name in ("Trial-ID", "Iteration", "units", "n")}
    assert set(kinds.values()) == {"i"}
    assert {frame[name].dtype.kind for name in ("lr", "Objective", "share")} == {"f"}


def test_large_ints_stay_exact() -> None:
    frame = History.of(log(trial(seen=[(1.0, {"n": 1}), (1.0, {"n": 2**60 + 1})]))).results

    assert frame["n"].tolist() == [1, 2**60 + 1, 1]


def test_mixed_context_values_keep_their_own_types() -> None:
    seen = [(3.0, {"v": 1}), (2.0, {"v": True}), (1.0, {"v": "1"}), (0.0, {"v": [1, None]})]
    frame = History.of(log(trial(seen=seen))).results

    assert json.dumps(frame["v"].tolist()) == json.dumps([1, True, "1", [1, None], [1, None]])


def test_choices_are_the_very_values() -> None:
    values = SPACE.parameter("net").range
    frame = History.of(log(*(trial(net=value) for value in values))).results

    final = frame[frame["Status"] == "COMPLETED"]
    assert json.dumps(final["net"].tolist()) == json.dumps(values)


def test_an_inactive_parameter_is_told_from_one_that_is_none() -> None:
    sgd = trial(optimizer="sgd", warmup=2, decay=None)
    frame = History.of(log(sgd, trial())).results

    assert frame["decay"].tolist()[:2] == [None, None]
    assert all(isinstance(value, float) and math.isnan(value) for value in frame["decay"][2:])


def test_keys_that_an_algorithm_adds_stand_among_the_parameters() -> None:
    frame = History.of(log(trial(save_to="1"), trial())).results

    assert list(frame.columns)[3:10] == [
        "decay", "lr", "net", "optimizer", "save_to", "units", "warmup",
    ]  # fmt: skip
    assert frame["save_to"].tolist()[:2] == ["1", "1"]
    assert frame["save_to"].isna().tolist() == [False, False, True, True]


# Whose it is


def test_writing_into_the_frame_changes_nothing() -> None:
    history = History.of(log(trial(net=[16, 32])))
    frame = history.results
    before = cells(history.results)

    frame.loc[:, "lr"] = 99.0
    frame["units"] = -1
    frame.iloc[0, 0] = 7
    frame["mine"] = 1
    del frame["Objective"]

    assert cells(history.results) == before
    assert history.trials[1].parameters["lr"] == 0.5


def test_writing_into_a_cell_does_not_reach_the_trial() -> None:
    history = History.of(log(trial(net=[16, 32], seen=[(0.5, {"sizes": [1]})])))

    history.results["net"].iloc[0].append(99)
    history.results["sizes"].iloc[0].append(99)

    assert history.trials[1].parameters["net"] == [16, 32]
    assert history.trials[1].observations[0].context == {"sizes": [1]}


def test_the_table_is_not_rebuilt_when_nothing_changed() -> None:
    history = History.of(log(trial()))

    one, two = history.results, history.results

    assert one is not two
    assert (one["lr"].to_numpy() is two["lr"].to_numpy()) or one["lr"].to_numpy().base is two[
        "lr"
    ].to_numpy().base


# CSV


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(events=histories(max_size=12))
def test_a_csv_gives_back_what_was_written(
    events: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    history = History.of(events)
    path = tmp_path_factory.getbasetemp() / "results.csv"

    write_csv(history.results, history.space, path)
    again = read_csv(path, history.space)

    assert list(again.columns) == list(history.results.columns)
    assert cells(again) == cells(history.results)
    if len(again):
        for parameter in history.space:
            if again[parameter.name].notna().all():
                assert again[parameter.name].dtype == history.results[parameter.name].dtype


def test_a_csv_shows_choices_as_people_wrote_them(tmp_path: Path) -> None:
    space = SearchSpace([Choice("act", ["relu", "tanh"]), Choice("net", [[16], None, 2])])
    history = History.of(
        log({"act": "relu", "net": [16]}, {"act": "tanh", "net": None}, space=space)
    )

    write_csv(history.results, space, tmp_path / "results.csv")

    lines = (tmp_path / "results.csv").read_text("utf-8").splitlines()
    assert lines[0] == (
        "Trial-ID,Status,Iteration,act,net,Objective,Failure,Attempt,Started,Duration"
    )
    assert lines[1] == "1,INTERMEDIATE,1,relu,[16],0.5,,1,101.0,"
    assert lines[2] == "2,INTERMEDIATE,1,tanh,null,0.5,,1,103.0,"


def test_whole_numbers_stay_whole_beside_empty_cells(tmp_path: Path) -> None:
    failed = trial(seen=[], end={"status": "FAILED"})
    history = History.of(log(trial(optimizer="sgd", warmup=2, decay=1), failed))

    write_csv(history.results, SPACE, tmp_path / "results.csv")

    shown = pd.read_csv(tmp_path / "results.csv", dtype=str, keep_default_na=False)
    assert shown["warmup"].tolist() == ["2", "2", ""]
    assert shown["Iteration"].tolist() == ["1", "1", ""]


@given(value=st.floats(allow_nan=False))
def test_a_csv_keeps_every_digit(value: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    history = History.of(log(trial(seen=[(value, {"m": value})])))
    path = tmp_path_factory.getbasetemp() / "digits.csv"

    write_csv(history.results, SPACE, path)
    again = read_csv(path, SPACE)

    assert again["Objective"].astype(float).tolist() == [value, value]
    assert again["m"].astype(float).tolist() == [value, value]


def test_a_csv_of_no_rows_can_be_read(tmp_path: Path) -> None:
    history = History.of(log())

    write_csv(history.results, SPACE, tmp_path / "results.csv")

    assert list(read_csv(tmp_path / "results.csv", SPACE).columns) == list(history.results.columns)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(
    values=st.lists(
        TEXT | st.integers() | st.none() | st.booleans(),
        min_size=1,
        max_size=5,
        unique_by=json.dumps,
    ),
    net=st.booleans(),
)
def test_choices_of_any_text_come_back(
    values: list[Any], net: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    space = SearchSpace([Choice("c", values)])
    history = History.of(log(*({"c": value} for value in values), space=space))
    path = tmp_path_factory.getbasetemp() / "choices.csv"

    write_csv(history.results, space, path)

    assert json.dumps(read_csv(path, space)["c"].tolist()) == json.dumps(values)
