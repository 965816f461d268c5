"""DuoRC files in their original format (Saha et al. 2018): questions over the plots of films."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.jsonfiles import member, read_json, unexpected

_WANTED = "DuoRC: [{'plot': …, 'qa': [{'id': …, 'question': …, 'answers': ['…'], 'no_answer': false}]}]"


def read_duorc(path: str | Path) -> list[QAExample]:
    """Read a DuoRC file, SelfRC or ParaphraseRC, ``.json`` or ``.json.gz``.

    Every question becomes one example, in the order of the file. People wrote the answers in their own words:
    no place is given, some do not occur in the plot, a question may have several or none. All of that is kept
    as it stands; the tasks (docs/tasks.md) say what is trained on and what is scored.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of QAExample
        ``is_impossible`` is the file's ``no_answer``, and True where the list of answers is empty.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is not DuoRC, or holds no question; the message names the path, what was found and what was
        wanted.
    """
    path = Path(path)
    films = read_json(path)
    if not isinstance(films, list):
        raise unexpected(str(path), f"a {type(films).__name__}", _WANTED)
    examples = [
        _example(qa, plot, f"{path}: [{f}].qa[{q}]")
        for f, film in enumerate(films)
        for plot in [member(film, "plot", str, f"{path}: [{f}]", _WANTED)]
        for q, qa in enumerate(member(film, "qa", list, f"{path}: [{f}]", _WANTED))
    ]
    if not examples:
        raise ValueError(f"{path}: found no questions, wanted at least one ({_WANTED})")
    return examples


def _example(qa: Any, plot: str, place: str) -> QAExample:
    question = member(qa, "question", str, place, _WANTED)
    name = member(qa, "id", str, place, _WANTED)
    # A file of questions alone can be predicted on.
    texts = member(qa, "answers", list, place, _WANTED) if "answers" in qa else None
    for a, text in enumerate(texts or ()):
        if not isinstance(text, str):
            raise unexpected(f"{place}.answers[{a}]", f"a {type(text).__name__}", _WANTED)
    no_answer = member(qa, "no_answer", bool, place, _WANTED) if "no_answer" in qa else False
    try:
        answers = tuple(Answer(text) for text in texts or ())
        return QAExample(question, plot, name, answers, is_impossible=no_answer or texts == [])
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
