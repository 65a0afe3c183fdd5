"""Hypothesis strategies: search spaces, configurations, and what happens in studies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from sherpa_core.events import Event
from sherpa_core.parameters import Choice, Continuous, Discrete, Ordinal, Parameter
from sherpa_core.space import SearchSpace
from sherpa_testkit.simulation import Drawn, Simulation, Step

#: Values of choices: all that JSON knows, with neighbours that are easily confused.
VALUES = ("sgd", "adam", "", "1", 1, 2.5, None, True, "größe", "<b>&'\"", [16, 32], {"depth": 2})

_USUAL = (
    *("run", "run", "run", "ask", "ask", "ask", "observe", "observe", "observe", "observe"),
    *("complete", "complete", "fail", "stop", "restart", "queue"),
)
_NAMES = ("lr", "num units", "größe", "a,b", "it's", "<i>")


def parameters(
    name: str = "x", when: dict[str, list[Any]] | None = None
) -> st.SearchStrategy[Parameter]:
    """Return a strategy for parameters of every type, scale, step and distribution.

    Args:
        name: the parameters' name.
        when: their condition.
    """
    return st.one_of(
        _continuous(name, when), _discrete(name, when), _listed(name, when, Ordinal, Choice)
    )


@st.composite
def spaces(
    draw: st.DrawFn, min_size: int = 1, max_size: int = 30, conditions: bool = True
) -> SearchSpace:
    """Return a strategy for search spaces.

    Args:
        draw: given by Hypothesis.
        min_size: the smallest number of parameters.
        max_size: the largest number of parameters.
        conditions: whether parameters may have conditions, on conditional ones too.
    """
    found: list[Parameter] = []
    for index in range(draw(st.integers(min_size, max_size))):
        name = f"{draw(st.sampled_from(_NAMES))} {index}"
        parents = [each for each in found if not isinstance(each, Continuous)]
        when = draw(_conditions(parents)) if conditions and parents else None
        found.append(draw(parameters(name, when)))
    return SearchSpace(draw(st.permutations(found)) if len(found) < 6 else found)


def configurations(space: SearchSpace) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for valid configurations of a space, the ends of its ranges included."""
    unit = st.floats(0, 1, allow_subnormal=False)
    return st.lists(unit, min_size=len(space), max_size=len(space)).map(space.decode)


def objectives() -> st.SearchStrategy[float]:
    """Return a strategy for objectives: equal ones, NaN and infinity are among them."""
    special = st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf])
    return special | st.floats(-1e6, 1e6, allow_subnormal=False)


def steps(actions: Iterable[str] | None = None) -> st.SearchStrategy[Step]:
    """Return a strategy for what happens next in a study.

    Args:
        actions: those that may happen, more often if named more often. Default: all of `Step`.
    """
    return st.sampled_from(tuple(actions or _USUAL)).flatmap(_step)


def scripts(
    max_size: int = 30, actions: Iterable[str] | None = None
) -> st.SearchStrategy[list[Step]]:
    """Return a strategy for lists of steps: trials of every status, at a time or in turn.

    Args:
        max_size: the largest number of steps.
        actions: see `steps`.
    """
    step = steps(actions)
    return st.integers(0, max_size).flatmap(
        lambda size: st.lists(step, min_size=size, max_size=size)
    )


@st.composite
def histories(draw: st.DrawFn, space: SearchSpace | None = None, max_size: int = 30) -> list[Event]:
    """Return a strategy for the logs of studies whose algorithm drew at random.

    Some trials are completed, failed or stopped, some are running, some have reported NaN or
    nothing, some began anew; some were queued by a user. `History.of(log)` is the history.

    Args:
        draw: given by Hypothesis.
        space: the search space. Default: any.
        max_size: the largest number of things that happen.
    """
    chosen = draw(spaces(max_size=5)) if space is None else space
    study = Simulation(Drawn(), chosen, draw(st.booleans()), draw(st.integers(0, 2**63 - 1)))
    study.play(draw(scripts(max_size)))
    return study.events


def _step(action: str) -> st.SearchStrategy[Step]:
    if action == "ask":
        return st.just(Step("ask"))
    if action == "queue":
        return st.builds(Step, st.just(action), value=st.sampled_from([0.0, 0.5, 1.0]))
    if action == "run":
        return st.builds(Step, st.just(action), value=objectives())
    which = st.integers(0, 7)
    if action == "observe":
        return st.builds(Step, st.just(action), which, objectives(), st.integers(1, 8))
    return st.builds(Step, st.just(action), which)


@st.composite
def _conditions(draw: st.DrawFn, parents: list[Parameter]) -> dict[str, list[Any]] | None:
    chosen = draw(st.lists(st.sampled_from(parents), max_size=2, unique_by=lambda each: each.name))
    units = st.lists(st.floats(0, 1), min_size=1, max_size=2)
    return {each.name: [each.from_unit(unit) for unit in draw(units)] for each in chosen} or None


@st.composite
def _continuous(draw: st.DrawFn, name: str, when: dict[str, list[Any]] | None) -> Continuous:
    kind = draw(st.sampled_from(["linear", "log", "step", "normal", "lognormal"]))
    if kind in ("log", "lognormal"):
        low = 10.0 ** draw(st.integers(-6, 3))
        high = low * 10.0 ** draw(st.integers(1, 6))
    else:
        low = float(draw(st.integers(-1000, 1000)))
        high = low + draw(st.sampled_from([0.01, 0.7, 1.0, 3.0, 1000.0]))
    if kind == "log":
        return Continuous(name, [low, high], "log", when=when)
    if kind == "step":
        step = (high - low) / draw(st.sampled_from([1, 3, 10, 10.5]))
        return Continuous(name, [low, high], step=step, when=when)
    if kind == "linear":
        return Continuous(name, draw(st.permutations([low, high])), when=when)
    return Continuous(name, [low, high], distribution=_prior(kind, low, high), when=when)


@st.composite
def _discrete(draw: st.DrawFn, name: str, when: dict[str, list[Any]] | None) -> Discrete:
    kind = draw(st.sampled_from(["linear", "log", "step", "normal", "lognormal"]))
    low = draw(st.integers(1, 100)) if "log" in kind else draw(st.integers(-100, 100))
    high = low + draw(st.sampled_from([1, 2, 3, 10, 1000]))
    if kind == "log":
        return Discrete(name, [low, high], "log", when=when)
    if kind == "step":
        return Discrete(name, [low, high], step=draw(st.integers(1, high - low)), when=when)
    if kind == "linear":
        return Discrete(name, [low, high], when=when)
    return Discrete(name, [low, high], distribution=_prior(kind, low, high), when=when)


def _prior(kind: str, low: float, high: float) -> dict[str, Any]:
    ends = (math.log(low), math.log(high)) if kind == "lognormal" else (low, high)
    return {"type": kind, "mean": sum(ends) / 2, "std": (ends[1] - ends[0]) / 4}


def _listed(
    name: str, when: dict[str, list[Any]] | None, *types: type[Parameter]
) -> st.SearchStrategy[Parameter]:
    values = st.permutations(VALUES).flatmap(
        lambda found: st.integers(1, len(found)).map(lambda size: list(found)[:size])
    )
    return st.builds(lambda cls, found: cls(name, found, when=when), st.sampled_from(types), values)
