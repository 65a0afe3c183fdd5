"""How many trials a second do processes get through one shared file, and are they served evenly?"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
from _common import Options, Row, main, space, suggest_with_optuna

OBSERVATIONS = 5
Trial = Callable[[], list[float]]


@attrs.frozen
class Round:
    """What came of one round: trials a second, each process's share, latencies of the calls."""

    rate: float
    shares: list[int]
    latencies: list[float]

    @property
    def smallest_share(self) -> float:
        """The smallest share relative to an even one."""
        return min(self.shares) * len(self.shares) / sum(self.shares)

    @property
    def p99(self) -> float:
        """Milliseconds that one call in a hundred exceeds."""
        return statistics.quantiles(self.latencies, n=100)[98] * 1e3


def sherpa(folder: str) -> Trial:
    """Return what runs one trial with SHERPA's SQLite storage."""
    from sherpa_core import Study

    study = Study(
        space(), "random", storage=f"sqlite:{folder}/study.db", name="bench", random_seed=1,
        resume=True, disable_dashboard=True,
    )  # fmt: skip

    def run() -> list[float]:
        times = [time.perf_counter()]
        trial: Any = study.get_suggestion()
        times.append(time.perf_counter())
        for iteration in range(1, OBSERVATIONS + 1):
            study.add_observation(trial, 1 / iteration, iteration)
            times.append(time.perf_counter())
        study.finalize(trial)
        times.append(time.perf_counter())
        return times

    return run


def _optuna(storage: Any) -> Trial:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=storage, study_name="bench", load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(), pruner=optuna.pruners.NopPruner(),
    )  # fmt: skip

    def run() -> list[float]:
        times = [time.perf_counter()]
        trial = study.ask()
        suggest_with_optuna(trial)
        times.append(time.perf_counter())
        for iteration in range(1, OBSERVATIONS + 1):
            trial.report(1 / iteration, iteration)
            times.append(time.perf_counter())
        study.tell(trial, 0.5)
        times.append(time.perf_counter())
        return times

    return run


def optuna_sqlite(folder: str) -> Trial:
    """The same with Optuna's storage in an SQLite database."""
    return _optuna(f"sqlite:///{folder}/study.db")


def optuna_journal(folder: str) -> Trial:
    """The same with Optuna's journal file."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return _optuna(JournalStorage(JournalFileBackend(f"{folder}/journal.log")))


SYSTEMS = {"sherpa": sherpa, "sqlite": optuna_sqlite, "journal": optuna_journal}


def work(system: str, folder: str, total: int, done: Any, ready: Any, answer: Any) -> None:
    """One process: take trials until `total` are done by all, and tell what came of it."""
    try:
        run = SYSTEMS[system](folder)
        ready.wait()
        share, latencies, start = 0, [], time.perf_counter()
        while True:
            with done.get_lock():
                if done.value >= total:
                    break
                done.value += 1
            times = run()
            share += 1
            latencies += [after - before for before, after in pairwise(times)]
        answer.put((share, latencies, time.perf_counter() - start, ""))
    except BaseException as error:  # noqa: BLE001 - the parent reports it
        answer.put((0, [], 0.0, f"{system}: {type(error).__name__}: {error}"))
        ready.abort()


def run_round(system: str, processes: int, total: int) -> Round:
    """Run `total` trials on a new file."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        SYSTEMS[system](folder)  # creates the file, whose making is not measured
        done, answer = context.Value("i", 0), context.Queue()
        ready = context.Barrier(processes)
        workers = [
            context.Process(target=work, args=(system, folder, total, done, ready, answer))
            for _ in range(processes)
        ]
        for worker in workers:
            worker.start()
        answers = [answer.get() for _ in workers]
        for worker in workers:
            worker.join()
        errors = [error for *_, error in answers if error]
        if errors:
            raise SystemExit(errors[0])
        assert any(Path(folder).iterdir())
    shares = [share for share, *_ in answers]
    assert sum(shares) == total
    latencies = [latency for _, each, *_ in answers for latency in each]
    return Round(total / max(seconds for _, _, seconds, _ in answers), shares, latencies)


def measure(options: Options, notes: list[str]) -> Iterator[Row]:
    total = options.size(400, 8)
    notes.append("p99 latency of a call (ask, observe, finalize):")
    for processes in (1, 4, 8) if not options.quick else (1, 2):
        rounds: dict[str, list[Round]] = {name: [] for name in SYSTEMS}
        for _ in range(options.repeats):
            for name in SYSTEMS:
                rounds[name].append(run_round(name, processes, total))
        rates = {name: [each.rate for each in found] for name, found in rounds.items()}
        what = f"{total} trials, {processes} process{'es' if processes > 1 else ''}"
        yield Row(what, "trials/s", rates["sherpa"], "Optuna SQLite", rates["sqlite"], at_least=12)
        yield Row(what, "trials/s", rates["sherpa"], "Optuna journal", rates["journal"], at_least=3)
        if processes > 1:
            yield Row(
                f"{what}, smallest share of an even one",
                "",
                [each.smallest_share for each in rounds["sherpa"]],
                at_least=0.5,
            )
        notes.append(
            f"  {what}: "
            + ", ".join(
                f"{name} {statistics.median(each.p99 for each in found):.1f} ms"
                for name, found in rounds.items()
            )
        )
    notes.append(
        f"A trial is one ask, {OBSERVATIONS} observations and one finalize. The processes take "
        "trials from one count,\nso that a slower one gets fewer. An error of any process, such as "
        "a lock, would have ended the benchmark."
    )


if __name__ == "__main__":
    main("Trials through one file by several processes", measure, ("optuna", "sherpa-sqlite"), 3)
