"""How quantifier questions are answered, beside the other questions: exact match and confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.analysis.published import PAPER, SOURCES, data_of
from bertqa_fast.analysis.published_numbers import QUANTIFIER_FACTS
from bertqa_fast.analysis.tables import Column, Table

if TYPE_CHECKING:
    from bertqa_fast.runs.reader import Run


@dataclass
class Question:
    """A question and its answer.

    Attributes
    ----------
    example : int
        Number of the example in the data, from 0.
    id : str or None
        Its id.
    text, answer : str
        The question, and the predicted answer.
    probability : float
        Of the best answer among the n best.
    exact : int or None
        1 for an exact match, else 0; None where it is not known.
    numbers : int or None
        Numbers in the context of a quantifier question; None for another question.
    """

    example: int
    id: str | None
    text: str
    answer: str
    probability: float
    exact: int | None
    numbers: int | None = None

    @property
    def is_quantifier(self) -> bool:
        """Whether it is a quantifier question."""
        return self.numbers is not None


def answers_table(questions: Sequence[Question], run: Run) -> Table:
    """Make table ``quantifiers_answers``: quantifier questions, the others, and what was published.

    Parameters
    ----------
    questions : sequence of Question
        All that were looked at.
    run : Run
        Of whose data set the published numbers are.
    """
    rows: list[tuple[Any, ...]] = []
    for name, kind in (("quantifier", True), ("other", False)):
        chosen = [one for one in questions if one.is_quantifier == kind]
        rows.append(("this run", name, len(chosen), _percent_exact(chosen), *_confidence(chosen)))
    known = QUANTIFIER_FACTS.get(data_of(run) or "")
    if known is not None:
        facts = (known["questions"], known["exact_match"], known["confidence"])
        rows.append((SOURCES[PAPER], "quantifier", *facts, None, None))
    columns: list[Column | str] = [
        "source",
        "questions",
        Column("count", "questions"),
        Column("exact_match", "share answered exactly", "%", "higher", 0, 100),
        Column("confidence", "mean share of the best answer among the n best", "%", low=0, high=100),
        Column("variance", "of the confidence", "%²", low=0),
        Column("median", "of the confidence", "%", low=0, high=100),
    ]
    return Table.of("quantifiers_answers", "Quantifier questions and others", columns, rows)


def _percent_exact(questions: Sequence[Question]) -> float | None:
    known = [one.exact for one in questions if one.exact is not None]
    return 100.0 * float(np.mean(known)) if known else None


def _confidence(questions: Sequence[Question]) -> tuple[Any, Any, Any]:
    """Return mean, variance (over N, as published) and median in per cent."""
    if not questions:
        return None, None, None
    values = 100.0 * np.array([one.probability for one in questions])
    return values.mean(), values.var(), np.median(values)


def questions_table(questions: Sequence[Question]) -> Table:
    """Make table ``quantifiers_questions``: which questions are quantifier questions, and their answers.

    Parameters
    ----------
    questions : sequence of Question
        All that were looked at.
    """
    columns: list[Column | str] = [
        Column("example", "number in the data, from 0"),
        "id",
        "question",
        Column("answer", "as predicted"),
        Column("probability", "of the answer among the n best", low=0, high=1),
        Column("exact", "1 for an exact match", better="higher", low=0, high=1),
        Column("numbers", "in the context"),
    ]
    rows = [
        (one.example, one.id, one.text, one.answer, one.probability, one.exact, one.numbers)
        for one in questions
        if one.is_quantifier
    ]
    return Table.of("quantifiers_questions", "The quantifier questions", columns, rows)
