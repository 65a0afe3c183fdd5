"""`study.plot`: the pictures of a study, in a notebook too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import sherpa_plot
from sherpa_core import Study, Trial
from sherpa_plot.plots import Plots

Make = Callable[..., Study]


def png(figure: Figure) -> bytes:
    data, _ = figure._repr_png_()  # type: ignore[attr-defined]
    assert isinstance(data, bytes)
    return data


@pytest.mark.parametrize("kind", sorted(sherpa_plot.__all__))
def test_each_picture_is_there(kind: str, make: Make) -> None:
    algorithms = {"lineage": "pbt", "rungs": "asha"}
    options = {"pbt": {"num_generations": 2}}
    name = algorithms.get(kind, "random")
    study = make(4, iterations=2, algorithm={"name": name, **options.get(name, {})})

    by_study = getattr(study.plot, kind)()
    by_function = getattr(sherpa_plot, kind)(study.history)

    assert isinstance(by_study, Figure)
    assert png(by_study).startswith(b"\x89PNG")
    assert png(by_study) == png(by_function)


def test_it_shows_what_others_have_written(tmp_path: Path, make: Make) -> None:
    study = make(2, output_dir=tmp_path / "out")
    other = Study.load(tmp_path / "out")
    trial = other.get_suggestion()
    assert isinstance(trial, Trial)
    other.add_observation(trial, 1.0)
    other.finalize(trial)

    (axes,) = study.plot.history().axes

    (points,) = (each for each in axes.collections if each.get_label() == "completed")
    assert len(points.get_offsets()) == 3


def test_a_notebook_shows_a_figure_at_a_readable_size(make: Make) -> None:
    figure = make(3).plot.history()
    data, size = figure._repr_png_()
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))

    assert 500 < size["width"] < 1000
    assert width / height == pytest.approx(size["width"] / size["height"], rel=0.01)
    assert width > 1.5 * size["width"], "sharp on fine screens"


def test_a_history_has_pictures_too(make: Make) -> None:
    assert png(Plots(make(3).history).history())
