"""How long does the dashboard take in a browser: to open a study, and to follow a brush?"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from _common import Options, Row, main
from playwright.sync_api import Browser, sync_playwright

OBSERVATIONS = 10
PARAMETERS = 20
UPDATES = 20  # of one brush

SERVE = """
import math, random, sys
from sherpa_core import Choice, Continuous, Study
from sherpa_core.memory import MemoryStorage
from sherpa_flask import FlaskDashboard

trials, parameters, observations = map(int, sys.argv[1:])
space = [Continuous(f"lr{k}", [1e-5, 1e-1], "log") for k in range(parameters // 2)]
space += [Continuous(f"x{k}", [0, 1]) for k in range(parameters // 4)]
space += [Choice(f"c{k}", ["a", "b", "c", "d"]) for k in range(parameters - len(space))]
storage, noise = MemoryStorage(), random.Random(1)
study = Study(space, "random", storage=storage, name="large", random_seed=1, disable_dashboard=True)
for _ in range(trials):
    trial = study.get_suggestion()
    level = abs(math.log10(trial.parameters["lr0"]) + 3) / 4 + trial.parameters["x0"]
    for k in range(1, observations + 1):
        value = level + math.exp(-k / 3) + noise.random() / 20
        study.add_observation(trial, value, k, {"accuracy": 1 - value / 4})
    study.finalize(trial)
dashboard = FlaskDashboard()
print(dashboard.start_dashboard(storage, "large", "127.0.0.1", None), flush=True)
sys.stdin.read()
"""

# When the first rows and lines are there, and the frame with them has been painted.
OPENED = """
() => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
})
"""

# A brush is drawn along the first axis; each update counts until its frame has been painted.
BRUSHED = """
async (updates) => {
  const strip = document.querySelector(".axis-strip");
  const box = strip.getBoundingClientRect();
  const send = (type, share) => {
    const at = { clientX: box.x + box.width / 2, clientY: box.y + 12 + share * 250 };
    strip.dispatchEvent(new PointerEvent(type, { ...at, button: 0, pointerId: 1, bubbles: true }));
  };
  strip.setPointerCapture = () => {};
  const painted = () =>
    new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  send("pointerdown", 0.1);
  const times = [];
  for (let k = 1; k <= updates; k++) {
    const start = performance.now();
    send("pointermove", 0.1 + (0.85 * k) / updates);
    await painted();
    times.push(performance.now() - start);
  }
  send("pointerup", 0.95);
  document.querySelector(".clear-brushes").click();
  await painted();
  return times;
}
"""


@contextmanager
def served(trials: int) -> Iterator[str]:
    """Serve a study from a process of its own, and give the page's address."""
    command = [sys.executable, "-c", SERVE, *map(str, (trials, PARAMETERS, OBSERVATIONS))]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def opened_and_brushed(browser: Browser, url: str) -> tuple[float, float, str]:
    """Return what a page takes: seconds to stand, milliseconds for one update of a brush.

    The third value is what it says about lines that it does not draw.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(url)
    page.locator("#table tr[data-row]").first.wait_for()
    opened = page.evaluate(OPENED) / 1e3
    times = page.evaluate(BRUSHED, UPDATES)
    page.wait_for_timeout(500)
    said = page.locator("#parallel .note").text_content() or ""
    page.close()
    return opened, statistics.median(times), said


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    program = shutil.which("chromium")
    with sync_playwright() as playwright:
        if program is None:
            notes.append("Nothing was measured: there is no Chromium; `make services` installs it.")
            return
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for trials, goals in (
            (options.size(10_000, 500), (2.0, 100.0)),
            (options.size(100_000, 2_000), (None, None)),
        ):
            with served(trials) as url:
                opened_and_brushed(browser, url)  # the server's caches are warm then
                found = [opened_and_brushed(browser, url) for _ in range(options.repeats)]
            notes.append(f"{trials:,} trials: {found[0][2]}")
            seconds, updates, _ = zip(*found, strict=True)
            what = f"{trials:,} trials x {PARAMETERS} parameters x {OBSERVATIONS} observations"
            yield Row(f"open {what}", "s", seconds, at_most=goals[0])
            yield Row(f"one update of a brush, {trials:,} trials", "ms", updates, at_most=goals[1])
        browser.close()


if __name__ == "__main__":
    main("The dashboard in a browser", measure, ("sherpa-flask", "playwright"), 5)
