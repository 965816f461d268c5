"""From tokens to words, and the largest of either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.segmenters import Segmenter, segmented_word_ids

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import Attribution

Reduce: TypeAlias = Literal["sum", "mean", "max"]


@dataclass(frozen=True)
class Word:
    """One word with its score.

    Attributes
    ----------
    text : str
        The slice of the question or context that the word's tokens cover.
    start_char, end_char : int
        That slice, in characters; ``end_char`` is exclusive.
    segment : int
        0 for the question (or the first text), 1 for the context (or the second text).
    score, signed : float
        The scores of the word's tokens, reduced.
    """

    text: str
    start_char: int
    end_char: int
    segment: int
    score: float
    signed: float


@dataclass(frozen=True)
class Token:
    """One token with its score.

    Attributes
    ----------
    text : str
        The token as the tokenizer writes it (``"##ing"``, ``"[SEP]"``).
    index : int
        Its position in ``Attribution.tokens``.
    start_char, end_char : int
        Its characters in the question or context; (0, 0) for a special token.
    segment : int
        0 for the question, 1 for the context, -1 for a special token.
    score, signed : float
        Its scores.
    """

    text: str
    index: int
    start_char: int
    end_char: int
    segment: int
    score: float
    signed: float


def _largest_magnitude(values: NDArray[Any]) -> float:
    return float(values[np.argmax(np.abs(values))])


# The signed sum under "max" keeps its sign: the piece that moves the target most, either way.
_REDUCERS: dict[str, tuple[Callable[[NDArray[Any]], float], Callable[[NDArray[Any]], float]]] = {
    "sum": (lambda x: float(np.sum(x, dtype=np.float64)), lambda x: float(np.sum(x, dtype=np.float64))),
    "mean": (lambda x: float(np.mean(x, dtype=np.float64)), lambda x: float(np.mean(x, dtype=np.float64))),
    "max": (lambda x: float(np.max(x)), _largest_magnitude),
}


def word_slices(segment: NDArray[np.int8], word_ids: NDArray[np.int32]) -> Iterator[slice]:
    """Yield the run of tokens of each word; special tokens belong to none.

    Parameters
    ----------
    segment, word_ids : array of [T]
        Segment and word number of each token, -1 for special tokens.
    """
    start = 0
    count = len(segment)
    while start < count:
        stop = start + 1
        while stop < count and segment[stop] == segment[start] and word_ids[stop] == word_ids[start]:
            stop += 1
        if segment[start] >= 0 and word_ids[start] >= 0:
            yield slice(start, stop)
        start = stop


def merge_words(
    attribution: Attribution, reduce: Reduce = "sum", segmenter: Segmenter | None = None
) -> list[Word]:
    """Join the tokens of each word; see :meth:`Attribution.words`."""
    if reduce not in _REDUCERS:
        raise ValueError(f"reduce must be one of {', '.join(_REDUCERS)}, got {reduce!r}")
    size, sign = _REDUCERS[reduce]
    texts = (attribution.question, attribution.context)
    ids = attribution.word_ids if segmenter is None else segmented_word_ids(attribution, segmenter)
    words = []
    for tokens in word_slices(attribution.segment, ids):
        segment = int(attribution.segment[tokens.start])
        start = int(attribution.offsets[tokens.start, 0])
        end = int(attribution.offsets[tokens.stop - 1, 1])
        words.append(
            Word(
                text=texts[segment][start:end],
                start_char=start,
                end_char=end,
                segment=segment,
                score=size(attribution.scores[tokens]),
                signed=sign(attribution.signed[tokens]),
            )
        )
    return words


def list_tokens(attribution: Attribution) -> list[Token]:
    """One :class:`Token` for each token of the window, special tokens included, in order."""
    return [
        Token(
            text=text,
            index=index,
            start_char=int(attribution.offsets[index, 0]),
            end_char=int(attribution.offsets[index, 1]),
            segment=int(attribution.segment[index]),
            score=float(attribution.scores[index]),
            signed=float(attribution.signed[index]),
        )
        for index, text in enumerate(attribution.tokens)
    ]


def top(attribution: Attribution, k: int, of: Literal["tokens", "words"]) -> list[Token] | list[Word]:
    """Return the ``k`` largest, ties in reading order; see :meth:`Attribution.top`."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise TypeError(f"k must be an integer, got {type(k).__name__}")
    if k < 0:
        raise ValueError(f"k must not be negative, got {k}")
    if of == "tokens":
        return sorted(list_tokens(attribution), key=lambda token: -token.score)[:k]
    if of == "words":
        return sorted(merge_words(attribution), key=lambda word: -word.score)[:k]
    raise ValueError(f'of must be "tokens" or "words", got {of!r}')
