"""The hand-written passages: a plain text format that is easy to write and to proof-read.

A file holds passages that start with a title line ``# Title``, go on with paragraphs, and end with questions
and answers::

    ? How many sailors drowned?
    = took [eleven] of her men
    = took [eleven of her men]

A line ``= ...`` quotes the passage; the brackets mark the answer in it (without brackets the whole quotation
is the answer). Further such lines are other answers that are right too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

FILES = ("people.txt", "places.txt", "works.txt", "events.txt", "long.txt")


@dataclass(frozen=True)
class Question:
    """A question and its answers as (text, first character in the passage)."""

    text: str
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Passage:
    """A passage with its questions."""

    title: str
    text: str
    questions: tuple[Question, ...]


def locate(quotation: str, passage: str) -> tuple[str, int]:
    """Find the answer that a quotation marks.

    Raises
    ------
    ValueError
        If the quotation is not in the passage exactly once.
    """
    plain = quotation.replace("[", "").replace("]", "")
    times = passage.count(plain)
    if times != 1:
        raise ValueError(f"quotation must be in the passage once, got {times} times: {quotation!r}")
    at = passage.index(plain)
    if "[" not in quotation:
        return plain, at
    opened = quotation.index("[")
    return quotation[opened + 1 : quotation.index("]")], at + opened


def parse(text: str) -> list[Passage]:
    """Read the passages of one file.

    Raises
    ------
    ValueError
        If a quotation cannot be placed, or an answer has no question.
    """
    passages = []
    for block in f"\n{text}".split("\n# ")[1:]:
        title, *body = block.splitlines()
        paragraphs = [line.strip() for line in body if line.strip() and line[0] not in "?="]
        passage = "\n".join(paragraphs)
        asked: list[tuple[str, list[tuple[str, int]]]] = []
        for line in body:
            if line.startswith("? "):
                asked.append((line[2:].strip(), []))
            elif line.startswith("= "):
                if not asked:
                    raise ValueError(f"an answer stands before any question in {title!r}: {line!r}")
                asked[-1][1].append(locate(line[2:].strip(), passage))
        questions = tuple(Question(question, tuple(answers)) for question, answers in asked)
        passages.append(Passage(title.strip(), passage, questions))
    return passages


def read_passages() -> list[Passage]:
    """Read all hand-written passages, in file order."""
    folder = files("bertqa_fast.data.corpus") / "passages"
    return [passage for name in FILES for passage in parse((folder / name).read_text(encoding="utf-8"))]
