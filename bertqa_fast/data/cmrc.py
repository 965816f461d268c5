"""CMRC 2018 files (Cui et al. 2019), in both of their formats, and answers that are not where they say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.jsonfiles import member, read_json, unexpected
from bertqa_fast.data.squad import squad_examples

_LOG = logging.getLogger(__name__)
_WANTED = (
    "CMRC 2018: SQuAD's format, or [{'context_id': …, 'context_text': …, 'title': …, "
    "'qas': [{'query_id': …, 'query_text': …, 'answers': ['…']}]}]"
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the answers of some examples stand.

    Attributes
    ----------
    answers : int
        All answers.
    moved : int
        Those that stand elsewhere than they said.
    absent : int
        Those whose text does not occur in their passage.
    """

    answers: int
    moved: int
    absent: int


def read_cmrc(path: str | Path) -> list[QAExample]:
    """Read a CMRC 2018 file, ``.json`` or ``.json.gz``: SQuAD's format, or the data set's own.

    Every question becomes one example, in the order of the file, but for those of no text, of which there are
    two among the trial questions. Answers that are not where they say are put right by
    :func:`place_answers`. Where there were any of either, a warning is logged that counts them.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of QAExample
        The data set's own format gives no places: there ``answers`` have no ``start``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is neither, or holds no question; the message names the path, what was found and what was
        wanted.
    """
    path = Path(path)
    content = read_json(path)
    blank: list[Any] = []

    def has_text(qa: Any) -> bool:
        question = qa.get("query_text", qa.get("question")) if isinstance(qa, dict) else None
        if isinstance(question, str) and not question.strip():
            blank.append(qa)
            return False
        return True  # what is no text at all is refused where it is read

    if isinstance(content, dict):
        examples = squad_examples(content, path, has_text)
    elif isinstance(content, list):
        examples = _own_examples(content, path, has_text)
    else:
        raise unexpected(str(path), f"a {type(content).__name__}", _WANTED)
    if blank:
        _LOG.warning("%s: left out %d questions of no text", path, len(blank))
    examples, places = place_answers(examples)
    if places.moved or places.absent:
        _LOG.warning(
            "%s: of %d answers, %d stood elsewhere than they said (moved) and %d are not in their passage",
            *(path, places.answers, places.moved, places.absent),
        )
    return examples


def place_answers(examples: Iterable[QAExample]) -> tuple[list[QAExample], Places]:
    """Move answers to where their text stands, and count them.

    An answer that does not stand at its start is moved to the occurrence whose start is nearest, of two that
    are equally near to the left one. An answer that occurs nowhere loses its start; so nothing can be trained
    on it, but it is scored. One that has no start keeps none.

    Parameters
    ----------
    examples : iterable of QAExample
        They are left as they are.

    Returns
    -------
    tuple of (list of QAExample, Places)
        The examples in their order, and the counts.

    Notes
    -----
    The reference (Cui et al. 2022) tries the three places to the left of the stated one. Of CMRC 2018's
    development and trial questions, every misplaced answer that occurs in its passage stands one or two
    characters to the left: on these both rules agree.
    """
    examples = list(examples)
    placed = [
        replace(example, answers=tuple(_nearest(answer, example.context) for answer in example.answers))
        for example in examples
    ]
    pairs = [
        (given, answer, example.context)
        for example, other in zip(examples, placed, strict=True)
        for given, answer in zip(example.answers, other.answers, strict=True)
    ]
    moved = sum(answer.start is not None and answer != given for given, answer, _ in pairs)
    absent = sum(answer.text not in context for _, answer, context in pairs)
    return placed, Places(len(pairs), moved, absent)


def _own_examples(content: list[Any], path: Path, wanted: Callable[[Any], bool]) -> list[QAExample]:
    """Return the examples of a file in the data set's own format, but for questions that are not `wanted`."""
    examples = [
        _example(qa, context, f"{path}: [{p}].qas[{q}]")
        for p, passage in enumerate(content)
        for context in [member(passage, "context_text", str, f"{path}: [{p}]", _WANTED)]
        for q, qa in enumerate(member(passage, "qas", list, f"{path}: [{p}]", _WANTED))
        if wanted(qa)
    ]
    if not examples:
        raise ValueError(f"{path}: found no questions, wanted at least one ({_WANTED})")
    return examples


def _nearest(answer: Answer, context: str) -> Answer:
    stated = answer.start
    if stated is None or context.startswith(answer.text, stated):
        return answer
    # min takes the first of equals, and places come from left to right.
    start = min(_places(answer.text, context), key=lambda place: abs(place - stated), default=None)
    return Answer(answer.text, start)


def _places(text: str, context: str) -> Iterator[int]:
    place = context.find(text)
    while place >= 0:
        yield place
        place = context.find(text, place + 1)


def _example(qa: Any, context: str, place: str) -> QAExample:
    name = member(qa, "query_id", str, place, _WANTED)
    question = member(qa, "query_text", str, place, _WANTED)
    # A file of questions alone can be predicted on.
    texts = member(qa, "answers", list, place, _WANTED) if "answers" in qa else []
    for a, text in enumerate(texts):
        if not isinstance(text, str):
            raise unexpected(f"{place}.answers[{a}]", f"a {type(text).__name__}", _WANTED)
    try:
        return QAExample(question, context, name, tuple(Answer(text) for text in texts))
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
