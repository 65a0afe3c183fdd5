"""Answer: one of the six questions answered in words, with its evidence and the next step."""

from __future__ import annotations

from typing import Any

import attrs

from sherpa_core.parameters import Parameter

TOO_FEW = "too few trials"


@attrs.frozen
class Answer:
    """One answer.

    Args:
        id: short name of the question.
        question: the question.
        answer: `yes`, `no`, `unclear` or `too few trials`.
        trials: the sample size.
        words: the answer as a sentence.
        evidence: further sentences.
        show: what to brush to see it: `[low, high]` or category indices by parameter.
        advice: the next step as a sentence, empty if there is none.
        changes: parameters of a follow-up study in place of those of their names.
        first: a configuration that a follow-up study begins with.
    """

    id: str
    question: str
    answer: str
    trials: int
    words: str
    evidence: list[str] = attrs.field(factory=list)
    show: dict[str, list[Any]] = attrs.field(factory=dict)
    advice: str = ""
    changes: dict[str, Parameter] = attrs.field(factory=dict)
    first: bool = False


def too_few(id: str, question: str, trials: int, needed: int) -> Answer:
    """Return the answer that there are too few trials to say anything."""
    words = f"Too few trials: {trials:,} can be used, this takes at least {needed:,}."
    return Answer(id, question, TOO_FEW, trials, words)
