"""What stands in the page: hostile texts, trials without values, answers, the report."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sherpa_core import Choice, Continuous, Ordinal, Study
from sherpa_core.memory import MemoryStorage

HOSTILE = (
    "<img src=x onerror=\"document.title='harmed'\"></script><script>alert(1)</script>"
    "{{7*7}}'\u202e\u2028"
)


NONE = "\N{EN DASH}"
MOST = re.compile("Most important: lr")


@pytest.fixture
def varied(make: Callable[..., Study]) -> Study:
    """A study with conditional parameters, NaN, infinity, a failed and a running trial."""
    study = make(
        [
            ({"lr": 0.1, "optimizer": "adam"}, [2.0, 1.0]),
            ({"lr": 0.01, "optimizer": "sgd", "momentum": 0.25}, [float("nan")]),
            ({"lr": 0.001, "optimizer": "adam"}, [float("inf")]),
        ]
    )
    study.finalize(study.get_suggestion(), "FAILED")
    study.get_suggestion()
    return study


def test_hostile_texts_are_texts(
    look: Callable[..., Any], make: Callable[..., Study], show: Any, storage: MemoryStorage
) -> None:
    study = make(
        name=HOSTILE,
        parameters=[Continuous(HOSTILE, [0, 1]), Choice(f"{HOSTILE}2", [HOSTILE, "plain"])],
        tags=[HOSTILE],
    )
    study.set_note(HOSTILE)
    for status in ("COMPLETED", "FAILED"):
        trial = study.get_suggestion()
        study.add_observation(trial, 1.0, 1, {f"{HOSTILE}3": 1.0, f"{HOSTILE}4": HOSTILE})
        study.engine.finish(study.engine.running_trial(trial), status, HOSTILE)
    page = look(show(storage, study.name))
    page.expect(page.page.locator("h1")).to_have_text(HOSTILE)
    page.row(1).click()
    page.expect(page.page.locator("#trial .reason")).to_have_text(HOSTILE)
    page.expect(page.page.locator("#trial .metrics")).to_contain_text(HOSTILE)
    page.page.keyboard.press("Escape")
    page.page.locator(".axis-head").first.click()
    page.expect(page.page.locator(".menu-title")).to_have_text(HOSTILE)
    page.page.keyboard.press("Escape")
    page.row(1).hover()
    page.page.locator("#understanding").scroll_into_view_if_needed()
    page.expect(page.page.locator(".question")).to_have_count(6)
    assert "harmed" not in page.page.title().partition("onerror")[0]
    assert page.page.locator("img").count() == 0


def test_conditional_parameters_nan_and_failures(
    look: Callable[..., Any], varied: Study, show: Any, storage: MemoryStorage
) -> None:
    page = look(show(storage, varied.name))
    cells = {id: page.row(id).locator("td").all_text_contents()[1:6] for id in (1, 2, 3)}
    assert cells[1] == ["● COMPLETED", "1", "0.1", "adam", NONE]
    assert cells[2] == ["● COMPLETED", "NaN", "0.01", "sgd", "0.25"]
    assert cells[3] == ["● COMPLETED", "∞", "0.001", "adam", NONE]
    page.expect(page.row(4)).to_contain_text("✕ FAILED")
    page.expect(page.row(5)).to_contain_text("◐ RUNNING")
    page.expect(page.page.locator("#counts")).to_have_text(
        "◐ 1 running   ● 3 completed   ✕ 1 failed"
    )
    page.row(1).click()
    page.expect(page.page.locator("#trial .inactive")).to_have_text("inactive: momentum")


def test_copying_a_configuration(
    look: Callable[..., Any], varied: Study, show: Any, storage: MemoryStorage
) -> None:
    page = look(show(storage, varied.name), permissions=["clipboard-read", "clipboard-write"])
    page.row(2).click()
    page.page.locator("#trial").get_by_role("button", name="Copy as Python").click()
    page.expect(page.page.locator("#announcer")).to_have_text("Copied")
    wanted = {"lr": 0.01, "optimizer": "sgd", "momentum": 0.25}
    assert eval(_clipboard(page)) == wanted  # noqa: S307 - what a user would paste
    page.page.locator("#trial").get_by_role("button", name="Copy as JSON").click()
    page.page.get_by_role("button", name="Copied ✓").last.wait_for()
    assert json.loads(_clipboard(page)) == wanted


def _clipboard(page: Any) -> str:
    text: str = page.page.evaluate("() => navigator.clipboard.readText()")
    return text


def test_answers_importance_and_slices(
    look: Callable[..., Any], make: Callable[..., Study], show: Any, storage: MemoryStorage
) -> None:
    study = make(
        parameters=[Continuous("lr", [0, 1]), Ordinal("size", [1, 2, 3]), Continuous("no", [0, 1])]
    )
    for _ in range(60):
        trial = study.get_suggestion()
        study.add_observation(trial, (trial.parameters["lr"] - 0.02) ** 2, 1)
        study.finalize(trial)
    task = {"objective": "trainings:train", "work_dir": "/project"}
    run = {"max_num_trials": 60, "max_concurrent": 1, "timeout": None, "task": task}
    study.engine.log.append({"type": "run_started", **run})
    page = look(show(storage, study.name), permissions=["clipboard-read", "clipboard-write"])
    page.page.locator("#understanding").scroll_into_view_if_needed()
    questions = page.page.locator(".question")
    page.expect(questions).to_have_count(6)
    page.expect(page.page.locator(".importance")).to_have_attribute("aria-label", MOST)
    page.expect(page.page.locator(".slices figure")).to_have_count(3)
    questions.get_by_role("button", name="Show these trials").first.click()
    page.expect(page.page.get_by_role("button", name="Clear brushes")).to_be_visible()
    step = page.page.locator(".step").first
    step.locator("summary", has_text="study file").click()
    step.get_by_role("button", name="Copy").first.click()
    step.get_by_role("button", name="Copied ✓").wait_for()
    assert tomllib.loads(_clipboard(page))["run"]["objective"] == "trainings:train"


def test_the_report_works_without_a_server(
    look: Callable[..., Any], varied: Study, show: Any, storage: MemoryStorage, tmp_path: Path
) -> None:
    online = look(show(storage, varied.name))
    with online.page.expect_download() as download:
        online.page.get_by_role("link", name="Report").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page = look(offline=True)
    requests: list[str] = []
    page.page.on("request", lambda request: requests.append(request.url.split(":")[0]))
    page.open(file.as_uri())
    page.expect(page.page.locator("#connection")).to_contain_text("saved copy")
    page.shows(5, 4, 3, 2, 1)
    page.brush("optimizer", 0.6, 0.9)
    page.expect(page.row(2)).to_be_visible()
    page.expect(page.row(1)).to_have_count(0)
    page.page.get_by_role("button", name="Clear brushes").click()
    page.row(5).click()
    page.expect(page.page.locator("#trial .facts")).to_contain_text("RUNNING")
    page.expect(page.page.locator("#trial .stop")).to_be_hidden()
    page.page.keyboard.press("Escape")
    page.expect(page.page.get_by_role("link", name="CSV")).to_be_hidden()
    page.page.locator("#understanding").scroll_into_view_if_needed()
    page.expect(page.page.locator(".question")).to_have_count(6)
    assert set(requests) <= {"file", "data"}


def test_a_report_lets_nothing_else_run_and_asks_nobody(
    look: Callable[..., Any], six: str, tmp_path: Path
) -> None:
    online = look(six)
    with online.page.expect_download() as download:
        online.page.get_by_role("link", name="Report").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page = look(file.as_uri())
    page.page.locator("#lines canvas").first.wait_for()
    assert page.problems == []
    refused = page.page.evaluate(
        """async (url) => {
            const refused = [];
            document.addEventListener("securitypolicyviolation",
                (event) => refused.push(event.effectiveDirective));
            const add = (name, values) =>
                document.body.append(Object.assign(document.createElement(name), values));
            add("script", { textContent: "window.injected = true" });
            add("style", { textContent: "body { display: none }" });
            add("img", { src: url });
            await fetch(url).catch(() => null);
            await new Promise((resolve) => setTimeout(resolve, 0));
            return [refused.sort(), window.injected ?? false];
        }""",
        six,
    )
    assert refused == [["connect-src", "img-src", "script-src-elem", "style-src-elem"], False]
    page.problems.clear()  # what was refused is noted there


def test_the_table_as_csv(
    look: Callable[..., Any], varied: Study, show: Any, storage: MemoryStorage
) -> None:
    page = look(show(storage, varied.name))
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="CSV").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("Trial-ID,")
