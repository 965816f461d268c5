"""What was published of attention zones, beside a grid.

The only numbers there are stand in a picture: the heat map of the protocol of Cui, Zhang and Liu,
"Visualizing attention zones in machine reading comprehension models" (STAR Protocols 3, 2022, 101481), in the
repository ymcui/mrc-model-analysis (``pics/star_protocol.png``). They were read off its colours, to about 0.3
points.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.published import NUM_LAYERS, Series, series
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.zones.cells import ALL
from bertqa_fast.zones.tables import changes

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid

SOURCE = "Cui et al. 2022 (STAR Protocols; pics/star_protocol.png in ymcui/mrc-model-analysis)"
BASELINE = 80.567  # exact match with nothing masked, BERT-base-cased on SQuAD v1.1
RANKING = ("p2", "p2q", "q2", "q2p")  # "P2 > P2Q >> Q2 > Q2P", the largest loss first
# Change of exact match, in points; layers 0 to 11. p2 at layer 0 is -10 or less: the colours end there.
_CHANGES = {
    "all": (-2.3, -0.5, -1.0, -0.5, -3.4, -1.0, -1.4, -1.9, -1.9, -1.2, -1.4, 0.0),
    "q2": (0.0, -0.4, -0.3, -0.6, -0.3, -0.6, -0.6, -0.6, -0.5, -0.2, 0.0, 0.0),
    "q2p": (0.0, -0.2, -0.3, 0.0, -0.3, 0.0, 0.0, 0.0, -0.3, -0.3, 0.0, 0.0),
    "p2q": (-0.5, -0.2, -0.8, -1.0, -3.1, 0.0, 0.0, 0.0, -1.6, -1.6, -4.1, 0.0),
    "p2": (-10.0, -4.1, -2.0, -4.1, 0.0, -2.0, -2.3, -1.9, -2.6, -3.9, 0.0, -2.1),
}
PUBLISHED: dict[str, Series] = {
    zone: series(SOURCE, "SQuAD", zone, values) for zone, values in _CHANGES.items()
}
NOTE = (
    f"Published: BERT-base-cased, windows of 512 tokens, all of SQuAD v1.1 dev (exact match {BASELINE}), "
    "read off a picture to about 0.3 points; compare the order, not the levels. Beside a layer of this model "
    "stands the same share of the depth. What is published as 'all' masks nothing (docs/zones.md): it is not "
    "ranked."
)


def compare(grid: ZoneGrid, **intervals: Any) -> Table:
    """Put a grid's changes of exact match beside the published ones.

    Parameters
    ----------
    grid : ZoneGrid
        Of all heads together, with gold answers.
    **intervals
        As in :meth:`.result.ZoneGrid.table`.

    Returns
    -------
    Table
        For each zone the mean over layers and its rank (1: the largest loss), ours and published, and
        Spearman's correlation of the layers; then, as zone ``"ranking"``, that of the zones' means, and as
        ``"cells"`` that of all cells, without ``all``.

    Raises
    ------
    ValueError
        Heads were masked one at a time, or there are no gold answers.
    """
    if grid.by_head:
        raise ValueError("grid: heads are masked one at a time, wanted one of zone_grid(heads=None)")
    found = changes(grid, "exact_match", **intervals)
    depth = grid.about["model"]["num_layers"]
    ours = {zone: found.change[:, at, 0] for at, zone in enumerate(grid.zones)}
    theirs = {
        zone: np.array(
            [
                math.nan if (value := PUBLISHED[zone].at(layer, depth)) is None else value
                for layer in grid.layers
            ]
        )
        for zone in grid.zones
    }
    ranked = [zone for zone in RANKING if zone in ours]
    means = {
        zone: (float(ours[zone].mean()), float(np.mean(list(PUBLISHED[zone].values.values()))))
        for zone in ours
    }
    ranks = [_ranks([means[zone][side] for zone in ranked]) for side in (0, 1)]
    rows: list[tuple[Any, ...]] = []
    for zone in [*ranked, *(zone for zone in ours if zone == ALL)]:
        places = [side[ranked.index(zone)] if zone in ranked else None for side in ranks]
        rows.append((zone, means[zone][0], means[zone][1], *places, spearman(ours[zone], theirs[zone])))
    if ranked:
        of_means = spearman(*np.array([means[zone] for zone in ranked]).T)
        of_cells = spearman(*(np.concatenate([side[zone] for zone in ranked]) for side in (ours, theirs)))
        rows += [("ranking", *[None] * 4, of_means), ("cells", *[None] * 4, of_cells)]
    columns: list[Column | str] = [
        Column("zone", "ranking: of the zones' means; cells: of all layers and zones; both without 'all'"),
        Column("change", "of exact match, mean over layers, in points", "%", "higher", -100, 100),
        Column("published", f"the same over BERT-base's {NUM_LAYERS} layers", "%", "higher", -100, 100),
        Column("rank", "1 is the largest loss", low=1),
        Column("published_rank", "1 is the largest loss", low=1),
        Column(
            "spearman", "rank correlation of the layers, ours with those of the same depth", "", None, -1, 1
        ),
    ]
    return Table.of("published", f"Zones, beside {SOURCE}", columns, rows)


def spearman(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """Return Spearman's correlation over what both have; NaN for fewer than three or what is all the same."""
    from scipy.stats import spearmanr

    both = np.isfinite(ours) & np.isfinite(theirs)
    one, other = ours[both], theirs[both]
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    return float(spearmanr(one, other).statistic)


def _ranks(values: list[float]) -> list[int]:
    """Return places from the smallest up, from 1; of equal values the first comes first."""
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values), dtype=int)
    ranks[order] = np.arange(1, len(values) + 1)
    return [int(rank) for rank in ranks]
