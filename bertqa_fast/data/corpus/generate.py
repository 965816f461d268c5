"""The generator: passages on one or several subjects, and questions on them, from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bertqa_fast.data.corpus.names import Pool
from bertqa_fast.data.corpus.topic import Ask, Paragraph, Topic, questions, write_paragraph
from bertqa_fast.data.corpus.world import World
from bertqa_fast.data.examples import Answer, QAExample

COUNTING_SHARE = 0.25


@dataclass(frozen=True)
class _Shape:
    """How a passage is laid out.

    Several subjects of one topic in a passage mean that a question cannot be answered by the kind of answer
    alone; six of them make a passage longer than a window.
    """

    subjects: int
    lines: tuple[int, int]
    questions: int


_SINGLE = _Shape(subjects=1, lines=(3, 4), questions=4)
_PAIR = _Shape(subjects=2, lines=(2, 2), questions=5)
_LONG = _Shape(subjects=6, lines=(4, 4), questions=8)
_PAIR_SHARE = 0.22
_LONG_EVERY = 120


def _shape(number: int, rng: random.Random) -> _Shape:
    if number % _LONG_EVERY == _LONG_EVERY // 2:
        return _LONG
    return _PAIR if rng.random() < _PAIR_SHARE else _SINGLE


def _choose(asks: Sequence[tuple[int, Ask]], rng: random.Random, count: int) -> list[tuple[int, Ask]]:
    """Choose questions about different facts, a quarter of them on how many or how much."""
    left = list(asks)
    chosen: list[tuple[int, Ask]] = []
    while left and len(chosen) < count:
        counting = rng.random() < COUNTING_SHARE
        wanted = [ask for ask in left if ask[1].counting == counting] or left
        number, ask = rng.choice(wanted)
        chosen.append((number, ask))
        left = [(n, a) for n, a in left if (n, a.slot) != (number, ask.slot)]
    return chosen


def _passage(
    topic: Topic, shape: _Shape, pool: Pool, rng: random.Random
) -> tuple[str, list[tuple[str, str, int]]]:
    """Write one passage; return it with its questions as (question, answer, first character)."""
    world = World(rng, pool)
    paragraphs: list[Paragraph] = []
    starts: list[int] = []
    told: set[str] = set()
    length = 0
    for _ in range(shape.subjects):
        starts.append(length)
        paragraphs.append(write_paragraph(topic, world, rng.randint(*shape.lines), told))
        length += len(paragraphs[-1].text) + 1
    text = ("\n" if shape is _LONG else " ").join(paragraph.text for paragraph in paragraphs)
    asks = [
        (number, ask)
        for number, paragraph in enumerate(paragraphs)
        for ask in questions(topic, paragraph, rng, named=shape.subjects > 1)
    ]
    found = []
    for number, ask in _choose(asks, rng, shape.questions):
        start, end = (starts[number] + place for place in paragraphs[number].spans[ask.slot])
        found.append((ask.text, text[start:end], start))
    return text, found


def generate(topics: Sequence[Topic], pool: Pool, label: str, seed: int) -> Iterator[QAExample]:
    """Generate questions without end, topic after topic.

    The beginning of the sequence does not depend on how much of it is used.

    Parameters
    ----------
    topics : sequence of Topic
        Used in turn.
    pool : Pool
        The names that may appear.
    label : str
        First part of every id.
    seed : int
        Two seeds give different passages.

    Yields
    ------
    QAExample
        With one answer, at its place, and an id made of label, seed, topic and running numbers.
    """
    number = 0
    while True:
        topic = topics[number % len(topics)]
        # A string seeds the generator through SHA-512, the same on every machine and in every process.
        rng = random.Random(f"{label}/{seed}/{number}")  # noqa: S311
        context, found = _passage(topic, _shape(number, rng), pool, rng)
        for place, (question, answer, start) in enumerate(found):
            name = f"{label}-{seed}-{topic.name}-{number:05d}-{place}"
            yield QAExample(question, context, name, (Answer(answer, start),))
        number += 1
