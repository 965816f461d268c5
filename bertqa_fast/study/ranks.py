"""Which word pieces a method scores high: the mean normalised score of each over many texts.

A score is divided by the largest of its text, special tokens left out (Wu & Ong 2021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bertqa_fast.analysis.tables import Column, Table

MIN_COUNT = 6  # "more than five times"


@dataclass(frozen=True, slots=True)
class Piece:
    """A word piece: its text, its mean normalised score (0 to 1) and how often it was seen."""

    text: str
    mean: float
    count: int


def normalised(scores: ArrayLike) -> NDArray[np.float64]:
    """Return |scores| divided by the largest of them; zeros where all are 0."""
    sizes = np.abs(np.asarray(scores, dtype=np.float64))
    top = float(sizes.max(initial=0.0))
    return sizes / top if top > 0 else np.zeros_like(sizes)


def rank_pieces(
    tokens: Sequence[Sequence[str]], scores: Sequence[ArrayLike], min_count: int = MIN_COUNT
) -> list[Piece]:
    """Average the normalised scores of every piece.

    Parameters
    ----------
    tokens : sequence of sequences of str
        The pieces of each text, without special tokens.
    scores : sequence of arrays
        As many scores as pieces, for each text; their signs do not count.
    min_count : int
        Leave out what is seen less often.

    Returns
    -------
    list of Piece
        By falling mean; of equal means in the order of the alphabet.
    """
    seen: defaultdict[str, list[float]] = defaultdict(list)
    for pieces, values in zip(tokens, scores, strict=True):
        for piece, value in zip(pieces, normalised(values).tolist(), strict=True):
            seen[piece].append(value)
    found = [
        Piece(text, float(np.mean(values)), len(values))
        for text, values in seen.items()
        if len(values) >= min_count
    ]
    return sorted(found, key=lambda piece: (-piece.mean, piece.text))


def words_table(ranks: Mapping[str, Sequence[Piece]], ends: int | None = None) -> Table:
    """Return a row for each method and piece.

    Parameters
    ----------
    ranks : mapping
        Method → its pieces, best first.
    ends : int, optional
        Only so many from the top, and so many from the bottom.
    """
    rows = [
        (method, place, piece.text, piece.mean, piece.count)
        for method, pieces in ranks.items()
        for place, piece in enumerate(pieces, 1)
        if ends is None or place <= ends or place > len(pieces) - ends
    ]
    columns: list[Column | str] = [
        Column("method", "whose scores"),
        Column("rank", "1 is the highest mean", low=1),
        Column("piece", "the word piece; ## goes on with a word"),
        Column("mean", "mean over its occurrences of |score| / largest of the text", "", None, 0, 1),
        Column("count", "occurrences", low=1),
    ]
    return Table.of("words", "Word pieces by mean normalised score", columns, rows)
