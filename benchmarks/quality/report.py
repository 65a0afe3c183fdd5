"""The tables of docs/which-algorithm.md, or of any folder of runs on the screen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import compare
import curves
import numpy as np
import pictures
from methods import METHODS, OURS, ROOT
from problems import PROBLEMS
from run import RESULTS

PAGE = ROOT / "docs" / "which-algorithm.md"
BEGIN, END = "<!-- quality: begin -->", "<!-- quality: end -->"
PICTURES = """
![Shares of pairs of runs won, with intervals](pictures/quality-shares.png)

![Best value so far on every problem](pictures/quality-curves.png)
"""
BUDGETS = (25, 50, 100, 200)
RANKED = 50  # trials of the medians and of the classes
KINDS = list(dict.fromkeys(problem.kind for problem in PROBLEMS.values()))


def of_kind(kind: str) -> list[str]:
    """Return the problems of a class."""
    return [name for name, problem in PROBLEMS.items() if problem.kind == kind]


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table."""
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines)]


def shares(runs: Sequence[curves.Run], trials: int, batch: int) -> list[str]:
    """Return how often ours won against every peer, over all problems."""
    found = compare.values(runs, trials, batch)
    ours = [name for name in OURS if name in found]
    lines = []
    for peer in METHODS:
        if peer in OURS or peer not in found:
            continue
        seeds = min(map(len, found[peer].values()))
        cells = [_share(compare.share(found, name, peer, list(PROBLEMS))) for name in ours]
        lines.append([_name(peer), str(len(found[peer])), str(seeds), *cells])
    head = ["against", "problems", "seeds", *(f"`{name}`" for name in ours)]
    return table(head, lines) if ours else []


def _share(share: compare.Share | None) -> str:
    if share is None:
        return ""
    return (
        f"**{share.mean:.2f}** ({share.low:.2f} to {share.high:.2f}), "
        f"{share.least:.2f} on {share.where}"
    )


def classes(runs: Sequence[curves.Run], trials: int, batch: int) -> list[str]:
    """Return each method's mean rank on every class of problems, and on all of them."""
    found = compare.values(runs, trials, batch)
    there = {problem for problems in found.values() for problem in problems}
    groups = {kind: of_kind(kind) for kind in KINDS if there.issuperset(of_kind(kind))}
    groups["all of these"] = [problem for problems in groups.values() for problem in problems]
    ranked = {
        kind: compare.ranks(found, list(METHODS), problems) for kind, problems in groups.items()
    }
    lines = []
    for method in METHODS:
        if method in found:
            cells = [ranked[kind].get(method) for kind in groups]
            best = [min(ranked[kind].values(), default=0) for kind in groups]
            lines.append([_name(method), *map(_best, cells, best)])
    return table(["mean rank", *groups], lines)


def _best(value: float | None, best: float) -> str:
    if value is None:
        return ""
    return f"**{value:.1f}**" if value == best else f"{value:.1f}"


def medians(runs: Sequence[curves.Run], trials: int, batch: int) -> list[str]:
    """Return each method's median value on every problem, the least in bold."""
    found = compare.values(runs, trials, batch)
    methods = [method for method in METHODS if method in found]
    lines = []
    for problem in PROBLEMS:
        if not any(problem in found[method] for method in methods):
            continue
        values = {
            method: float(np.median(found[method][problem]))
            for method in methods
            if problem in found[method]
        }
        best = min(values.values(), default=0.0)
        cells = [
            "" if method not in values else _bold(values[method], values[method] <= best)
            for method in methods
        ]
        minimum = PROBLEMS[problem].minimum
        lines.append([problem if minimum is None else f"{problem} ({minimum:.4g})", *cells])
    return table(["problem (minimum)", *map(_name, methods)], lines)


def _bold(value: float, best: bool) -> str:
    return f"**{value:.4g}**" if best else f"{value:.4g}"


def facts(runs: Sequence[curves.Run]) -> list[str]:
    """Return what was run: versions, and seeds at each number of trials."""
    lines = []
    for method in METHODS:
        mine = [run for run in runs if run.method == method]
        if not mine:
            continue
        seeds = [str(len({run.seed for run in mine if run.trials >= trials})) for trials in BUDGETS]
        versions = {f"{name} {number}" for run in mine for name, number in run.versions.items()}
        lines.append([_name(method), ", ".join(sorted(versions)), *seeds])
    return table(["method", "versions", *(f"seeds at {trials}" for trials in BUDGETS)], lines)


def _name(method: str) -> str:
    return f"`{method}`" if method in OURS or method == "random" else method


def page(runs: Sequence[curves.Run]) -> list[str]:
    """Return the part of the page that the runs decide."""
    text: list[str] = []
    for batch in sorted({run.batch for run in runs}):
        manner = "one at a time" if batch == 1 else f"{batch} at a time"
        for trials in BUDGETS:
            found = shares(runs, trials, batch)
            if len(found) > 2:
                text += [f"### Share of pairs of runs won, {trials} trials, {manner}", "", *found]
                text.append("")
        reached = [trials for trials in BUDGETS if classes(runs, trials, batch)[2:]]
        for trials in [RANKED] if RANKED in reached else reached[-1:]:
            text += [f"### Mean rank, {trials} trials, {manner}", ""]
            text += [*classes(runs, trials, batch), ""]
            text += [f"### Median of the best value, {trials} trials, {manner}", ""]
            text += [*medians(runs, trials, batch), ""]
    return [*text, "### What was run", "", *facts(runs)]


def written(begin: str, end: str, text: str) -> None:
    """Write a part of the page, between two comments."""
    before, _, rest = PAGE.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=RESULTS, help="of the runs")
    parser.add_argument("--docs", action="store_true", help="write the page and its pictures")
    given = parser.parse_args()
    runs = list(curves.read(given.folder, METHODS).values())
    if not runs:
        sys.exit(f"there are no runs in {given.folder}")
    text = "\n".join(page(runs))
    if not given.docs:
        print(text)
        return
    pictures.draw(runs, PAGE.parent / "pictures")
    written(BEGIN, END, f"{PICTURES}\n{text}")


if __name__ == "__main__":
    main()
