"""What the pictures show."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from sherpa_core import Choice, Continuous, Study
from sherpa_plot import curves, history, importance, parallel_coordinates, slices, summary

Make = Callable[..., Study]
PICTURES = [history, curves, parallel_coordinates, summary, importance, slices]

every_picture = pytest.mark.parametrize("draw", PICTURES, ids=lambda draw: draw.__name__)


def texts(figure: Figure) -> list[str]:
    """All words in a picture."""
    found = (each.get_text() for each in figure.findobj(Text) if each.get_visible())
    return [text for text in found if text]


def png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def lines_of(axes: Axes) -> LineCollection:
    (found,) = (each for each in axes.collections if isinstance(each, LineCollection))
    return found


def line_labelled(axes: Axes, label: str) -> np.ndarray:
    (found,) = (each for each in axes.lines if each.get_label() == label)
    return np.asarray(found.get_xydata())


def points_labelled(axes: Axes, label: str) -> list[list[float]]:
    (found,) = (each for each in axes.collections if each.get_label() == label)
    return np.asarray(found.get_offsets()).tolist()


@every_picture
@pytest.mark.parametrize("num_trials", [0, 1, 2, 40])
def test_any_number_of_trials(draw: Callable[..., Figure], num_trials: int, make: Make) -> None:
    assert png(draw(make(num_trials, iterations=3))).startswith(b"\x89PNG")


def test_no_trial_is_said(make: Make) -> None:
    assert "no trial yet" in texts(summary(make(0)))


@every_picture
def test_values_that_are_no_numbers(draw: Callable[..., Figure], make: Make) -> None:
    strange = [math.nan, math.inf, -math.inf, 1.0, 1e308, 1e-308, -1e308]

    study = make(14, lambda trial, _: strange[trial.id % 7], iterations=2, failed=[5])

    assert png(draw(study))


@every_picture
def test_all_nan(draw: Callable[..., Figure], make: Make) -> None:
    assert png(draw(make(3, lambda *_: math.nan, iterations=2)))


@pytest.mark.parametrize("lower", [True, False])
def test_history_shows_each_trial_and_the_best_so_far(lower: bool, make: Make) -> None:
    values = [3.0, 5.0, 2.0, 4.0, 6.0, 1.0]

    study = make(6, lambda trial, _: values[trial.id - 1], lower_is_better=lower, failed=[6])
    (axes,) = history(study).axes

    points = points_labelled(axes, "completed")
    assert points == [[number, values[number - 1]] for number in range(1, 6)]
    assert [point[0] for point in points_labelled(axes, "failed")] == [6]
    best = line_labelled(axes, "best so far")[:, 1].tolist()
    assert best == ([3, 3, 2, 2, 2, 2] if lower else [3, 5, 5, 5, 6, 6])


def test_stopped_and_failed_trials_differ_from_completed_ones(make: Make) -> None:
    study = make(4, failed=[2])
    trial = study.get_suggestion()
    assert not isinstance(trial, Study)
    study.add_observation(trial, 3.0)
    study.finalize(trial, "STOPPED")

    (axes,) = history(study).axes

    assert points_labelled(axes, "stopped") == [[5, 3]]
    shown = texts(axes.figure)
    assert {"completed", "stopped", "failed", "best so far"} <= set(shown)


def test_one_disaster_does_not_flatten_the_rest(make: Make) -> None:
    (axes,) = history(make(30, lambda trial, _: 1e9 if trial.id == 3 else trial.id % 5 - 2.0)).axes

    low, high = axes.get_ylim()
    assert low < -2
    assert 2 < high < 4
    assert [point[0] for point in points_labelled(axes, "off the scale")] == [3]


def test_many_powers_of_ten_get_a_log_axis(make: Make) -> None:
    (wide,) = history(make(30, lambda trial, _: 10.0 ** (trial.id % 6))).axes
    (crowded,) = history(
        make(30, lambda trial, _: 50.0 if trial.id < 9 else 1 + trial.id / 20)
    ).axes
    (narrow,) = history(make(30, lambda trial, _: 1.0 + trial.id % 6)).axes

    assert wide.get_yscale() == "log"
    assert crowded.get_yscale() == "log"
    assert narrow.get_yscale() == "linear"


def test_curves_show_each_trial_in_the_order_of_iterations(make: Make) -> None:
    study = make(0)
    trial = study.get_suggestion()
    assert not isinstance(trial, Study)
    for iteration in (3, 1, 2):
        study.add_observation(trial, float(iteration), iteration)
    study.finalize(trial)

    (axes,) = curves(study).axes

    assert lines_of(axes).get_segments()[0].tolist() == [[1, 1], [2, 2], [3, 3]]
    assert line_labelled(axes, "best").tolist() == [[1, 1], [2, 2], [3, 3]]


def test_parallel_coordinates_place_values_on_their_axes(make: Make) -> None:
    space = [Continuous("x", [0.0, 10.0]), Continuous("y", [1.0, 100.0], scale="log")]
    study = make(0, parameters=space)
    for x, y, loss in [(0.0, 10.0, 5.0), (10.0, 1.0, 3.0), (5.0, 100.0, 4.0)]:
        study.enqueue({"x": x, "y": y})
        trial = study.get_suggestion()
        assert not isinstance(trial, Study)
        study.add_observation(trial, loss)
        study.finalize(trial)

    (axes,) = parallel_coordinates(study).axes

    worst_first = [line[:, 1].tolist() for line in lines_of(axes).get_segments()]
    assert worst_first == [
        pytest.approx([0, 0.5, 1]),
        pytest.approx([0.5, 1, 0.5]),
        pytest.approx([1, 0, 0]),
    ]
    colours = lines_of(axes).get_colors()
    brightness = [sum(colour[:3]) for colour in colours]
    assert brightness == sorted(brightness, reverse=True), "the best is the darkest"


def test_inactive_parameters_lie_below_their_axis_and_are_named(make: Make) -> None:
    study = make(20)

    figure = parallel_coordinates(study)

    (axes,) = figure.axes
    trials = study.history.trials.values()
    num_inactive = sum("degree" not in trial.parameters for trial in trials)
    assert 0 < num_inactive < 20
    degrees = [line[2, 1] for line in lines_of(axes).get_segments()]
    assert sum(place < 0 for place in degrees) == num_inactive
    assert texts(figure).count("inactive") == 1


def test_categories_are_readable_and_told_apart(make: Make) -> None:
    space = [Choice("c", ["relu", None, [64, 32], 1, "1", True, ""])]

    shown = texts(parallel_coordinates(make(5, parameters=space)))

    assert {'"relu"', "null", "[64,32]", "1", '"1"', "true", '""'} <= set(shown)


def test_thirty_parameters_go_into_rows(make: Make) -> None:
    space = [Continuous(f"parameter_{n}", [0.0, 1.0]) for n in range(30)]

    figure = parallel_coordinates(make(5, parameters=space))

    names = [text.replace("\n", "") for text in texts(figure)]
    assert len(figure.axes) == 4
    assert all(names.count(f"parameter_{n}") == 1 for n in range(30))
    assert names.count("objective") == 4


def test_of_many_trials_a_part_is_drawn_the_best_among_them_and_it_says_so(make: Make) -> None:
    study = make(2_500, lambda trial, _: abs(trial.id - 1_234.0), iterations=1)

    figure = summary(study)
    (over_trials, parallel) = figure.axes

    assert len(points_labelled(over_trials, "completed")) == 2_500
    segments = lines_of(parallel).get_segments()
    assert len(segments) == 1_000
    assert segments[-1][-1, 1] == 0, "the best is drawn, on top"
    assert any("1,000 of 2,500 trials" in text for text in texts(figure))


def test_summary_names_study_counts_and_best(make: Make) -> None:
    study = make(5, failed=[3], name="my study")

    shown = "\n".join(texts(summary(study)))

    assert "my study" in shown
    assert "5 trials: 4 completed, 1 failed" in shown
    assert "best: 2 (trial 1)" in shown
    best = study.get_best_result()
    assert f"kernel = {best['kernel']}" in shown


def test_summary_has_curves_only_where_there_are_some(make: Make) -> None:
    assert len(summary(make(5)).axes) == 2
    assert len(summary(make(5, iterations=2)).axes) == 3


HOSTILE = [
    Continuous("$\\frac{", [0.0, 1.0]),
    Continuous("学习率", [0.0, 1.0]),
    Continuous("a\nb\x00\x1b[31m", [0.0, 1.0]),
    Continuous("name " * 60, [0.0, 1.0]),
    Choice("%s{}", ["$x^2$", "日本", "x" * 500, "\n"]),
]


@every_picture
def test_hostile_names(draw: Callable[..., Figure], make: Make) -> None:
    study = make(4, parameters=HOSTILE, iterations=2, name="$\\alpha_{ 学 \n")

    figure = draw(study)

    png(figure)  # warnings, of missing glyphs for example, are errors
    shown = texts(figure)
    dollars = [text for text in figure.findobj(Text) if "$" in text.get_text()]
    assert not any(text.get_parse_math() for text in dollars)
    if draw in (summary, parallel_coordinates):
        assert "$\\frac{" in shown
        assert any("\\u5b66" in text for text in shown)
        assert "$x^2$" in shown
    assert all(len(line) <= 140 for text in shown for line in text.splitlines())


def test_ticks_and_names_do_not_overlap(make: Make) -> None:
    figure = parallel_coordinates(make(30, parameters=HOSTILE))
    png(figure)  # lays it out

    (axes,) = figure.axes
    boxes = [each.get_window_extent() for each in axes.texts]
    overlapping = [
        (axes.texts[i].get_text(), axes.texts[j].get_text())
        for i, one in enumerate(boxes)
        for j, other in enumerate(boxes[:i])
        if one.shrunk(0.98, 0.9).overlaps(other.shrunk(0.98, 0.9))
    ]
    assert not overlapping


def test_pyplot_and_its_settings_are_left_alone() -> None:
    script = (
        "import matplotlib, sys; before = matplotlib.rcParams.copy()\n"
        "from sherpa_core import Continuous, Study\n"
        "from sherpa_plot import summary\n"
        "summary(Study([Continuous('x', [0, 1])], 'random')).savefig('/dev/null', format='png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.rcParams.copy() == before\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
