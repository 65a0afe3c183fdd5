"""What the runs say: medians, shares of pairs of runs won with their intervals, mean ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np
from curves import Run

#: method -> problem -> one value for each seed
Values = dict[str, dict[str, np.ndarray]]
DRAWS = 2000
TIE = 1e-9


@attrs.frozen
class Share:
    """How often one method ended lower than another; ties count half.

    Args:
        mean: over problems, of the share of all pairs of runs.
        low: lower end of the 95 % interval; seeds are drawn again, problems are not.
        high: its upper end.
        least: the least share on a problem.
        where: that problem.
    """

    mean: float
    low: float
    high: float
    least: float
    where: str


def values(runs: Iterable[Run], trials: int, batch: int = 1) -> Values:
    """Return the values after a number of trials of all runs that went so far."""
    found: dict[str, dict[str, list[float]]] = {}
    for run in sorted(runs, key=lambda each: each.seed):
        if run.trials >= trials and run.batch == batch:
            problems = found.setdefault(run.method, {})
            problems.setdefault(run.problem, []).append(run.at(trials))
    return {
        method: {problem: np.array(each) for problem, each in problems.items()}
        for method, problems in found.items()
    }


def wins(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return 1, 0 or for a tie 0.5 for every pair of runs."""
    difference = theirs[None, :] - ours[:, None]
    tie = np.abs(difference) <= TIE * np.maximum(1, np.abs(theirs))[None, :]
    return np.where(tie, 0.5, (difference > 0).astype(float))


def share(found: Values, ours: str, theirs: str, problems: Sequence[str]) -> Share | None:
    """Return how often `ours` won against `theirs`, None where they share no problem."""
    mine, other = found.get(ours, {}), found.get(theirs, {})
    common = [problem for problem in problems if problem in mine and problem in other]
    if not common:
        return None
    rng = np.random.default_rng(0)
    tables = [wins(mine[problem], other[problem]) for problem in common]
    means = [float(table.mean()) for table in tables]
    drawn = np.mean([_drawn(table, rng) for table in tables], axis=0)
    low, high = np.quantile(drawn, [0.025, 0.975])
    worst = int(np.argmin(means))
    return Share(float(np.mean(means)), float(low), float(high), means[worst], common[worst])


def _drawn(table: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the table's mean for seeds drawn again with replacement."""
    rows, columns = table.shape
    one = rng.multinomial(rows, [1 / rows] * rows, DRAWS) / rows
    two = rng.multinomial(columns, [1 / columns] * columns, DRAWS) / columns
    return np.einsum("bi,ij,bj->b", one, table, two)


def ranks(found: Values, methods: Sequence[str], problems: Sequence[str]) -> dict[str, float]:
    """Return each method's mean rank, 1 for the best, among those that ran on all problems.

    The rank on a problem is the expected one when a run of each method is drawn.
    """
    there = [
        method
        for method in methods
        if problems and all(each in found.get(method, {}) for each in problems)
    ]
    return {
        method: 1
        + float(
            np.mean(
                [
                    sum(
                        wins(found[other][problem], found[method][problem]).mean()
                        for other in there
                        if other != method
                    )
                    for problem in problems
                ]
            )
        )
        for method in there
    }
