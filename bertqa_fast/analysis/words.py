"""The words of a window, with their scores at every layer; the largest, and those around the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.attribution.words import word_slices
from bertqa_fast.data.spelling import CONTINUES, begins_with_mark
from bertqa_fast.runs.scored import ScoredWindow

MERGES = ("whole", "reference")
SENTENCES = ("sentence", "reference")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Words in reading order; special tokens belong to none.

    Attributes
    ----------
    texts : list of str
        ``[W]``: the characters that each covers, as the question or context has them.
    segment : int8 array of [W]
        0 question, 1 context.
    first, stop : int64 array of [W]
        First token of each, and the token after its last.
    """

    texts: list[str]
    segment: NDArray[np.int8]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    def sums(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Add up the scores of each word's tokens: ``[…, T]`` becomes ``[…, W]``."""
        padded = np.concatenate([scores, np.zeros((*scores.shape[:-1], 1))], axis=-1, dtype=np.float64)
        edges = np.stack([self.first, self.stop], axis=1).ravel()
        if not len(edges):
            return padded[..., :0]
        sums: NDArray[np.float64] = np.add.reduceat(padded, edges, axis=-1)[..., ::2]
        return sums

    def covering(self, span: tuple[int, int]) -> NDArray[np.bool_]:
        """Say which words have a token in a span of tokens, both ends inclusive: ``[W]``."""
        return (self.first <= span[1]) & (self.stop > span[0])


def words_of(window: ScoredWindow, segment: int | None = None, merge: str = "whole") -> Words:
    """Find the words of a window.

    Parameters
    ----------
    window : ScoredWindow
        The window.
    segment : int or None
        Only those of the question (0) or of the context (1).
    merge : {"whole", "reference"}
        All tokens of a word; or, as the published code merges, pieces that begin with ``##`` join each other
        but not the piece before them, so that ``poly ##ni ##a`` gives ``poly`` and ``nia``. The texts are
        then made of tokens, in lower case where the model's are. Of a tokenizer that writes no ``##`` these
        are the pieces that do not begin a word, and texts are cut from the question or context.
    """
    check_choice("merge", merge, MERGES)
    if merge == "reference":
        return _headless(window, segment)
    texts = (window.question, window.context)
    runs = [
        run
        for run in word_slices(window.segment, window.word_ids)
        if segment is None or window.segment[run.start] == segment
    ]
    first = np.array([run.start for run in runs], dtype=np.int64)
    stop = np.array([run.stop for run in runs], dtype=np.int64)
    segments = window.segment[first]
    starts = window.offsets[first, 0].tolist()
    ends = window.offsets[stop - 1, 1].tolist()
    return Words(
        [texts[at][a:b] for at, a, b in zip(segments.tolist(), starts, ends, strict=True)],
        segments,
        first,
        stop,
    )


def _headless(window: ScoredWindow, segment: int | None) -> Words:
    chosen = window.segment >= 0 if segment is None else window.segment == segment
    own = [token for token, at in zip(window.tokens, window.segment, strict=True) if at >= 0]
    pieces = np.array([token.startswith(CONTINUES) for token in window.tokens], dtype=np.bool_)
    # No record says which tokenizer it was, and a text may hold the signs of the other kind.
    spelled = pieces.sum() >= sum(map(begins_with_mark, own))
    if not spelled:
        chosen &= window.offsets[:, 1] > window.offsets[:, 0]
        pieces = _within_words(window, np.flatnonzero(chosen))
    goes_on = pieces & chosen
    begins = chosen & ~(goes_on & np.roll(goes_on, 1))
    first = np.flatnonzero(begins)
    ends = chosen & ~(goes_on & np.roll(goes_on, -1))
    stop = np.flatnonzero(ends) + 1
    runs = list(zip(first.tolist(), stop.tolist(), strict=True))
    if spelled:
        texts = ["".join(token.removeprefix(CONTINUES) for token in window.tokens[a:b]) for a, b in runs]
    else:
        sides = (window.question, window.context)
        texts = [sides[window.segment[a]][window.offsets[a, 0] : window.offsets[b - 1, 1]] for a, b in runs]
    return Words(texts, window.segment[first], first, stop)


def _within_words(window: ScoredWindow, at: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which of the tokens at some positions belong to the word of the one before them: ``[T]``."""
    words, segment = window.word_ids[at], window.segment[at]
    within = np.zeros(len(window.tokens), dtype=np.bool_)
    within[at[1:]] = (words[1:] == words[:-1]) & (segment[1:] == segment[:-1]) & (words[1:] >= 0)
    return within


def largest(scores: NDArray[Any], k: int) -> NDArray[np.intp]:
    """Return where each row's k largest are, of equal ones the first: ``[…, N]`` to ``[…, min(k, N)]``."""
    return np.argsort(-scores, axis=-1, kind="stable")[..., :k]


def sentence_around(window: ScoredWindow, rule: str = "sentence") -> NDArray[np.bool_]:
    """Say which tokens share the answer's sentence, the answer's own left out: ``[T]``.

    Parameters
    ----------
    window : ScoredWindow
        The window; without an answer in the context no token does.
    rule : {"sentence", "reference"}
        From the full stop before the answer to the next one after it, or to the ends of the context. Or what
        the published code takes: all but the last token before that full stop, and four tokens on a side
        that has no full stop.
    """
    check_choice("context", rule, SENTENCES)
    chosen = np.zeros(len(window.tokens), dtype=np.bool_)
    inside = window.segment == 1
    if window.span is None or not inside[window.span[0]]:
        return chosen
    first, last = window.span
    stops = [at for at in np.flatnonzero(inside).tolist() if _is_full_stop(window, at)]
    before, after = [at for at in stops if at < first], [at for at in stops if at > last]
    if rule == "sentence":
        begin = before[-1] + 1 if before else 0
        end = after[0] if after else len(chosen)
    else:
        begin = before[-1] + 1 if before else first - 4
        end = after[0] - 1 if after else last + 5
    chosen[max(begin, 0) : end] = True
    chosen[first : last + 1] = False
    chosen &= inside
    return chosen


def _is_full_stop(window: ScoredWindow, at: int) -> bool:
    """Say whether a token of the context is a full stop, alone or with other punctuation."""
    text = window.context[window.offsets[at, 0] : window.offsets[at, 1]]
    return "." in text and not any(letter.isalnum() for letter in text)
