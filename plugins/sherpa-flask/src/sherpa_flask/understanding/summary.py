"""All of it: importance, slices and the six answers of a study as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from sherpa_core import History
from sherpa_core.parameters import Parameter
from sherpa_flask.encoding import plain
from sherpa_flask.understanding import effect, expected, explored, pattern, ranges, unstable
from sherpa_flask.understanding.answers import Answer
from sherpa_flask.understanding.follow_up import Subject, follow_up
from sherpa_flask.understanding.forest import Effects, effects, trials_needed
from sherpa_flask.understanding.slices import slices
from sherpa_flask.understanding.table import Table
from sherpa_flask.understanding.words import percent

_FEWEST = 10  # trials of a follow-up study


def subject_of(history: History) -> Subject:
    """Return what is known of a study beside its trials."""
    best = history.best.parameters if history.best is not None else {}
    known = history.space.by_name
    return Subject(
        history.config["name"],
        history.algorithm,
        history.config.get("stopping_rules", ()),
        history.lower_is_better,
        max(_FEWEST, len(history.trials)),
        {name: value for name, value in best.items() if name in known},
    )


def understand(table: Table, subject: Subject) -> dict[str, Any]:
    """Return what a study's trials say.

    Args:
        table: the trials.
        subject: the study.

    Returns:
        JSON values: `trials`, `importance`, `slices`, `questions`, `follow_up`.
    """
    found = effects(table)
    answers = [
        unstable.answer(table),
        effect.answer(table, found, effects(table, better_half=True), subject.best),
        ranges.answer(table, found),
        explored.answer(table, found),
        expected.answer(table, found),
        pattern.answer(table),
    ]
    return {
        "trials": _trials(table),
        "importance": _importance(table, found),
        "slices": [] if found is None else slices(table, found),
        "questions": [_question(each, table, subject) for each in answers],
        "follow_up": _all(answers, table, subject),
    }


def _trials(table: Table) -> dict[str, Any]:
    used = int(table.usable.sum())
    words = f"{used:,} of {table.ended:,} ended trials have a finite objective."
    if len(table) < table.ended:
        words = (
            f"A sample of {len(table):,} of {table.ended:,} ended trials; {used:,} of them have a "
            "finite objective."
        )
    return {"ended": table.ended, "used": used, "words": words}


def _importance(table: Table, found: Effects | None) -> dict[str, Any]:
    if found is None:
        used, needed = int(table.usable.sum()), trials_needed(table)
        words = (
            f"Too few trials: {used:,} have a finite objective, importance takes {needed:,}."
            if used < needed
            else f"All of {used:,} trials have the same objective."
        )
        return {
            "words": words,
            "enough": False,
            "quality": None,
            "parameters": [],
            "interactions": None,
        }
    words = (
        f"A random forest explains {percent(found.quality)} of the objective's variation between "
        f"trials that it has not seen ({found.rows:,} trials)."
    )
    if found.effort is not None:
        words += f" How long a trial was trained explains {percent(found.effort)}."
    rows: list[dict[str, Any]] = [
        {
            "name": parameter.name,
            "importance": float(found.main[column].mean()),
            "low": float(np.quantile(found.main[column], 0.1)),
            "high": float(np.quantile(found.main[column], 0.9)),
            "total": float(found.total[column].mean()),
            "effect": found.has_effect(column),
        }
        for column, parameter in enumerate(table.space)
    ]
    main = sum(row["importance"] for row in rows) + (found.effort or 0.0)
    return {
        "words": words,
        "enough": True,
        "quality": found.quality,
        "noise": found.noise,
        "parameters": sorted(rows, key=lambda row: (-row["importance"], -row["total"])),
        "interactions": max(0.0, 1.0 - main),
    }


def _question(answer: Answer, table: Table, subject: Subject) -> dict[str, Any]:
    step = None
    if answer.advice:
        step = {
            "words": answer.advice,
            **follow_up(subject, table.space, answer.changes, answer.first),
        }
    return {
        "id": answer.id,
        "question": answer.question,
        "answer": answer.answer,
        "trials": answer.trials,
        "words": answer.words,
        "evidence": answer.evidence,
        "show": plain(answer.show),
        "next": step,
    }


def _all(answers: list[Answer], table: Table, subject: Subject) -> dict[str, Any] | None:
    """Return one follow-up study with all advice; where two differ, the later one here counts.

    A look into an unexplored corner is another purpose and stays a study of its own.
    """
    by_id = {answer.id: answer for answer in answers}
    changes: dict[str, Parameter] = {}
    for id in (unstable.ID, pattern.ID, effect.ID, ranges.ID):
        changes.update(by_id[id].changes)
    if not changes:
        return None
    names = ", ".join(name for name in table.space.names if name in changes)
    words = f"All of this advice in one study: {names} changed, the best configuration first."
    return {"words": words, **follow_up(subject, table.space, changes, first=True)}
