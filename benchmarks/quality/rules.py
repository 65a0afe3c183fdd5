"""What the rules of `auto` are worth: its way against others, on problems that are not reported.

Runs are kept like those of run.py, in a folder of their own; `--docs` writes the table of
docs/which-algorithm.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import compare
import curves
import report
from methods import WAYS
from others import NUMERIC, OTHERS
from run import RESULTS, run_all

FOLDER = RESULTS / "rules"
BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"


@attrs.frozen
class Rule:
    """A claim that one way is better than another.

    Args:
        claim: in words.
        way: the name in `methods.WAYS` of what the claim is for.
        other: that of the alternative.
        trials: number of trials.
        batch: number of trials at a time.
        problems: what both are compared on.
    """

    claim: str
    way: str
    other: str
    trials: int
    batch: int = 1
    problems: Sequence[str] = tuple(OTHERS)


NUMBERS = tuple(NUMERIC)
RULES = (
    Rule("`gp` begins, not `tpe`", "gp", "tpe", 200),
    Rule("`gp` goes on to 500 trials", "gp", "gp 200 then tpe", 500),
    Rule("... also where all are numbers", "gp", "gp 200 then cma-es", 500, problems=NUMBERS),
    Rule(
        "there `cma-es` comes next, not `tpe`",
        "gp 200 then cma-es", "gp 200 then tpe", 500, problems=NUMBERS,
    ),
    Rule("`gp` begins with 16 trials at a time, too", "gp", "tpe", 192, 16),
    Rule("... and with 64", "gp", "tpe", 192, 64),
)  # fmt: skip


def keys(first: int, end: int) -> dict[int, list[tuple[str, str, int, int]]]:
    """Return what has to be run, by the number of trials, the longest runs first."""
    wanted: dict[tuple[str, str, int, int], int] = {}
    for rule in RULES:
        for method in (rule.way, rule.other):
            for problem in rule.problems:
                for seed in range(first, end):
                    key = (method, problem, rule.batch, seed)
                    wanted[key] = max(rule.trials, wanted.get(key, 0))
    lengths = sorted(set(wanted.values()), reverse=True)
    return {length: [key for key in wanted if wanted[key] == length] for length in lengths}


def table(runs: Sequence[curves.Run]) -> list[str]:
    """Return a Markdown table of the rules and the shares of pairs of runs that their ways won."""
    lines = []
    for rule in RULES:
        found = compare.values(runs, rule.trials, rule.batch)
        share = compare.share(found, rule.way, rule.other, rule.problems)
        if share is None:
            continue
        seeds = [len(each) for name in (rule.way, rule.other) for each in found[name].values()]
        won = f"**{share.mean:.2f}** ({share.low:.2f} to {share.high:.2f})"
        numbers = map(str, (rule.trials, len(rule.problems), min(seeds)))
        lines.append([rule.claim, *numbers, won, f"`{rule.other}`"])
    return report.table(["rule", "trials", "problems", "seeds", "won", "against"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[0, 3], metavar=("FIRST", "END"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the runs are kept")
    parser.add_argument("--docs", action="store_true", help="write the table into the page")
    given = parser.parse_args()
    failed = sum(
        run_all(wanted, trials, given.folder, given.jobs)
        for trials, wanted in keys(*given.seeds).items()
    )
    text = "\n".join(table(list(curves.read(given.folder, WAYS).values())))
    print(text)
    if given.docs:
        report.written(BEGIN, END, text)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
