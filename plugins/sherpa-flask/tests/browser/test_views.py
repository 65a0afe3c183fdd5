"""The views and what links them: brushing, sorting, searching, hovering."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sherpa_core.memory import MemoryStorage

HOVERED = re.compile("hovered")

# Trials 1 to 3 use adam, 4 to 6 sgd; objectives: 0.5, 1.5, 2.5 and 1, 2, 3.


def test_brushing_an_axis_filters_table_and_lines(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    page.shows(6, 5, 4, 3, 2, 1)
    lines = page.page.locator("#lines .note")
    page.expect(lines).to_have_text("6 lines")
    page.brush("lr", 0.9, 0.4)
    page.shows(6, 3)
    page.expect(lines).to_have_text("2 lines")
    page.expect(page.page.locator("#parallel .note")).to_have_text("2 of 6 trials")
    page.brush("objective", 0.9, 1.05)
    page.shows(6)
    page.page.get_by_role("button", name="Clear brushes").click()
    page.shows(6, 5, 4, 3, 2, 1)
    page.expect(lines).to_have_text("6 lines")


def test_a_brush_can_be_moved_and_a_click_lifts_it(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    page.brush("lr", 0.0, 0.2)
    page.shows(4, 1)
    page.brush("lr", 0.1, 0.35)  # takes it in its middle
    page.shows(5, 2)
    top, bottom, x = page.axis("lr")
    page.page.mouse.click(x, bottom + 0.9 * (top - bottom))
    page.shows(6, 5, 4, 3, 2, 1)


def test_brushing_categories_and_inactive_values(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    page.brush("optimizer", 0.6, 0.9)
    page.shows(6, 5, 4)
    page.page.get_by_role("button", name="Clear brushes").click()
    _, bottom, x = page.axis("momentum")
    page.page.mouse.click(x, bottom + 28)
    page.shows(3, 2, 1)


def test_axes_by_keyboard(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    assert page.axes() == ["lr", "optimizer", "momentum", "accuracy", "objective"]
    page.page.get_by_role("button", name="Axis lr;").focus()
    page.page.keyboard.press("ArrowRight")
    assert page.axes()[:2] == ["optimizer", "lr"]
    page.page.keyboard.press("Enter")
    menu = page.page.locator("#axis-menu")
    menu.get_by_label("Highest of lr").fill("0.0005")
    page.page.keyboard.press("Tab")
    page.shows(4, 1)
    page.page.keyboard.press("Escape")
    page.expect(menu).to_be_hidden()
    page.expect(page.page.get_by_role("button", name="Axis lr;")).to_be_focused()


def test_axes_by_mouse(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    head = page.page.get_by_role("button", name="Axis objective;").bounding_box()
    target = page.page.get_by_role("button", name="Axis lr;").bounding_box()
    page.page.mouse.move(head["x"] + 30, head["y"] + 8)
    page.page.mouse.down()
    page.page.mouse.move(target["x"] + 100, head["y"] + 8, steps=5)
    page.page.mouse.move(target["x"] + 30, head["y"] + 8, steps=5)
    page.page.mouse.up()
    assert page.axes() == ["objective", "lr", "optimizer", "momentum", "accuracy"]
    page.page.get_by_role("button", name="Axes …").click()
    page.page.locator("#axis-menu").get_by_label("optimizer").uncheck()
    assert page.axes() == ["objective", "lr", "momentum", "accuracy"]
    page.page.locator("#axis-menu").get_by_label("optimizer").check()
    assert page.axes() == ["objective", "lr", "optimizer", "momentum", "accuracy"]


@pytest.mark.parametrize(
    ("column", "up", "down"),
    [
        ("Objective", [1, 4, 2, 5, 3, 6], [6, 3, 5, 2, 4, 1]),
        ("lr", [1, 4, 2, 5, 3, 6], [6, 3, 5, 2, 4, 1]),
        ("optimizer", [1, 2, 3, 4, 5, 6], [4, 5, 6, 1, 2, 3]),
        ("momentum", [4, 5, 6, 1, 2, 3], [4, 5, 6, 1, 2, 3]),  # what has none comes last
        ("Trial", [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]),
    ],
)
def test_sorting(
    look: Callable[..., Any], six: str, column: str, up: list[int], down: list[int]
) -> None:
    page = look(six)
    heading = page.page.locator("#table th", has_text=column)
    button = heading.get_by_role("button")
    button.click()
    page.shows(*up)
    page.expect(heading).to_have_attribute("aria-sort", "ascending")
    button.click()
    page.shows(*down)
    page.expect(heading).to_have_attribute("aria-sort", "descending")


def test_searching_and_statuses(
    look: Callable[..., Any], make: Any, show: Any, storage: MemoryStorage
) -> None:
    study = make([({"lr": 0.1, "optimizer": "adam"}, [1.0])] * 2)
    broken = study.get_suggestion()
    study.finalize(broken, "FAILED")
    page = look(show(storage, study.name))
    page.shows(3, 2, 1)
    chip = page.page.get_by_role("button", name="1 failed")
    chip.click()
    page.shows(2, 1)
    page.expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    page.page.get_by_label("Search in the trials").fill("FAILED")
    page.shows(3)
    page.expect(page.page.locator("#table .note")).to_have_text("1 of 3 shown")


def test_hovering_is_shown_everywhere(
    look: Callable[..., Any], make: Any, show: Any, storage: MemoryStorage
) -> None:
    study = make(
        [
            ({"lr": 1e-4, "optimizer": "adam"}, [1.0]),
            ({"lr": 1.0, "optimizer": "sgd", "momentum": 1.0}, [2.0]),
        ]
    )
    page = look(show(storage, study.name))
    top, bottom, x = page.axis("momentum")
    # Trial 2 is best nowhere: its line ends at the top of the axis momentum.
    page.page.mouse.move(x - 20, top + 2)
    page.expect(page.row(2)).to_have_class(HOVERED)
    page.expect(page.page.locator(".tip-title")).to_have_text("Trial 2: 2")
    page.page.mouse.move(x - 20, (top + bottom) / 2)
    page.expect(page.page.locator("#table tr.hovered")).to_have_count(0)

    before = page.page.locator("#parallel canvas").last.screenshot()
    page.row(2).locator("td").first.hover()
    page.expect(page.row(2)).to_have_class(HOVERED)
    assert page.page.locator("#parallel canvas").last.screenshot() != before


def test_rows_by_keyboard(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    page.row(6).focus()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowDown")
    page.expect(page.row(4)).to_be_focused()
    page.page.keyboard.press("Enter")
    page.expect(page.page.locator("#trial-title")).to_have_text("Trial 4")
    page.page.keyboard.press("Escape")
    page.expect(page.page.locator("#trial")).to_be_hidden()
    page.expect(page.row(4)).to_be_focused()
    page.page.keyboard.press("End")
    page.expect(page.row(1)).to_be_focused()


def test_many_rows_are_scrolled_not_built(
    look: Callable[..., Any], make: Any, show: Any, storage: MemoryStorage
) -> None:
    study = make([({"lr": 0.1, "optimizer": "adam"}, [1.0])] * 2000)
    page = look(show(storage, study.name))
    page.expect(page.page.locator("#table table")).to_have_attribute("aria-rowcount", "2001")
    assert page.rows.count() < 60
    page.page.locator(".table-scroller").evaluate("(box) => (box.scrollTop = box.scrollHeight)")
    page.expect(page.row(1)).to_be_visible()
    assert page.rows.count() < 60


def test_charts_choose_what_they_draw(look: Callable[..., Any], six: str) -> None:
    page = look(six)
    chart = page.page.locator("#lines .chart")
    page.page.locator("#lines select").select_option("accuracy")
    page.expect(page.page.locator("#lines .note")).to_have_text("6 lines")
    before = chart.screenshot()
    page.page.locator("#lines input").check()
    assert chart.screenshot() != before
    progress = page.page.locator("#progress-card")
    page.expect(progress.locator(".note")).to_have_text("best so far 0.5")
    before = progress.screenshot()
    progress.locator("select").select_option("over time")
    assert progress.screenshot() != before


def test_light_dark_and_phone(look: Callable[..., Any], six: str) -> None:
    dark = look(six, color_scheme="dark")
    root = dark.page.locator("html")
    dark.expect(root).to_have_attribute("data-theme", "dark")
    dark.page.get_by_role("button", name="Light colours").click()
    dark.expect(root).to_have_attribute("data-theme", "light")
    dark.page.reload()
    dark.expect(root).to_have_attribute("data-theme", "light")
    phone = look(six, viewport={"width": 390, "height": 800})
    width = phone.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 390, "the page is wider than the phone"
