"""The words of a window, with their scores at every layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.words import word_slices
from bertqa_fast.runs.scored import ScoredWindow


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


def words_of(window: ScoredWindow, segment: int | None = None) -> Words:
    """Find the words of a window.

    Parameters
    ----------
    window : ScoredWindow
        The window.
    segment : int or None
        Only those of the question (0) or of the context (1).
    """
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
