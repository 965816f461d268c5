"""Which gold answer a reader is trained to point at."""

from __future__ import annotations

from bertqa_fast.data.examples import Answer, QAExample


def first_answer(example: QAExample) -> Answer | None:
    """Return the first gold answer with its place, without blanks around it; None where it is not there.

    An answer of known place must stand there; one of unknown place counts where its text first occurs.
    """
    return _placed(example.answers[0], example.context) if example.answers else None


def first_found(example: QAExample) -> Answer | None:
    """Return the first of the gold answers that is there, as :func:`first_answer` does."""
    placed = (_placed(answer, example.context) for answer in example.answers)
    return next((answer for answer in placed if answer is not None), None)


def found(answer: Answer, context: str) -> bool:
    """Whether an answer is in its passage, at its place where that is known."""
    return _placed(answer, context) is not None


def _placed(answer: Answer, context: str) -> Answer | None:
    start = context.find(answer.text) if answer.start is None else answer.start
    text = answer.text.strip()
    if not text or start < 0 or not context.startswith(answer.text, start):
        return None
    return Answer(text, start + answer.text.index(text))
