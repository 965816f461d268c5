"""What fine-tuning reads: windows with their labels, the order of the batches, and padded batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.windows import Window, make_windows, with_text
from bertqa_fast.tasks.gold import first_answer

Example = TypeVar("Example")


@dataclass(frozen=True, slots=True)
class LabelledWindows:
    """Windows and the tokens that a reader should point at; ``N`` windows.

    Attributes
    ----------
    windows : list of Window
        All windows of the examples that are kept.
    starts, ends : int64 ``[N]``
        First and last token of the answer in each window; both 0 where the window does not show all of it.
    examples : int
        Examples that are kept.
    dropped : int
        Examples left out, because their answer is not where they say, or they have none.
    """

    windows: list[Window]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    examples: int
    dropped: int


def first_shuffled(examples: Sequence[Example], limit: int | None, seed: int) -> list[Example]:
    """Return the first `limit` examples of a seeded shuffle, or, where it is None, all in their order."""
    if limit is None:
        return list(examples)
    shuffled = list(examples)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a draw, not a secret
    return shuffled[:limit]


def label_windows(
    tokenizer: Any,
    examples: Sequence[QAExample],
    *,
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = 64,
    unanswerable: bool = False,
    learn: Callable[[QAExample], Answer | None] = first_answer,
) -> LabelledWindows:
    """Cut examples into windows and mark a gold answer in each.

    The labels are the tokens that hold the answer's first and last character, so a span is as tight as the
    tokens allow.

    Parameters
    ----------
    tokenizer, examples, max_length, doc_stride, max_query_length
        See `bertqa_fast.data.windows.make_windows`.
    unanswerable : bool
        Keep impossible questions and label them with the first token; otherwise they are dropped.
    learn : callable
        Example → the answer to mark, with its place, or None, which drops the example.

    Returns
    -------
    LabelledWindows
    """
    kept: list[QAExample] = []
    answers: list[Answer | None] = []
    for example in examples:
        answer = None if example.is_impossible else learn(example)
        if answer is not None or (example.is_impossible and unanswerable):
            kept.append(example)
            answers.append(answer)
    windows = make_windows(
        tokenizer, kept, max_length=max_length, doc_stride=doc_stride, max_query_length=max_query_length
    )
    labels = np.zeros((len(windows), 2), dtype=np.int64)
    for number, window in enumerate(windows):
        answer = answers[window.example]
        last = number + 1 == len(windows) or windows[number + 1].example != window.example
        if answer is not None:
            labels[number] = _tokens(window, answer, is_last=last)
    return LabelledWindows(windows, labels[:, 0], labels[:, 1], len(kept), len(examples) - len(kept))


def _tokens(window: Window, answer: Answer, *, is_last: bool) -> tuple[int, int]:
    """Return the first and last token of an answer; (0, 0) where the window does not show all of it."""
    first, end = answer.start or 0, (answer.start or 0) + len(answer.text)
    context = np.flatnonzero(window.segment == 1)
    offsets = window.offsets[context]
    if (first < offsets[0, 0] and window.context_first > 0) or (end > offsets[-1, 1] and not is_last):
        return 0, 0
    inside = context[(offsets[:, 1] > first) & (offsets[:, 0] < end) & with_text(window)[context]]
    return (int(inside[0]), int(inside[-1])) if len(inside) else (0, 0)


def batch_order(count: int, batch_size: int, epochs: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield which windows make up each batch: a seeded shuffle per epoch, whose last batch may be smaller.

    Epoch *e* is ``numpy.random.default_rng([seed, e]).permutation(count)``, so that any other loop can walk
    the same way.
    """
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(count)
        for first in range(0, count, batch_size):
            yield order[first : first + batch_size]


def pad(windows: Sequence[Window], pad_token_id: int) -> dict[str, NDArray[np.int64]]:
    """Pad windows to the longest: ``input_ids``, ``token_type_ids``, ``attention_mask``, int64 ``[B, T]``."""
    shape = (len(windows), max(len(window.input_ids) for window in windows))
    batch = {
        "input_ids": np.full(shape, pad_token_id, dtype=np.int64),
        "token_type_ids": np.zeros(shape, dtype=np.int64),
        "attention_mask": np.zeros(shape, dtype=np.int64),
    }
    for row, window in enumerate(windows):
        count = len(window.input_ids)
        batch["input_ids"][row, :count] = window.input_ids
        batch["token_type_ids"][row, :count] = window.token_type_ids
        batch["attention_mask"][row, :count] = 1
    return batch


def label_places(windows: Sequence[Window]) -> NDArray[np.bool_]:
    """Say where a label can stand in windows padded to the longest, ``[B, T]``: first token and passage."""
    places = np.zeros((len(windows), max(len(window.segment) for window in windows)), dtype=np.bool_)
    for row, window in enumerate(windows):
        places[row, : len(window.segment)] = window.segment == 1
    places[:, 0] = True
    return places
