"""The built-in corpus: invented passages with questions, in splits that share no passage, topic or name."""

from __future__ import annotations

import re
from itertools import islice

from bertqa_fast.data.corpus.generate import generate
from bertqa_fast.data.corpus.handwritten import read_passages
from bertqa_fast.data.corpus.names import HELD_OUT, TRAIN
from bertqa_fast.data.corpus.topics import HELD_OUT_TOPICS, TRAIN_TOPICS
from bertqa_fast.data.examples import Answer, QAExample

TRAIN_QUESTIONS = 4600
DEV_QUESTIONS = 500


def _handwritten() -> list[QAExample]:
    """Turn the hand-written passages into examples."""
    examples = []
    for passage in read_passages():
        slug = re.sub(r"\W+", "-", passage.title.lower()).strip("-")
        for number, question in enumerate(passage.questions):
            answers = tuple(Answer(text, start) for text, start in question.answers)
            examples.append(QAExample(question.text, passage.text, f"hand-{slug}-{number}", answers))
    return examples


def builtin_corpus(split: str = "train", *, questions: int | None = None, seed: int = 0) -> list[QAExample]:
    """Make the built-in corpus; about a quarter of its questions ask how many or how much.

    Everything in it is invented. The training split is generated. The held-out split begins with the
    hand-written passages, which no seed changes, and goes on with generated ones on topics, in wordings and
    with names that the training split never uses.

    Parameters
    ----------
    split : {"train", "dev"}
        Which split.
    questions : int or None
        Number of questions; None for 4,600 (train) or 500 (dev). A smaller number gives the beginning of a
        larger one.
    seed : int
        Seed of the generated passages.

    Returns
    -------
    list of QAExample
        Questions on the same passage stand together; every answer stands in its passage at its ``start``.

    Raises
    ------
    TypeError
        If `questions` or `seed` is not an int.
    ValueError
        If `split` is neither "train" nor "dev", or `questions` is less than 1.

    Examples
    --------
    >>> from bertqa_fast.data.corpus import builtin_corpus
    >>> example = builtin_corpus("train", questions=1)[0]
    >>> answer = example.answers[0]
    >>> example.context[answer.start :].startswith(answer.text)
    True
    """
    if split not in ("train", "dev"):
        raise ValueError(f"split must be 'train' or 'dev', got {split!r}")
    if questions is None:
        questions = TRAIN_QUESTIONS if split == "train" else DEV_QUESTIONS
    for name, value in (("questions", questions), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an int, got {type(value).__name__}")
    if questions < 1:
        raise ValueError(f"questions must be at least 1, got {questions}")
    if split == "train":
        return list(islice(generate(TRAIN_TOPICS, TRAIN, "train", seed), questions))
    written = _handwritten()[:questions]
    return written + list(islice(generate(HELD_OUT_TOPICS, HELD_OUT, "dev", seed), questions - len(written)))
