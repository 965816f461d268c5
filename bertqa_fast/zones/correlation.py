"""Whether answers that lean on a zone tend to be right ones.

For every cell, over the examples: the correlation of the drop, which is how far the unmasked answer's
probability falls when the zone is masked (``kept`` unmasked less masked, one number for each example), with
whether the unmasked answer matches the gold exactly (0 or 1).

The drop of F1 would not do: a wrong answer has none to lose, so that drops and right answers would go
together whatever the zone does. The probability of the answer given can fall for wrong answers as for right
ones. Surer answers have more to lose, though, and are more often right; ``partial`` is the correlation with
what the unmasked probability tells of both taken out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import LEVEL
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.zones.tables import cell_columns, cells

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid


def drop_correlation(grid: ZoneGrid, *, level: float = LEVEL) -> Table:
    """Correlate each cell's drop of the unmasked answer's probability with that answer being right.

    Parameters
    ----------
    grid : ZoneGrid
        With gold answers.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Table
        A row for each layer, zone and head: the point-biserial correlation (Pearson's, of which one side is
        0 or 1), its interval by Fisher's transformation, its two-sided p by scipy, and the partial
        correlation given the unmasked probability. Empty where drops or answers are all the same, or fewer
        than four.

    Raises
    ------
    ValueError
        There are no gold answers.
    """
    right, _ = grid.values("exact_match")
    before, after = grid.values("kept")
    known = np.isfinite(right)
    right, before = right[known] / 100, before[known]
    drops = before[:, None, None, None] - after[known]
    rows = [
        (*names, len(right), drops[:, *at].mean(), *_correlated(drops[:, *at], right, before, level))
        for at, names in cells(grid)
    ]
    columns: list[Column | str] = [
        *cell_columns(),
        Column("examples", "how many have a gold answer", low=0),
        Column("drop", "mean fall of the unmasked answer's probability, in points", "%", None, -100, 100),
        Column(
            "correlation",
            "point-biserial, of the drop and the unmasked answer's exact match",
            "",
            None,
            -1,
            1,
        ),
        Column("correlation_low", "lower end of its 95 % interval", "", None, -1, 1),
        Column("correlation_high", "upper end of its 95 % interval", "", None, -1, 1),
        Column("p", "of no correlation, two-sided", "", None, 0, 1),
        Column("partial", "the correlation given the unmasked answer's probability", "", None, -1, 1),
    ]
    return Table.of("correlation", "Drops of the answer's probability, and right answers", columns, rows)


def _correlated(
    drop: NDArray[np.float64], right: NDArray[np.float64], before: NDArray[np.float64], level: float
) -> tuple[float, ...]:
    from scipy.stats import pearsonr, pointbiserialr

    if len(drop) < 4 or np.ptp(drop) == 0 or np.ptp(right) == 0:
        return (math.nan,) * 5
    found = pointbiserialr(right, drop)
    interval = pearsonr(right, drop).confidence_interval(level)
    partial = math.nan
    if np.ptp(before) > 0:
        r = float(found.statistic)
        with_drop, with_right = (float(pearsonr(before, other).statistic) for other in (drop, right))
        rest = (1 - with_drop**2) * (1 - with_right**2)
        partial = (r - with_drop * with_right) / math.sqrt(rest) if rest > 0 else math.nan
    return float(found.statistic), float(interval.low), float(interval.high), float(found.pvalue), partial
