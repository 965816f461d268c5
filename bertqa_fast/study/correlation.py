"""Whether two models, or two data sets, agree on the words: Pearson's correlation of their mean scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bertqa_fast.analysis.estimates import LEVEL
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.study.published import SEEDS
from bertqa_fast.study.ranks import Piece


@dataclass(frozen=True, slots=True)
class Agreement:
    """A correlation over common word pieces.

    Attributes
    ----------
    r : float
        Pearson's; NaN for fewer than three pieces or means that are all the same.
    low, high : float
        Its interval by Fisher's transformation; NaN for fewer than four pieces.
    p : float
        Of no correlation, two-sided.
    count : int
        How many pieces both have.
    """

    r: float
    low: float
    high: float
    p: float
    count: int


def agreement(one: Sequence[Piece], other: Sequence[Piece], level: float = LEVEL) -> Agreement:
    """Correlate the mean scores of the pieces that two rankings have in common.

    Parameters
    ----------
    one, other : sequence of Piece
        From :func:`.ranks.rank_pieces`, in any order.
    level : float
        Coverage of the interval.
    """
    from scipy.stats import pearsonr

    theirs = {piece.text: piece.mean for piece in other}
    pairs = np.array([(piece.mean, theirs[piece.text]) for piece in one if piece.text in theirs])
    if len(pairs) < 3 or (np.ptp(pairs, axis=0) == 0).any():
        return Agreement(math.nan, math.nan, math.nan, math.nan, len(pairs))
    found = pearsonr(pairs[:, 0], pairs[:, 1])
    low = high = math.nan
    if len(pairs) > 3:
        low, high = found.confidence_interval(level)
    return Agreement(float(found.statistic), float(low), float(high), float(found.pvalue), len(pairs))


def agreement_table(ours: Mapping[str, Sequence[Piece]], others: Mapping[str, Sequence[Piece]]) -> Table:
    """Return a row for each method that both have.

    Parameters
    ----------
    ours, others : mapping
        Method → its pieces: of this model and data, and of what it is compared with.
    """
    rows = []
    for method, pieces in ours.items():
        if method in others:
            found = agreement(pieces, others[method])
            rows.append((method, found.count, found.r, found.low, found.high, found.p, SEEDS.get(method)))
    columns: list[Column | str] = [
        Column("method", "whose scores"),
        Column("pieces", "word pieces that both have", low=0),
        Column("r", "Pearson's correlation of their mean normalised scores", "", "higher", -1, 1),
        Column("r_low", "lower end of its 95 % interval", "", None, -1, 1),
        Column("r_high", "upper end of its 95 % interval", "", None, -1, 1),
        Column("p", "of no correlation, two-sided", "", None, 0, 1),
        Column("published", "Wu & Ong 2021: two seeds of BERT-base on SST-5", "", "higher", -1, 1),
    ]
    return Table.of("correlation", "Agreement on the words", columns, rows)
