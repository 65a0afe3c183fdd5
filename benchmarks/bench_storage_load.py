"""Do the storages carry 200 trials on other hosts, and how many events a second do they take?"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import attrs
from _common import Options, Row, main

from sherpa_core.errors import PluginError, StorageError
from sherpa_core.registry import open_storage

CLIENTS = 200
OBSERVATIONS = 10  # of each client
PROCESSES = 4  # among which the clients are spread, as threads that share nothing
STUDY = "load"
MONGODB = os.environ.get("SHERPA_TEST_MONGODB", "mongodb://127.0.0.1:27217/")

_spawn = multiprocessing.get_context("spawn")


@attrs.frozen
class Round:
    """What came of one round: the latency of each append, and the seconds from first to last."""

    latencies: list[float]
    seconds: float

    def percentile(self, percent: int) -> float:
        """Return the milliseconds that so many appends of a hundred do not exceed."""
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1] * 1e3


# ---- clients ----------------------------------------------------------------------------


def observation(client: int, iteration: int) -> dict[str, Any]:
    """Return what a trial reports."""
    key = f"trial/{client}/observation/1/{iteration}"
    return {
        "type": "observation_added", "time": time.time(), "writer": f"{client:012x}", "key": key,
        "trial": client, "attempt": 1, "iteration": iteration, "objective": 1 / iteration,
        "context": {"accuracy": 0.5},
    }  # fmt: skip


def client(url: str, number: int, count: int, pace: float, told: list[Any]) -> None:
    """Report `count` observations, with pauses of `pace` seconds on average."""
    dice = random.Random(number)
    storage = open_storage(url)
    for iteration in range(1, count + 1):
        time.sleep(dice.uniform(0, 2 * pace))
        event = observation(number, iteration)
        start = time.time()
        storage.append(STUDY, [event])
        told.append((start, time.time()))
    storage.close()


def work(url: str, numbers: list[int], count: int, pace: float, ready: Any, answer: Any) -> None:
    """One process: its share of the clients, each a thread with a storage of its own."""
    told: list[Any] = []
    errors: list[str] = []

    def run(number: int) -> None:
        try:
            client(url, number, count, pace, told)
        except Exception as error:  # noqa: BLE001 - the parent reports it
            errors.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    ready.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer.put((told, errors))


def run_round(url: str, clients: int, count: int, pace: float) -> Round:
    """Let clients report at a pace, and check that everything counts once."""
    shares = [list(range(clients))[start::PROCESSES] for start in range(min(PROCESSES, clients))]
    ready, answer = _spawn.Barrier(len(shares)), _spawn.Queue()
    processes = [
        _spawn.Process(target=work, args=(url, share, count, pace, ready, answer))
        for share in shares
    ]
    for process in processes:
        process.start()
    answers = [answer.get() for _ in processes]
    for process in processes:
        process.join()
    errors = [error for _, each in answers for error in each]
    if errors:
        raise SystemExit(f"{len(errors)} clients failed, the first with: {errors[0]}")
    storage = open_storage(url)
    keys = sorted(event["key"] for event in storage.read(STUDY, 0, None))
    storage.delete_study(STUDY)
    storage.close()
    wanted = [
        observation(number, each + 1)["key"] for number in range(clients) for each in range(count)
    ]
    if keys != sorted(wanted):
        raise SystemExit(f"{len(keys)} observations are in the log, {len(wanted)} were sent")
    times = [each for told, _ in answers for each in told]
    seconds = max(end for _, end in times) - min(start for start, _ in times)
    return Round([end - start for start, end in times], seconds)


# ---- storages ---------------------------------------------------------------------------


@contextmanager
def sqlite() -> Iterator[str]:
    """A file, as on one host."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite://{folder}/study.db"


def _serve(folder: str, started: Any, stop: Any) -> None:
    from sherpa_http import HTTPStorage

    storage = HTTPStorage.serve(Path(folder))
    started.put(storage.url)
    stop.wait()
    storage.close()


@contextmanager
def http() -> Iterator[str]:
    """A process that serves its storage, as a runner does."""
    started, stop = _spawn.Queue(), _spawn.Event()
    with tempfile.TemporaryDirectory() as folder:
        runner = _spawn.Process(target=_serve, args=(folder, started, stop))
        runner.start()
        try:
            yield started.get()
        finally:
            stop.set()
            runner.join()


@contextmanager
def mongodb() -> Iterator[str]:
    """A server that runs already, and a database of our own."""
    yield f"{MONGODB}sherpa_bench_{os.getpid()}"


Start = Callable[[], AbstractContextManager[str]]


def available(notes: list[str]) -> dict[str, Start]:
    """Return the storages that can be measured here."""
    found: dict[str, Start] = {"HTTP": http, "MongoDB": mongodb, "SQLite": sqlite}
    try:
        open_storage(MONGODB).list_studies()
    except (PluginError, StorageError) as error:
        del found["MongoDB"]
        notes.append(f"MongoDB was left out: {error}\n(scripts/services/mongodb.sh up starts one)")
    return found


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    storages = available(notes)
    clients, count = options.size(CLIENTS, 8), options.size(OBSERVATIONS, 2)
    for name, start in storages.items():
        if name == "SQLite":  # other hosts do not reach it
            continue
        with start() as url:
            paced, at_once = [
                [run_round(url, clients, count, pace) for _ in range(options.repeats)]
                for pace in (0.01 if options.quick else PACE, 0.0)
            ]
        what = f"{name}, {clients} clients"
        for percent, goal in ((50, None), (99, 200 if name == "MongoDB" else None)):
            values = [each.percentile(percent) for each in paced]
            yield Row(f"{what}, each every {PACE:g} s: p{percent}", "ms", values, at_most=goal)
        for percent in (50, 99):
            values = [each.percentile(percent) for each in at_once]
            yield Row(f"{what}, all at once: p{percent}", "ms", values)
        values = [each.seconds for each in at_once]
        yield Row(f"{what}, all at once: until all is stored", "s", values, at_most=60)
    for number in (1, 2) if options.quick else (1, 8, 64):
        each_sends = max(1, options.size(1280, 4) // number)
        for name, start in storages.items():
            rates = []
            for _ in range(options.repeats):
                with start() as url:
                    found = run_round(url, number, each_sends, 0.0)
                rates.append(number * each_sends / found.seconds)
            yield Row(
                f"{name}, {number} client{'s' * (number > 1)} without pause", "events/s", rates
            )
    notes.append(
        f"{clients} clients send {count} observations each. Every client has a connection of its "
        f"own; {PROCESSES} processes share them. After each\nround the log is read: an observation "
        "that is missing or there twice, or an error, would have ended the benchmark."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--pace", type=float, default=10.0)
    given, sys.argv[1:] = parser.parse_known_args()
    PACE = given.pace
    distributions = ["sherpa-http", "sherpa-sqlite"]
    main("200 trials that report from other hosts", measure, distributions, repeats=1)
