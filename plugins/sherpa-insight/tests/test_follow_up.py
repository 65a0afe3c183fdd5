"""The follow-up studies really load, whatever the study before was like."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sherpa_core import SearchSpace, Study
from sherpa_core.config import load_study_file
from sherpa_core.numeric import Number
from sherpa_core.parameters import Choice, Continuous, Discrete
from sherpa_core.plugin import Run
from sherpa_insight.follow_up import Subject, changed, follow_up
from sherpa_insight.summary import understand
from sherpa_insight.words import between, fixed, kept
from sherpa_testkit.showcase import CONDITIONAL, MIXED, SPACES

COMMAND = {
    "command": [sys.executable, "{n}"],
    "scheduler": {"name": "local"},
    "resources": {},
    "work_dir": ".",
}
TEXTS = st.characters(exclude_categories=["Cs"])  # what UTF-8 can hold


def texts(answer: dict[str, Any]) -> list[dict[str, Any]]:
    steps = [each["next"] for each in answer["questions"]] + [answer["follow_up"]]
    return [step for step in steps if step]


@pytest.mark.parametrize("name", ["mixed", "conditional"])
def test_all_advice_loads(
    table: Any, subject: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    space = {"mixed": MIXED, "conditional": CONDITIONAL}[name]
    first = space[0].name
    known = table(
        space, 150, lambda values, places: places[first],
        unstable=lambda places: places[first] > 0.9,
    )  # fmt: skip
    found = texts(understand(known, subject(known)))

    assert len(found) >= 3
    for number, step in enumerate(found):
        scope: dict[str, Any] = {}
        python = step["python"].replace("output_dir='", f"output_dir='{number}")
        exec(compile(python.partition("study.close()")[0], "follow_up", "exec"), scope)
        assert isinstance(scope["study"], Study)
        if step["toml"] is not None:
            path = tmp_path / f"study{number}.toml"
            path.write_text(step["toml"], "utf-8")
            file = load_study_file(path, dashboard=False)
            space_of_file = SearchSpace(file.arguments["parameters"])
            assert space_of_file == SearchSpace(scope["study"].parameters)
            assert len(file.initial) == len(scope["study"].history.queue)


def test_null_is_no_value_of_toml(table: Any, subject: Any) -> None:
    known = table(MIXED, 60, lambda values, places: places["lr"])
    step = follow_up(subject(known), known.space, {})

    assert step["toml"] is None  # the activation may be None
    assert "None" in str(step["python"])


def test_conditions_that_cannot_hold_are_gone() -> None:
    space = SearchSpace(CONDITIONAL)
    optimizer = space.parameter("optimizer")
    names = [each.name for each in changed(space, {"optimizer": fixed(optimizer, "adam")})]
    neither = [each.name for each in changed(space, {"optimizer": fixed(optimizer, "none")})]
    schedule = next(
        each
        for each in changed(space, {"optimizer": kept(optimizer, [0, 2]) or optimizer})
        if each.name == "schedule"
    )

    assert names == ["optimizer", "beta", "schedule", "warm up", "size"]
    assert neither == ["optimizer", "size"]
    assert schedule.when == {"optimizer": ["sgd"]}


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        ({"name": "asha", "r": 1, "R": 9, "eta": None}, "asha"),
        ({"name": "repeat", "algorithm": {"name": "random"}, "num_times": 3}, "repeat"),
        ({"name": "iterate", "hp_iter": [{"x": 1}]}, "random"),
        ({"name": "pbt", "parameter_range": {"x": [0, 1]}}, "random"),
        ({"name": "Own", "class": "mine.Own"}, "random"),
        ({"name": "repeat", "algorithm": {"name": "Own", "class": "mine.Own"}}, "random"),
    ],
)
def test_the_algorithm_keeps_its_options_unless_they_are_of_the_old_space(
    algorithm: dict[str, Any], name: str, tmp_path: Path, table: Any, subject: Any
) -> None:
    known = table([Continuous("x", [0, 1])], 20, lambda values, places: values["x"])
    step = follow_up(subject(known, algorithm=algorithm), known.space, {})
    found = tomllib.loads(str(step["toml"]))["algorithm"]
    (tmp_path / "study.toml").write_text(str(step["toml"]), "utf-8")

    assert found["name"] == name
    if name == algorithm["name"]:
        assert found == {key: value for key, value in algorithm.items() if value is not None}
    assert load_study_file(tmp_path / "study.toml", dashboard=False)


@given(
    parameter=st.sampled_from(
        [each for space in SPACES.values() for each in space if isinstance(each, Number)]
    ),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=300)
def test_a_narrower_range_holds_all_that_it_is_to_hold(
    parameter: Number, ends: tuple[float, float]
) -> None:
    low, high = sorted(ends)
    narrow = between(parameter, low, high)

    if narrow is not None:
        inside = [parameter.from_unit(place) for place in (low, (low + high) / 2, high)]
        assert isinstance(narrow, Number)
        assert parameter.low <= narrow.low < narrow.high <= parameter.high
        slack = 1e-9 * (parameter.high - parameter.low)  # of floating point
        for value in inside:
            assert narrow.low - slack <= value <= narrow.high + slack


@given(value=st.text(TEXTS, min_size=1), name=st.text(TEXTS, min_size=1))
@settings(max_examples=100)
def test_any_text_survives_the_study_file(
    value: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume("#" not in name and name.strip())
    space = SearchSpace([Choice("c", [value, "other"]), Discrete("n", [1, 2])])
    run = Run(task={**COMMAND, "work_dir": name})
    subject = Subject(name, {"name": "random"}, [], True, 20, {"c": value, "n": 1}, run)
    path = tmp_path_factory.mktemp("file") / "study.toml"
    path.write_text(str(follow_up(subject, space, {}, first=True)["toml"]), "utf-8")
    file = load_study_file(path, dashboard=False)

    assert SearchSpace(file.arguments["parameters"]) == space
    assert file.initial == [{"c": value, "n": 1}]
