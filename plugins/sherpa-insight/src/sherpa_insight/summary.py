"""All of it: importance, slices and the six answers of a study as values of JSON."""

from __future__ import annotations

from typing import Any

from sherpa_core import History
from sherpa_core.parameters import Parameter
from sherpa_insight import effect, expected, explored, pattern, ranges, unstable
from sherpa_insight.answers import Answer
from sherpa_insight.follow_up import Subject, follow_up
from sherpa_insight.forest import effects
from sherpa_insight.importance import importance
from sherpa_insight.slices import slices
from sherpa_insight.table import Table

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
        history.run,
    )


def understand(table: Table, subject: Subject) -> dict[str, Any]:
    """Return what a study's trials say.

    Args:
        table: the trials.
        subject: the study.

    Returns:
        Values of JSON, save that a number may not be finite: `trials`, `importance`, `slices`,
        `questions`, `follow_up`.
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
        "importance": importance(table, found),
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
        "show": answer.show,
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
