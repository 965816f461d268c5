"""Changes against the unmasked reader: means over examples, with paired intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import bootstrap_means
from bertqa_fast.analysis.tables import Column, Table

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid

WORDS = {
    "exact_match": "exact match",
    "f1": "F1",
    "kept": "probability of the unmasked answer",
}


@dataclass(frozen=True, eq=False, slots=True)
class Changes:
    """A metric over some examples, in per cent and points.

    Attributes
    ----------
    count : int
        Examples that count.
    unmasked : float
        Their mean with nothing masked; NaN where there are none.
    masked, change, low, high : float64 ``[layers, zones, heads]``
        Their mean under each masking, less the unmasked one, and the ends of the change's interval.
    """

    count: int
    unmasked: float
    masked: NDArray[np.float64]
    change: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def significant(self) -> NDArray[np.bool_]:
        """Whether a cell's interval leaves 0 out."""
        return (self.low > 0) | (self.high < 0)


def changes(grid: ZoneGrid, metric: str, of: NDArray[np.bool_] | None = None, **intervals: Any) -> Changes:
    """Compare masked answers with unmasked ones, example by example.

    Parameters
    ----------
    grid : ZoneGrid
        The grid.
    metric : str
        One of the grid's.
    of : bool ``[N]``, optional
        Which examples; of these count the ones that have a gold answer, where the metric needs it.
    **intervals
        As in :func:`bertqa_fast.analysis.estimates.bootstrap_means`.
    """
    unmasked, masked = grid.values(metric)
    counts = np.isfinite(unmasked) if of is None else np.isfinite(unmasked) & of
    unmasked, masked = unmasked[counts], masked[counts]
    low, high = bootstrap_means(masked - unmasked[:, None, None, None], **intervals)
    if not len(unmasked):
        unknown = np.full(masked.shape[1:], np.nan)
        return Changes(0, np.nan, unknown, unknown, low, high)
    mean, after = float(unmasked.mean()), masked.mean(axis=0)
    return Changes(len(unmasked), mean, after, after - mean, low, high)


def change_table(grid: ZoneGrid, metrics: Sequence[str], **intervals: Any) -> Table:
    """Return a row for each metric, layer, zone and head; see :meth:`.result.ZoneGrid.table`."""
    rows: list[tuple[Any, ...]] = []
    for metric in metrics:
        found = changes(grid, metric, **intervals)
        for at, names in cells(grid):
            rows.append((metric, *names, found.count, found.unmasked, *cell_of(found, at)))
    title = f"Changes with a zone masked, {len(grid)} examples"
    return Table.of("table", title, ["metric", *cell_columns(), *change_columns()], rows)


def cells(grid: ZoneGrid) -> Iterator[tuple[tuple[int, int, int], tuple[int, str, int | None]]]:
    """Yield each cell's place in the arrays, and its layer, zone and head."""
    axes = (range(len(grid.layers)), range(len(grid.zones)), range(len(grid.heads)))
    for layer, zone, head in product(*axes):
        yield (layer, zone, head), (grid.layers[layer], grid.zones[zone], grid.heads[head])


def cell_of(found: Changes, at: tuple[int, int, int]) -> list[float]:
    """Return a cell's masked mean, change and interval, in the order of their columns."""
    return [float(part[at]) for part in (found.masked, found.change, found.low, found.high)]


def cell_columns() -> list[Column | str]:
    """Return the columns that say which cell a row is of."""
    return [
        Column("layer", "encoder block, from 0, inside of which attention is masked", low=0),
        Column("zone", "rows attend to columns: q2p masks the passage from the question's tokens"),
        Column("head", "the head that is masked; empty: all of them", low=0),
    ]


def change_columns() -> list[Column | str]:
    """Return the columns of a metric's means and change."""
    return [
        Column("examples", "how many count", low=0),
        Column("unmasked", "mean with nothing masked", "%", "higher", 0, 100),
        Column("masked", "mean with the zone masked", "%", "higher", 0, 100),
        Column("change", "masked less unmasked, in points", "%", "higher", -100, 100),
        Column("change_low", "lower end of its 95 % interval", "%", None, -100, 100),
        Column("change_high", "upper end of its 95 % interval", "%", None, -100, 100),
    ]
