"""How long until a page of the dashboard has its data, and what does training lose beside it?"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from _common import Options, Row, interleaved, main

from sherpa_core import Choice, Continuous, Discrete, Parameter, Study
from sherpa_flask import FlaskDashboard

OBSERVATIONS = 10
PARAMETERS: list[Parameter] = [
    parameter
    for number in range(5)
    for parameter in (
        Continuous(f"rate {number}", [1e-5, 1e-1], "log"),
        Continuous(f"share {number}", [0, 1]),
        Discrete(f"units {number}", [1, 512]),
        Choice(f"kind {number}", ["a", "b", "c", "d"]),
    )
]

SERVE = """
import json, resource, sys, time
from http.client import HTTPConnection
from sherpa_flask.library import Place
from sherpa_flask.plugin import Serving

serving = Serving([Place.of(sys.argv[1])], "127.0.0.1", None)
connection = HTTPConnection("127.0.0.1", serving.port, timeout=600)

def ask(address):
    start = time.perf_counter()
    connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body = response.read()
    assert response.status in (200, 302), body
    return time.perf_counter() - start, body, response

_, _, home = ask("/")
page = "/" + home.headers["Location"]
start = time.process_time()
first, body, _ = ask(page + "data")
busy = time.process_time() - start
again, _, _ = ask(page + "data")
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
understood, _, _ = ask(page + "understanding")
print(json.dumps([first, busy, again, len(body) / 1e6, peak / 1e6, understood]))
"""

#: A page that is open: it asks again as soon as it was answered.
PAGE = """
import json, sys, urllib.request
after = ""
while True:
    with urllib.request.urlopen(f"{sys.argv[1]}data?wait=25&after={after}") as answer:
        after = json.load(answer)["cursor"]
    print(after, flush=True)
"""


def write(folder: str, trials: int) -> None:
    """Write a study of so many trials into `folder`."""
    study = Study(PARAMETERS, "random", output_dir=folder, random_seed=1, disable_dashboard=True)
    rng = np.random.default_rng(1)
    events: list[dict[str, Any]] = []
    for number in range(1, trials + 1):
        name = f"trial/{number}"
        parameters = study.history.space.sample(rng)
        base = (parameters["share 0"] - 0.3) ** 2
        added: dict[str, Any] = {"type": "trial_added", "key": name, "trial": number}
        events.append({**added, "parameters": parameters, "origin": "random", "based_on": 0})
        events += (
            {
                "type": "observation_added",
                "key": f"{name}/observation/1/{iteration}",
                "trial": number,
                "attempt": 1,
                "iteration": iteration,
                "objective": base + float(rng.random()) / iteration,
            }
            for iteration in range(1, OBSERVATIONS + 1)
        )
        ended = {"type": "trial_finalized", "key": f"{name}/final", "trial": number}
        events.append({**ended, "status": "COMPLETED"})
        if len(events) >= 50_000 or number == trials:
            study.engine.log.append(*events)
            events.clear()
    study.close()


def opened(folder: str) -> list[float]:
    """Return what a fresh server needs for a page."""
    command = [sys.executable, "-c", SERVE, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    numbers: list[float] = json.loads(done.stdout)
    return numbers


def train(epochs: int, page: bool) -> float:
    """Return the processor time of a process that trains, with or without a page.

    What the server takes of it, the training loses: they share one interpreter.
    """
    dashboard = FlaskDashboard() if page else None
    study = Study(
        PARAMETERS, {"name": "random", "max_num_trials": epochs // 20},
        random_seed=1, dashboard=dashboard, disable_dashboard=not page,
    )  # fmt: skip
    watching = _watch(study) if page else None
    weights = np.random.default_rng(0).random((200, 200))
    start = time.process_time()
    for trial in study:
        for epoch in range(1, 21):
            for _ in range(60):  # some 30 ms, in part in NumPy, in part in Python
                weights = np.tanh(weights * weights)
                sum(range(20_000))
            study.add_observation(trial, float(weights[0, 0]), epoch)
        study.finalize(trial)
    seconds = time.process_time() - start
    if watching is not None:
        watching.kill()
        watching.communicate()
    study.close()
    return seconds


def _watch(study: Study) -> subprocess.Popen[str]:
    (socket,) = study._dashboards._running
    url = socket.plugin._serving.url
    process = subprocess.Popen([sys.executable, "-c", PAGE, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline()  # it has its first answer
    return process


def one_increment(folder: str) -> float:
    """Return the milliseconds of an answer about one new observation of a large study."""
    from sherpa_flask.library import Place
    from sherpa_flask.plugin import Serving

    serving = Serving([Place.of(folder)], "127.0.0.1", None)
    connection = HTTPConnection("127.0.0.1", serving.port, timeout=600)

    def ask(address: str) -> Any:
        connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
        packed = response.headers["Content-Encoding"] == "gzip"
        return response, gzip.decompress(body) if packed else body

    home, _ = ask("/")
    page = urlsplit(home.headers["Location"]).path
    cursor = json.loads(ask(f"/{page}data")[1])["cursor"]
    study = Study.load(folder, disable_dashboard=True)
    trial = study.get_suggestion()
    study.add_observation(trial, 0.5)
    start = time.perf_counter()
    news = json.loads(ask(f"/{page}data?after={cursor}")[1])
    seconds = time.perf_counter() - start
    assert news["trials"]["id"] == [trial.id]
    study.finalize(trial)
    serving.stop()
    return seconds * 1e3


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    for trials, limit in ((options.size(10_000, 20), 2.0), (options.size(100_000, 40), None)):
        what = f"{trials:,} trials"
        with tempfile.TemporaryDirectory() as folder:
            write(folder, trials)
            found = [opened(folder) for _ in range(min(options.repeats, 3))]
            first, busy, again, size, peak, understood = (
                [each[column] for each in found] for column in range(6)
            )
            yield Row(f"{what}: data of the first page", "s", first, at_most=limit)
            yield Row(f"{what}: processor time of that", "s", busy)
            yield Row(f"{what}: data of the next page", "s", again)
            yield Row(f"{what}: size of the data, compressed", "MB", size)
            yield Row(f"{what}: memory of the server", "MB", peak)
            yield Row(f"{what}: understanding", "s", understood)
            increments = [one_increment(folder) for _ in range(min(options.repeats, 3))]
            yield Row(f"{what}: one new observation", "ms", increments)
    epochs = options.size(200, 20)
    with_page, without = interleaved(
        options.repeats, lambda: train(epochs, True), lambda: train(epochs, False)
    )
    yield Row(
        "processor time of a training beside an open page",
        "s",
        with_page,
        "without",
        without,
        at_most=1.02,
    )
    notes.append(
        f"Each trial: {OBSERVATIONS} observations, {len(PARAMETERS)} parameters. Training: "
        f"{epochs} epochs of about 30 ms with one observation each; the page runs in a process "
        "of its own and asks again as soon as it was answered."
    )


if __name__ == "__main__":
    main("The dashboard's server", measure, ("sherpa-flask", "sherpa-sqlite"), 5)
