"""What Ramnath et al. (2020) claim of the layers, beside what analyses of a run found."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import mean

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Column, Table

# Off the slides of the paper's talk at EMNLP 2020 (in the repository iitmnlp/BERT-Analysis-RCQA): BERT-base,
# SQuAD, layers 0 to 11. Slide 22, each layer's top 5 words retained: the divergences of layers that follow
# each other, and of layers 0 and 11. Slide 32: shares of the top 5 words at layers 0 and 11, in per cent.
_KEPT = "top 5"
_NEIGHBOURS = (0.49, 0.45, 0.33, 0.32, 0.28, 0.23, 0.22, 0.19, 0.17, 0.16, 0.10)
_FIRST_LAST = 0.59
_SHARES = {"answer": (26.99, 34.63, "up"), "query": (22.94, 12.00, "down")}


def trends(results: Iterable[Result]) -> Table | None:
    """Put the claims of the paper beside the results of ``jsd`` and ``roles``.

    Parameters
    ----------
    results : iterable of Result
        Of one run; those of other analyses are passed over.

    Returns
    -------
    Table or None
        ``claim``, ``paper``, ``this run``, and whether it ``agrees``; None where no result speaks to a claim.
    """
    rows: list[tuple[str, str, str, bool]] = []
    for result in results:
        known = {table.name: table for table in result.tables}
        if "jsd" in known:
            rows += _divergence(known["jsd"])
        if "roles_trend" in known:
            rows += _shares(known["roles_trend"])
    columns: list[Column | str] = [
        "claim",
        Column("paper", "BERT-base on SQuAD, the 5 largest words: compare the way, not the height"),
        Column(
            "this run",
            "shares at its first and its last layer, the embeddings included; divergences among blocks",
        ),
        Column("agrees", "whether this run goes the same way; shares by rank correlation with the layer"),
    ]
    if not rows:
        return None
    return Table.of("trends", "What Ramnath et al. (2020) claim, and this run", columns, rows)


def _divergence(table: Table) -> list[tuple[str, str, str, bool]]:
    """Compare neighbours with the two ends, among the blocks: the paper's figure has no embeddings."""
    cells = {
        (layer, other): jsd
        for kept, layer, other, jsd in zip(*map(table.column, ("kept", "layer", "other", "jsd")), strict=True)
        if kept == _KEPT and min(layer, other) >= 0 and jsd is not None
    }
    layers = sorted({layer for pair in cells for layer in pair})
    pairs = list(pairwise(layers))
    if len(pairs) < 2 or not {*pairs, (layers[0], layers[-1])} <= cells.keys():
        return []
    near, far = mean(cells[pair] for pair in pairs), cells[layers[0], layers[-1]]
    claim = f"divergence ({_KEPT}) is smaller between neighbours than between the first and the last layer"
    return [(claim, _bits(mean(_NEIGHBOURS), _FIRST_LAST), _bits(near, far), near < far)]


def _bits(near: float, far: float) -> str:
    return f"{near:.2f} and {far:.2f} bits"


def _shares(table: Table) -> list[tuple[str, str, str, bool]]:
    rows = []
    own = table.where(source="this run")
    names = ("role", "first", "last", "trend")
    for role, first, last, way in zip(*map(own.column, names), strict=True):
        if role in _SHARES and first is not None and last is not None:
            *ends, claimed = _SHARES[role]
            claim = f"share of {role} words among the largest goes {claimed} with depth"
            rows.append((claim, _per_cent(*ends), _per_cent(first, last), way == claimed))
    return rows


def _per_cent(first: float, last: float) -> str:
    return f"{first:.1f} % to {last:.1f} %"
