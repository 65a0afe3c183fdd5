"""Makes the pictures of the dashboard in docs/pictures: light, dark, on a phone, answers, a trial.

Run it after a change of the page: `python scripts/screenshots.py`. It needs Chromium
(`make services`) and the package playwright; the trainings that are shown are made up.
"""

from __future__ import annotations

import io
import math
import random
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from sherpa_core import Choice, Continuous, Discrete, Ordinal, Parameter, Study, Trial
from sherpa_core.events import RUN_STARTED
from sherpa_core.memory import MemoryStorage
from sherpa_flask import FlaskDashboard

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
LARGEST = 400_000  # bytes of one picture

SPACE: list[Parameter] = [
    Continuous("learning rate", [1e-5, 1e-1], "log"),
    Ordinal("batch size", [16, 32, 64, 128]),
    Discrete("units", [16, 512], "log"),
    Continuous("dropout", [0.0, 0.6]),
    Choice("activation", ["relu", "tanh", "gelu"]),
    Choice("optimizer", ["sgd", "adam"]),
    Continuous("momentum", [0.0, 0.99], when={"optimizer": ["sgd"]}),
]


class Trainings:
    """Made-up trainings of a small network, and the time that they take."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0
        self.noise = random.Random(4)

    def clock(self) -> float:
        """Return the time."""
        return self.seconds

    def train(self, study: Study, trial: Trial, epochs: int = 20) -> None:
        """Train one trial."""
        values = trial.parameters
        rate = math.log10(values["learning rate"])
        level = 0.035 + 0.07 * (rate + 2.7) ** 2 / 4 + 0.1 * (values["dropout"] - 0.2) ** 2
        level += 0.05 * (6.2 - math.log(values["units"])) ** 2 / 6
        level += 0.03 * (values["activation"] == "tanh")
        level += 0.04 * abs(values["momentum"] - 0.85) if "momentum" in values else 0.004
        for epoch in range(1, epochs + 1):
            self.seconds += 0.2 + values["units"] / 150
            loss = level + 0.8 * math.exp(-epoch / 4) + self.noise.gauss(0, 0.004)
            if rate > -1.35 and epoch > 3 and self.noise.random() < 0.2:
                study.add_observation(trial, math.nan, epoch)
                study.finalize(trial, "FAILED")
                return
            study.add_observation(trial, loss, epoch, {"accuracy": self.accuracy(loss)})
            if study.should_trial_stop(trial):
                break
        study.finalize(trial)

    def accuracy(self, loss: float) -> float:
        """Return an accuracy that goes with a loss."""
        return round(min(0.999, 1 - loss / 2.2 + self.noise.gauss(0, 0.012)), 4)


def example() -> tuple[MemoryStorage, Study]:
    """Return a study of 160 trials, the last of which still runs."""
    trainings, storage = Trainings(), MemoryStorage()
    study = Study(
        SPACE,
        {"name": "random", "max_num_trials": 200},
        stopping_rules=[{"name": "median", "min_iterations": 6, "min_trials": 10}],
        storage=storage,
        name="digits-mlp",
        tags=["digits"],
        random_seed=7,
        disable_dashboard=True,
        clock=trainings.clock,
    )
    study.set_note("Validation loss of a small network on scikit-learn's digits")
    task = {"objective": "digits:train", "work_dir": "/home/me/digits"}
    run = {"max_num_trials": 200, "max_concurrent": 1, "timeout": None, "task": task}
    study.engine.log.append({"type": RUN_STARTED, **run})
    for _ in range(159):
        trial = study.get_suggestion()
        assert isinstance(trial, Trial)
        trainings.train(study, trial)
    return storage, study


def save(name: str, picture: bytes) -> None:
    """Write a picture with 256 colours, chosen so that large areas keep theirs.

    Raises:
        ValueError: it is too large for the repository.
    """
    buffer = io.BytesIO()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    small = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=4)
    small.save(buffer, "PNG", optimize=True)
    if buffer.tell() > LARGEST:
        raise ValueError(f"{name} has {buffer.tell():,} bytes: at most {LARGEST:,} are allowed")
    path = PICTURES / f"dashboard-{name}.png"
    path.write_bytes(buffer.getvalue())
    print(f"{path.relative_to(PICTURES.parent.parent)}: {buffer.tell():,} bytes")


def opened(browser: Browser, url: str, width: int, height: int, **options: Any) -> Page:
    """Return a page that has drawn itself."""
    page = browser.new_page(viewport={"width": width, "height": height}, **options)
    page.goto(url)
    page.locator("#table tr[data-row]").first.wait_for()
    page.locator("#lines canvas").first.wait_for()
    page.wait_for_timeout(500)
    return page


def brush(page: Page) -> None:
    """Brush the best part of the objective's axis."""
    head = page.get_by_role("button", name="Axis objective;").bounding_box()
    stage = page.locator(".stage").bounding_box()
    assert head is not None and stage is not None
    x, bottom = head["x"] + head["width"] / 2, stage["y"] + 336
    page.mouse.move(x, bottom)
    page.mouse.down()
    page.mouse.move(x, bottom - 90, steps=4)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)


def main() -> None:
    """Make all pictures."""
    storage, study = example()
    dashboard = FlaskDashboard()
    url = dashboard.start_dashboard(storage, study.name, "127.0.0.1", None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = opened(browser, url, 1280, 1230)
        save("light", page.screenshot())
        page.locator("#understanding .question").first.wait_for()
        page.locator("#understanding").scroll_into_view_if_needed()
        page.locator(".slices canvas").first.wait_for()
        page.locator("#understanding").evaluate("(part) => part.scrollIntoView()")
        page.wait_for_timeout(500)
        save("answers", page.screenshot())
        page.locator("#best-open").click()
        page.locator("#trial").wait_for()
        page.wait_for_timeout(300)
        save("trial", page.locator("#trial").screenshot())
        page.close()
        page = opened(browser, url, 1280, 1230, color_scheme="dark")
        brush(page)
        save("dark", page.screenshot())
        page.close()
        save("phone", opened(browser, url, 390, 844, device_scale_factor=2).screenshot())
        browser.close()
    dashboard.stop_dashboard()


if __name__ == "__main__":
    main()
