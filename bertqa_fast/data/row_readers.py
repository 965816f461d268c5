"""The fields of one row of a data set as an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bertqa_fast.data.examples import Answer, QAExample, TextExample


class QuestionReader:
    """Makes a question of a row's fields.

    Parameters
    ----------
    unanswerable : bool
        A question that has a field for answers and none in it is one that its passage does not answer, where
        the row itself does not say.
    """

    def __init__(self, unanswerable: bool) -> None:
        self._unanswerable = unanswerable

    def __call__(self, row: Mapping[str, Any]) -> QAExample:
        """Return the question of a row, by the names of its fields."""
        answers = _answers(row.get("answers"))
        impossible = row.get("is_impossible")
        if impossible is None:  # as SQuAD v2 stands on the hub, without the column that its files have
            impossible = self._unanswerable and "answers" in row and not answers
        return QAExample(row["question"], row["context"], _name(row), answers, impossible)


class TextReader:
    """Makes a text to classify of a row's fields.

    Parameters
    ----------
    names : sequence of str or None
        What the classes are called, where labels are numbers of named classes; -1 is then no label.
    by_name : bool
        Whether such labels are given by name.
    """

    def __init__(self, names: Sequence[str] | None, by_name: bool) -> None:
        self._names = names
        self._by_name = by_name

    def __call__(self, row: Mapping[str, Any]) -> TextExample:
        """Return the text of a row, by the names of its fields."""
        label = row.get("label")
        if self._names is not None and label is not None:
            label = None if label < 0 else self._names[label] if self._by_name else label
        return TextExample(row["text"], row.get("text_pair"), label, _name(row))


def _name(row: Mapping[str, Any]) -> str | None:
    return None if row.get("id") is None else str(row["id"])


def _answers(given: Any) -> tuple[Answer, ...]:
    """Read answers: SQuAD's lists of texts and starts, a list of texts, or one of texts with their starts."""
    if given is None:
        return ()
    if isinstance(given, Mapping):
        texts = given.get("text")
        starts = given.get("answer_start")
        if not isinstance(texts, Sequence) or isinstance(texts, str):
            raise ValueError(f"answers must have a list 'text', got {sorted(given)}")
        if starts is None:
            starts = [None] * len(texts)
        if len(starts) != len(texts):
            raise ValueError(f"answers must have a start for each, got {len(texts)} and {len(starts)} starts")
        return tuple(Answer(text, _start(start)) for text, start in zip(texts, starts, strict=True))
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"answers must be a list or {{'text', 'answer_start'}}, got {type(given).__name__}")
    return tuple(
        Answer(one["text"], _start(one.get("answer_start"))) if isinstance(one, Mapping) else Answer(one)
        for one in given
    )


def _start(value: int | None) -> int | None:
    # CMRC 2018 and DRCD write -1 where the place is unknown.
    return None if value is None or value < 0 else value
