"""Functions as objectives: what they say, and how they are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sherpa_core as sherpa
from sherpa_core.errors import TrialStopped, UserError
from sherpa_core.objective import load_objective

pytestmark = pytest.mark.timeout(60)


# What a function says


def test_what_it_returns_is_its_objective(bench: Any) -> None:
    history = bench.run(lambda trial: trial.parameters["x"] * 2, 3, max_concurrent=2)

    for trial in history.ended:
        assert trial.status == "COMPLETED"
        assert trial.iterations == [1]
        assert trial.objective == trial.parameters["x"] * 2


def test_it_reports_iterations(bench: Any) -> None:
    def objective(trial: Any) -> None:
        trial.report(3.0)
        trial.report(2.0, 5, {"lr": 0.1})
        trial.report(1.0)

    (trial,) = bench.run(objective).ended

    assert trial.iterations == [1, 5, 6]
    assert trial.objectives == [3.0, 2.0, 1.0]
    assert trial.observation(1).context == {"lr": 0.1}


@pytest.mark.parametrize(("returned", "objectives"), [(0.5, [0.5]), (0.25, [0.5, 0.25])])
def test_a_returned_value_that_was_reported_is_not_reported_again(
    bench: Any, returned: float, objectives: list[float]
) -> None:
    def objective(trial: Any) -> float:
        trial.report(0.5)
        return returned

    (trial,) = bench.run(objective).ended

    assert trial.objectives == objectives


def test_numpys_numbers_are_numbers(bench: Any) -> None:
    import numpy as np

    (trial,) = bench.run(lambda trial: trial.report(np.float32(0.5), np.int64(3))).ended

    assert (trial.iterations, trial.objectives) == ([3], [0.5])


def test_it_knows_its_trial_and_its_folder(bench: Any) -> None:
    def objective(trial: Any) -> float:
        Path(trial.output_dir, f"seen_{trial.id}_{trial.attempt}").touch()
        return 0.0

    bench.run(objective, 2)

    assert {path.name for path in bench.folder.glob("seen_*")} == {"seen_1_1", "seen_2_1"}


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (("good",), "objective must be a number"),
        ((None,), "objective must be a number"),
        ((1j,), "objective must be a number"),
        (([1.0],), "objective must be a number"),
        ((1.0, "one"), "iteration must be a whole number"),
        ((1.0, 1, {"x": 2}), "a context value cannot be named 'x'"),
        ((1.0, 1, {"big": "x" * 10_000_000}), "too"),
        ((1.0, 1, {"object": object()}), "is not JSON"),
        ((1.0, 1, "context"), "context must be a dict"),
    ],
)
def test_a_wrong_report_is_an_error_at_its_line(
    bench: Any, report: tuple[Any, ...], message: str
) -> None:
    def objective(trial: Any) -> float:
        with pytest.raises(UserError, match=message):
            trial.report(*report)
        return 1.0

    (trial,) = bench.run(objective).ended

    assert (trial.status, trial.iterations) == ("COMPLETED", [1]), bench.output()


def test_an_iteration_is_reported_once(bench: Any) -> None:
    def objective(trial: Any) -> None:
        trial.report(1.0, 3)
        with pytest.raises(UserError, match="iteration 3"):
            trial.report(2.0, 3)

    (trial,) = bench.run(objective).ended

    assert (trial.status, trial.objectives) == ("COMPLETED", [1.0]), bench.output()


class AfterTwo:
    def should_trial_stop(self, trial: Any) -> bool:
        return bool(trial.num_observations >= 2)


def test_it_is_told_to_stop(bench: Any) -> None:
    def objective(trial: Any) -> None:
        for iteration in range(1, 100):
            try:
                trial.report(1.0, iteration)
            except TrialStopped:
                print("tidying up")
                raise

    history = bench.run(objective, 2, rule=AfterTwo())

    assert [(trial.status, trial.iterations) for trial in history.ended] == [
        ("STOPPED", [1, 2])
    ] * 2
    assert "tidying up" in bench.output()
    assert "Traceback" not in bench.output()


def test_who_does_not_stop_is_killed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sherpa_core.runner._STOP_GRACE", 0.2)

    def objective(trial: Any) -> None:
        while True:
            try:
                trial.report(1.0)
            except TrialStopped:
                continue

    history = bench.run(objective, 1, rule=AfterTwo())

    assert [(trial.status, trial.iterations) for trial in history.ended] == [("STOPPED", [1, 2])]


# Functions at the door


def test_a_function_can_be_named(bench: Any, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "objectives_for_test.py").write_text(
        "class Task:\n    @staticmethod\n    def train(trial):\n        return 4.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    (trial,) = bench.run("objectives_for_test:Task.train").ended

    assert trial.objective == 4.0


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("train", "must look like 'module:function', but is 'train'"),
        ("no_such_module:f", "'no_such_module:f' cannot be imported: .*no_such_module"),
        ("math:no_such", "'math:no_such' cannot be imported: .*no_such"),
        ("math:pi", "'math:pi' is not a function"),
        (3, "must be a function or 'module:function', not 3"),
    ],
)
def test_what_is_no_function_is_refused(objective: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_objective(objective)


@pytest.mark.parametrize(
    ("code", "reason"), [("1 / 0", "ZeroDivisionError"), ("raise SystemExit(0)", "SystemExit")]
)
def test_a_module_that_fails_is_refused(
    code: str, reason: str, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "failing_for_test.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(UserError, match=f"'failing_for_test:f' cannot be imported: {reason}"):
        load_objective("failing_for_test:f")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"command": "true"}, "either an objective function or a command, not both"),
        ({"filename": "train.py"}, "either an objective function or a command, not both"),
        ({"scheduler": "local"}, "a scheduler starts programs, which find a function by its name"),
        ({"resources_per_trial": {"gpus": 1}}, "resources_per_trial need a scheduler"),
    ],
)
def test_what_does_not_fit_a_function_is_refused_and_nothing_is_written(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    space = [sherpa.Continuous("x", [0, 1])]

    with pytest.raises(UserError, match=message):
        sherpa.optimize(space, "random", True, objective=print, output_dir=tmp_path / "o", **given)

    assert list(tmp_path.iterdir()) == []
