"""SQuAD v1.1 and v2 files (Rajpurkar et al. 2016, 2018), read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.jsonfiles import member, read_json, unexpected, write_json

_WANTED = (
    "SQuAD: {'data': [{'paragraphs': [{'context': …, 'qas': [{'id': …, 'question': …, 'answers': […]}]}]}]}"
)


def read_squad(path: str | Path) -> list[QAExample]:
    """Read a SQuAD file, v1.1 or v2, ``.json`` or ``.json.gz``.

    Every question becomes one example, in the order of the file. Duplicate answers are kept, and so are
    answers that do not stand at their ``answer_start``: only training cares about the place.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of QAExample

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not SQuAD, or holds no question; the message names the path, what was found and what was
        wanted.
    """
    path = Path(path)
    return squad_examples(read_json(path), path)


def squad_examples(
    content: Any, path: Path, wanted: Callable[[Any], bool] = lambda qa: True
) -> list[QAExample]:
    """Return the examples of a SQuAD file's content, as :func:`read_squad` does; messages name `path`.

    Questions that are not `wanted`, told by what stands in the file, are passed over.
    """
    examples = [
        _example(qa, context, f"{path}: data[{a}].paragraphs[{p}].qas[{q}]")
        for a, article in enumerate(_list(content, "data", str(path)))
        for p, paragraph in enumerate(_list(article, "paragraphs", f"{path}: data[{a}]"))
        for context in [_text(paragraph, "context", f"{path}: data[{a}].paragraphs[{p}]")]
        for q, qa in enumerate(_list(paragraph, "qas", f"{path}: data[{a}].paragraphs[{p}]"))
        if wanted(qa)
    ]
    if not examples:
        raise ValueError(f"{path}: found no questions, wanted at least one ({_WANTED})")
    return examples


def write_squad(
    examples: Iterable[QAExample], path: str | Path, *, title: str = "", version: str = "1.1"
) -> Path:
    """Write examples as a SQuAD file, whole or not at all; `read_squad` gives them back.

    Parameters
    ----------
    examples : iterable of QAExample
        Neighbours with the same context share a paragraph. Each needs an ``id``, its answers their starts.
    path : str or Path
        Where to write; ``.gz`` is packed.
    title, version : str
        The title of the one article, and the version that the file states. ``is_impossible`` is written
        where the version is not 1.1.

    Raises
    ------
    ValueError
        An example has no id, an answer no start, or v1.1 is to hold an unanswerable question.
    """
    paragraphs = [
        {"context": context, "qas": [_record(example, version) for example in group]}
        for context, group in groupby(examples, key=lambda example: example.context)
    ]
    return write_json({"version": version, "data": [{"title": title, "paragraphs": paragraphs}]}, path)


def _example(qa: Any, context: str, place: str) -> QAExample:
    question = _text(qa, "question", place)
    if "id" not in qa:
        raise unexpected(place, f"no 'id' among {sorted(qa)}", _WANTED)
    answers = []
    # A file of questions alone can be predicted on.
    for a, answer in enumerate(_list(qa, "answers", place) if "answers" in qa else []):
        text = _text(answer, "text", f"{place}.answers[{a}]")
        start = answer.get("answer_start")
        if isinstance(start, bool) or not isinstance(start, int | None):
            raise unexpected(f"{place}.answers[{a}]", f"answer_start {start!r}", _WANTED)
        # CMRC 2018 and DRCD write -1 where the place is unknown.
        answers.append(Answer(text, None if start is None or start < 0 else start))
    impossible = qa.get("is_impossible", False)
    if not isinstance(impossible, bool):
        raise unexpected(place, f"is_impossible {impossible!r}", _WANTED)
    try:
        return QAExample(question, context, str(qa["id"]), tuple(answers), impossible)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _record(example: QAExample, version: str) -> dict[str, Any]:
    if example.id is None:
        raise ValueError(f"examples must have an id to be written, got {example.question!r} without one")
    for answer in example.answers:
        if answer.start is None:
            raise ValueError(
                f"answers must have a start to be written, got {answer.text!r} of {example.id!r}"
            )
    record: dict[str, Any] = {
        "id": example.id,
        "question": example.question,
        "answers": [{"text": answer.text, "answer_start": answer.start} for answer in example.answers],
    }
    if version != "1.1":
        record["is_impossible"] = example.is_impossible
    elif example.is_impossible:
        raise ValueError(
            f"version 1.1 cannot hold the unanswerable question {example.id!r}; write version 2.0"
        )
    return record


def _list(node: Any, key: str, place: str) -> list[Any]:
    found: list[Any] = member(node, key, list, place, _WANTED)
    return found


def _text(node: Any, key: str, place: str) -> str:
    return member(node, key, str, place, _WANTED)
