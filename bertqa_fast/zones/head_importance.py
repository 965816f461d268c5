"""Which heads' zones a reader needs most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.zones.tables import cell_columns, cells, changes

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid


def head_importance(grid: ZoneGrid, metric: str = "kept", **intervals: Any) -> Table:
    """Rank heads by what is lost when one of their zones is masked.

    The drop is the unmasked mean less the masked one, in points. Heads can stand in for each other: one that
    costs nothing alone may still be used.

    Parameters
    ----------
    grid : ZoneGrid
        Of heads that were masked one at a time.
    metric : {"kept", "exact_match", "f1"}
        What drops. One head seldom changes an answer, so ``"kept"`` tells more with fewer examples.
    **intervals
        ``level``, ``resamples`` and ``seed``, as in :meth:`.result.ZoneGrid.table`.

    Returns
    -------
    Table
        A row for each layer, zone and head, the largest drop first.

    Raises
    ------
    ValueError
        The grid masks all heads together, or the metric is not to be had.
    """
    if not grid.by_head:
        raise ValueError("grid: all heads are masked together, wanted one of zone_grid(heads='each')")
    found = changes(grid, metric, **intervals)
    rows = [
        (*names, found.count, -found.change[at], -found.high[at], -found.low[at]) for at, names in cells(grid)
    ]
    order = np.argsort([-row[4] for row in rows], kind="stable")
    columns: list[Column | str] = [
        Column("rank", "1 is the largest drop", low=1),
        *cell_columns(),
        Column("examples", "how many count", low=0),
        Column("drop", f"{metric} unmasked less masked, mean over examples, in points", "%", None, -100, 100),
        Column("drop_low", "lower end of its 95 % interval", "%", None, -100, 100),
        Column("drop_high", "upper end of its 95 % interval", "%", None, -100, 100),
    ]
    ranked = [(rank, *rows[at]) for rank, at in enumerate(order.tolist(), 1)]
    return Table.of("head_importance", "Heads by what masking one of their zones costs", columns, ranked)
