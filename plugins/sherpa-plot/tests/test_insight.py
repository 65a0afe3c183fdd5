"""The pictures show what the library of the dashboard says, of studies whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from sherpa_core import Choice, Continuous, Parameter, Study, Trial
from sherpa_core.errors import UserError
from sherpa_insight import Table, effects, slices
from sherpa_plot.style import BEST, BLUE

Make = Callable[..., Study]

SPACE: list[Parameter] = [
    Continuous("inert", [0.0, 1.0]),
    Choice("kernel", ["rbf", "poly", "linear"]),
    Continuous("lr", [1e-4, 1.0], scale="log"),
]
PBT = {"name": "pbt", "num_generations": 4, "population_size": 5}
HYPERBAND = {"name": "hyperband", "R": 9, "max_finished_configs": 30}


def valley(trial: Trial, iteration: int) -> float:
    """Best at lr = 0.01 with the kernel poly; `inert` does nothing."""
    values = trial.parameters
    noise = random.Random(trial.id).gauss(0, 0.02)
    return (math.log10(values["lr"]) + 2) ** 2 + 1.5 * (values["kernel"] != "poly") + noise


@pytest.fixture
def study(make: Make) -> Study:
    return make(120, valley, SPACE)


def words(figure: Figure) -> str:
    return "\n".join(each.get_text() for each in figure.findobj(Text))


def panel(figure: Figure, name: str) -> Axes:
    (found,) = (axes for axes in figure.axes if axes.get_title(loc="left") == name)
    return found


def segments(axes: Axes) -> list[list[tuple[float, float]]]:
    lines = [each for each in axes.collections if isinstance(each, LineCollection)]
    return [[tuple(point) for point in line] for each in lines for line in each.get_segments()]


def line_of_the_best(axes: Axes) -> list[list[float]]:
    (found,) = (each for each in axes.lines if each.get_color() == BEST)
    return np.asarray(found.get_xydata()).tolist()


def test_importance_ranks_what_matters_and_marks_what_does_not(study: Study) -> None:
    (axes,) = study.plot.importance().axes

    assert [label.get_text() for label in axes.get_yticklabels()] == ["lr", "kernel", "inert"]
    bars = sorted((each for each in axes.patches), key=lambda each: each.get_y())
    lr, kernel, inert = (each for each in bars if isinstance(each, Rectangle))
    assert lr.get_width() > 0.4 > kernel.get_width() > 0.1 > inert.get_width()
    assert [to_hex(each.get_facecolor()) for each in (lr, kernel)] == [BLUE, BLUE]
    assert to_hex(inert.get_facecolor()) != BLUE
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first is on top"
    assert "(120 trials)" in words(axes.figure)


def test_slices_come_by_importance_and_name_the_best_region(study: Study) -> None:
    figure = study.plot.slices()
    table = Table.of(study.history)
    found = effects(table)
    assert found is not None
    expected = slices(table, found)[2]

    assert [axes.get_title(loc="left") for axes in figure.axes] == ["lr", "kernel", "inert"]
    lr, kernel = panel(figure, "lr"), panel(figure, "kernel")
    assert lr.get_xscale() == "log"
    assert line_of_the_best(lr) == [
        [x, pytest.approx(y)] for x, y in zip(expected["places"], expected["mean"], strict=True)
    ]
    (span,) = lr.patches
    assert isinstance(span, Rectangle)
    assert span.get_x() < 0.01 < span.get_x() + span.get_width()
    assert "best: lr between" in words(figure)
    assert "best: kernel = poly" in words(figure)
    assert [label.get_text() for label in kernel.get_xticklabels()] == ["rbf", "poly", "linear"]
    assert not panel(figure, "inert").patches
    assert words(figure).count("no more effect than noise") == 1
    (dots,) = (each for each in lr.collections if isinstance(each, PathCollection))
    assert len(dots.get_offsets()) == 120


@pytest.mark.parametrize("kind", ["importance", "slices"])
def test_too_few_trials_are_said(kind: str, make: Make) -> None:
    figure = getattr(make(19, valley, SPACE).plot, kind)()

    assert "Too few trials: 19 have a finite objective, importance takes 20." in words(figure)
    (axes,) = figure.axes
    assert not [*axes.patches, *axes.lines, *axes.collections]


@pytest.mark.parametrize("kind", ["importance", "slices"])
def test_of_many_parameters_the_most_important_are_shown_and_it_says_so(
    kind: str, make: Make
) -> None:
    space = [Continuous(f"p{number}", [0.0, 1.0]) for number in range(34)]
    study = make(110, lambda trial, _: trial.parameters["p33"], space)

    figure = getattr(study.plot, kind)()

    shown = {"importance": 30, "slices": 12}[kind]
    assert f"Shown are {shown} of 34 parameters." in words(figure)
    assert "p33" in words(figure).splitlines()


def test_lineages_follow_the_parents(make: Make) -> None:
    study = make(20, lambda trial, _: abs(trial.parameters["lr"] - 0.01), SPACE, algorithm=PBT)
    trials = study.history.trials
    best = study.history.best
    assert best is not None
    ancestors = [int(each) for each in best.parameters["lineage"].split(",") if each]
    line = [*(trials[each] for each in ancestors), best]

    figure = study.plot.lineage()

    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "objective",
        "inert",
        "kernel",
        "lr",
    ]
    lr = panel(figure, "lr")
    assert line_of_the_best(lr) == [
        [each.parameters["generation"], each.parameters["lr"]] for each in line
    ]
    point = {
        each.id: (each.parameters["generation"], each.parameters["lr"]) for each in trials.values()
    }
    assert sorted(segments(lr)) == sorted(
        [point[each.parent], point[each.id]] for each in trials.values() if each.parent is not None
    )
    assert f"from trial {line[0].id}" in words(figure)


def test_rungs_show_trials_and_promotions(make: Make) -> None:
    def loss(trial: Trial, iteration: int) -> float:
        return trial.parameters["lr"] + 1 / trial.parameters["resource_total"]

    study = make(24, loss, SPACE, algorithm=HYPERBAND)
    trials = study.history.trials.values()

    figure = study.plot.rungs()

    brackets = {trial.metadata["bracket"] for trial in trials}
    assert len(figure.axes) == len(brackets) > 1
    for bracket in brackets:
        axes = panel(figure, f"bracket {bracket}")
        here = [trial for trial in trials if trial.metadata["bracket"] == bracket]
        rungs = sorted({trial.metadata["rung"] for trial in here})
        counts = [sum(trial.metadata["rung"] == rung for trial in here) for rung in rungs]
        assert [text.get_text() for text in axes.texts] == [str(count) for count in counts]
        assert len(segments(axes)) == sum(trial.parent is not None for trial in here)
        dots = [each for each in axes.collections if isinstance(each, PathCollection)]
        assert sum(len(each.get_offsets()) for each in dots) == len(here)
    assert "resource 9" in words(figure)


@pytest.mark.parametrize("kind", ["lineage", "rungs"])
def test_a_study_without_structure_is_refused_with_the_reason(kind: str, make: Make) -> None:
    with pytest.raises(UserError, match=r"the study 'mine' has no (lineages|rungs): .* is random"):
        getattr(make(3, name="mine").plot, kind)()


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("lineage", PBT), ("rungs", HYPERBAND), ("rungs", "asha")]
)
def test_failures_and_strange_values(kind: str, algorithm: object, make: Make) -> None:
    strange = [math.nan, 1.0, math.inf, 2.0, 3.0, -math.inf, 1e308]

    def loss(trial: Trial, iteration: int) -> float:
        return strange[trial.id % 7]

    for number in (0, 1, 2, 15):
        study = make(number, loss, SPACE, failed=[2], algorithm=algorithm)
        study.get_suggestion()
        getattr(study.plot, kind)()._repr_png_()
    nothing = make(4, lambda *_: math.nan, SPACE, algorithm=algorithm)
    getattr(nothing.plot, kind)()._repr_png_()


def test_a_parent_without_an_objective_is_no_place_to_draw_from(make: Make) -> None:
    study = make(
        0, parameters=SPACE, algorithm={"name": "pbt", "num_generations": 2, "population_size": 3}
    )
    for _ in range(6):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        if trial.id > 1:
            study.add_observation(trial, float(trial.id))
        study.finalize(trial, "COMPLETED" if trial.id > 1 else "FAILED")

    assert study.plot.lineage()._repr_png_()
