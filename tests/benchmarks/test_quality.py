"""The comparison with other libraries: its functions, its statistics, and runs that are kept."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "quality"
MINIMA = {
    "Branin 2": [math.pi, 2.275],
    "Hartmann 6": [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573],
    "Ackley 5": [0.0] * 5,
    "Rosenbrock 4": [1.0] * 4,
    "Levy 8": [1.0] * 8,
    "Styblinski-Tang 5": [-2.903534] * 5,
}
OTHER_MINIMA = {
    "Rastrigin 4": [0.7] * 4,
    "Colville 4": [1.0] * 4,
    "Dixon-Price 5": [2 ** (2.0**-place - 1) for place in range(5)],
    "Zakharov 6": [0.0] * 6,
    "Schwefel 3": [420.9687] * 3,
}


@pytest.fixture
def quality(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Import a module of the folder, whose scripts import each other by their plain names."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield import_module
    for name in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def script(name: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, FOLDER / name, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def short_runs(folder: Path, trials: int, *more: str) -> str:
    return script(
        "run.py", "--methods", "random", "--problems", "noisy Branin 2", "conditional 8",
        "--seeds", "0", "2", "--trials", str(trials), "--jobs", "1", "--folder", folder, *more,
    )  # fmt: skip


@pytest.mark.parametrize("name", MINIMA)
def test_functions_have_their_minimum_where_it_is_known_to_be(quality: Any, name: str) -> None:
    problem = quality("problems").PROBLEMS[name]
    place = {f"x{index}": value for index, value in enumerate(MINIMA[name])}

    assert problem.function(place) == pytest.approx(problem.minimum, abs=1e-5)
    assert set(place) == {parameter["name"] for parameter in problem.space}


@pytest.mark.parametrize("name", OTHER_MINIMA)
def test_so_do_the_functions_that_rules_are_chosen_on(quality: Any, name: str) -> None:
    function = quality("others").OTHERS[name].function
    place = {f"x{index}": value for index, value in enumerate(OTHER_MINIMA[name])}
    beside = [{**place, each: value + 0.01} for each, value in place.items()]

    assert function(place) == pytest.approx(0, abs=1e-4)
    assert function(place) < min(map(function, beside))


def test_no_rule_is_chosen_on_what_is_reported(quality: Any) -> None:
    reported, others = quality("problems").PROBLEMS, quality("others").OTHERS
    rng = np.random.default_rng(0)

    assert not reported.keys() & others.keys()
    for problem in others.values():
        drawn = {each["name"]: draw(each, rng) for each in problem.space}
        assert math.isfinite(problem.function(drawn))


def test_no_configuration_lies_below_a_known_minimum(quality: Any) -> None:
    problems = quality("problems")
    rng = np.random.default_rng(0)
    for problem in problems.PROBLEMS.values():
        for _ in range(100 if problem.minimum is not None else 1):
            drawn = {each["name"]: draw(each, rng) for each in problem.space}
            value = problem.function(problems.active(problem.space, drawn))
            assert math.isfinite(value)
            assert problem.minimum is None or value >= problem.minimum - 1e-4


def draw(parameter: dict[str, Any], rng: np.random.Generator) -> Any:
    if parameter["kind"] == "cat":
        return parameter["choices"][rng.integers(len(parameter["choices"]))]
    if parameter["kind"] == "int":
        return int(rng.integers(parameter["low"], parameter["high"] + 1))
    return rng.uniform(parameter["low"], parameter["high"])


def test_only_active_parameters_count(quality: Any) -> None:
    problems = quality("problems")
    space = problems.PROBLEMS["pipeline"].space
    everything = {"model": "svc", **{each["name"]: 1 for each in space if each["name"] != "model"}}

    assert set(problems.active(space, everything)) == {"scaling", "model", "C", "gamma"}


def test_a_curve_is_the_value_without_noise_of_what_looked_best(quality: Any) -> None:
    curves = quality("curves")

    curve = curves.changes([5.0, 3.0, 4.0, 2.0], [4.0, 4.5, 1.0, 3.0])
    run = curves.Run("m", "p", 1, 0, 4, 0.0, {}, curve)

    assert curve == [(1, 4.0), (2, 4.5), (4, 3.0)]
    assert [run.at(trials) for trials in (1, 2, 3, 4)] == [4.0, 4.5, 4.5, 3.0]
    assert run.values(4).tolist() == [4.0, 4.5, 4.5, 3.0]


def test_shares_count_ties_half_and_average_over_problems(quality: Any) -> None:
    compare = quality("compare")
    found = {
        "a": {"p": np.array([1.0, 2.0]), "q": np.array([0.0, 0.0])},
        "b": {"p": np.array([2.0, 3.0]), "q": np.array([1.0, 1.0])},
    }

    share = compare.share(found, "a", "b", ["p", "q", "unknown"])

    assert share.mean == pytest.approx((3.5 / 4 + 1) / 2)
    assert (share.least, share.where) == (3.5 / 4, "p")
    assert share.low <= share.mean <= share.high <= 1
    assert compare.share(found, "b", "a", ["p", "q"]).mean == pytest.approx(1 - share.mean)
    assert compare.ranks(found, ["a", "b"], ["p", "q"]) == {
        "a": pytest.approx(2 - share.mean),
        "b": pytest.approx(1 + share.mean),
    }


def test_an_interval_is_narrower_with_more_seeds(quality: Any) -> None:
    compare = quality("compare")
    rng = np.random.default_rng(0)

    def width(seeds: int) -> float:
        found = {name: {"p": rng.normal(size=seeds)} for name in "ab"}
        share = compare.share(found, "a", "b", ["p"])
        return float(share.high - share.low)

    assert width(5) > 2 * width(100) > 0


def test_runs_are_kept_and_not_repeated(tmp_path: Path) -> None:
    assert "0 runs are there, 4 to do" in short_runs(tmp_path, 5)
    assert "4 runs are there, 0 to do" in short_runs(tmp_path, 5)
    assert "0 runs are there, 4 to do" in short_runs(tmp_path, 9)
    assert "0 runs are there, 4 to do" in short_runs(tmp_path, 9, "--batch", "8")

    lines = list(map(json.loads, (tmp_path / "random.jsonl").read_text("utf-8").splitlines()))
    short, long = lines[0], lines[4]
    assert len(lines) == 12
    assert (short["problem"], short["seed"], short["versions"].keys()) == (
        long["problem"], long["seed"], {"sherpa-random"},
    )  # fmt: skip
    assert [each for each in long["curve"] if each[0] <= 5] == short["curve"]


def test_the_report_names_methods_and_problems(tmp_path: Path) -> None:
    short_runs(tmp_path, 25)

    text = script("report.py", "--folder", tmp_path)

    assert "### Median of the best value, 25 trials, one at a time" in text
    assert "| conditional 8 (0) | **" in text
    assert "| `random` | sherpa-random " in text


def test_each_rule_is_said_with_its_measurement(quality: Any, tmp_path: Path) -> None:
    curves, rules = quality("curves"), quality("rules")
    for trials, keys in rules.keys(0, 2).items():
        for method, problem, batch, seed in keys:
            better = method == "gp 200 then cma-es"
            run = curves.Run(method, problem, batch, seed, trials, 1.0, {}, [(1, -float(better))])
            curves.write(run, tmp_path)

    lines = rules.table(list(curves.read(tmp_path, rules.WAYS).values()))[2:]

    assert len(lines) == len(rules.RULES)
    won = {line.split(" | ")[0].strip("| "): line.split(" | ")[3:5] for line in lines}
    for rule, share in (
        ("... also where all are numbers", "0.00"),
        ("there `cma-es` comes next, not `tpe`", "1.00"),
    ):
        assert won.pop(rule) == ["2", f"**{share}** ({share} to {share})"]
    assert all(each == ["2", "**0.50** (0.50 to 0.50)"] for each in won.values())


@pytest.mark.parametrize("name", ["random", "tpe", "Optuna TPE"])
def test_methods_are_asked_and_told_over_a_pipe(quality: Any, name: str) -> None:
    methods, problems = quality("methods"), quality("problems")
    problem = problems.PROBLEMS["conditional 8"]
    ask = methods.Peer(attrs.evolve(methods.METHODS[name], environment=""))
    known = {"optimizer": "adam", "adam_rate": 0.01, "decay": 0.001, "depth": 1, "units1": 64}

    versions = ask("start", {"space": problem.space, "seed": 1, "trials": 20})["versions"]
    ask("add", [[known, 1.0]])
    asked = []
    for batch in (1, 8, 1):
        answer = ask("ask", batch)
        assert len(answer["configurations"]) == batch
        asked += answer["configurations"]
        ask("tell", list(map(problem.function, answer["configurations"])))
    ask.close()

    assert list(versions.values()) == [version(next(iter(versions)))]
    for configuration in asked:
        everything = dict.fromkeys(each["name"] for each in problem.space) | configuration
        assert problems.active(problem.space, everything) == configuration


def test_a_method_without_its_environment_says_so(tmp_path: Path, quality: Any) -> None:
    methods = quality("methods")
    lost = methods.Method("of_hebo", str(tmp_path / "nowhere"))

    with pytest.raises(FileNotFoundError, match="make bench-quality"):
        methods.Peer(lost)


def test_a_peer_that_fails_says_why(quality: Any) -> None:
    methods = quality("methods")
    peer = methods.Peer(methods.Method("of_nothing"))

    with pytest.raises(RuntimeError, match="No module named 'of_nothing'"):
        peer("start", {})
    peer.close()
