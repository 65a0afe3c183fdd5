from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from sherpa_core import Study
from sherpa_core.cli.progress import Progress
from sherpa_core.options import RunOptions


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def a_runner(study: Study, **options: Any) -> Any:
    return SimpleNamespace(
        engine=study.engine,
        history=study.history,
        options=RunOptions(**options),
        interrupted=0,
        running=list(study.history.running),
    )


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def finish_one(study: Study, objective: float) -> None:
    trial = study.get_suggestion()
    study.add_observation(trial, objective)
    study.finalize(trial)


def test_lines_come_every_so_often_without_a_terminal(
    study: Study, screen: io.StringIO, clock: Clock
) -> None:
    runner = a_runner(study)
    with Progress(Console(file=screen), clock) as progress:
        for _ in range(1000):
            progress(runner)
            clock.now += 0.1  # the runner turns ten times a second

    lines = screen.getvalue().splitlines()
    assert 10 <= len(lines) <= 20
    assert lines[0].startswith("3/10 trials done · 0 running · 1 failed")
    assert "best 0.25 (trial 2)" in lines[0]


def test_time_left_comes_from_this_run(study: Study, screen: io.StringIO, clock: Clock) -> None:
    progress = Progress(Console(file=screen), clock)
    progress(a_runner(study))
    clock.now += 60
    finish_one(study, 0.1)
    finish_one(study, 0.2)

    line = progress.line(a_runner(study), clock.now)

    # Two trials in a minute, five of ten are left.
    assert line.startswith("5/10 trials done")
    assert "1:00 · about 2:30 left · best" in line


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ({"timeout": 90}, "at most 0:30 left"),
        ({"timeout": 1000}, "about 2:30 left"),
        ({"max_num_trials": 6}, "about 0:30 left"),
    ],
)
def test_limits_of_the_run_count(
    options: dict[str, Any], end: str, study: Study, screen: io.StringIO, clock: Clock
) -> None:
    progress = Progress(Console(file=screen), clock)
    progress(a_runner(study, **options))
    clock.now += 60
    finish_one(study, 0.1)
    finish_one(study, 0.2)

    assert f" · {end} · best" in progress.line(a_runner(study, **options), clock.now)


def test_a_terminal_shows_one_live_line(study: Study, screen: io.StringIO, clock: Clock) -> None:
    console = Console(file=screen, force_terminal=True, width=100, legacy_windows=False)
    with Progress(console, clock) as progress:
        for _ in range(10):
            progress(a_runner(study))
            clock.now += 0.1

    assert screen.getvalue().count("3/10 trials done") == 5, "five times a second is enough"
    assert "kernel=" in screen.getvalue()


def test_an_interrupt_is_said_at_once(study: Study, screen: io.StringIO, clock: Clock) -> None:
    runner = a_runner(study)
    with Progress(Console(file=screen), clock) as progress:
        progress(runner)
        runner.interrupted = 1
        runner.running = [4, 5]
        progress(runner)
        progress(runner)

    assert screen.getvalue().count("interrupted: waiting for 2 running") == 1


def test_names_cannot_steer_the_terminal(tmp_path: Path, screen: io.StringIO, clock: Clock) -> None:
    from sherpa_core import Choice

    space = [Choice("\x1b[2J", ["[bold]a[/bold]"])]
    study = Study(space, "random", disable_dashboard=True)
    finish_one(study, 0.5)
    console = Console(file=screen, force_terminal=True, width=100, no_color=True)
    with Progress(console, clock) as progress:
        progress(a_runner(study))

    assert "\x1b[2J" not in screen.getvalue()
    assert "[bold]a[/bold]" in screen.getvalue()
