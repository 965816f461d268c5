"""What Ramnath et al. (2020) claim of the layers, beside what analyses of a run found."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import mean

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.published import NUM_LAYERS, PAPER, find
from bertqa_fast.analysis.published_numbers import DIVERGENCES, ROLES
from bertqa_fast.analysis.tables import Column, Table

_KEPT = "top 5"
_CLAIMS = {"answer": "up", "query": "down"}


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
    paper = DIVERGENCES[_KEPT]
    theirs = mean(paper[pair] for pair in pairwise(range(NUM_LAYERS))), paper[0, NUM_LAYERS - 1]
    return [(claim, _bits(*theirs), _bits(near, far), near < far)]


def _bits(near: float, far: float) -> str:
    return f"{near:.2f} and {far:.2f} bits"


def _shares(table: Table) -> list[tuple[str, str, str, bool]]:
    rows = []
    own = table.where(source="this run")
    names = ("role", "first", "last", "trend")
    for role, first, last, way in zip(*map(own.column, names), strict=True):
        paper = find(ROLES, PAPER, "SQuAD", role)
        if role in _CLAIMS and paper is not None and first is not None and last is not None:
            claimed = _CLAIMS[role]
            claim = f"share of {role} words among the largest goes {claimed} with depth"
            ends = paper.values[0], paper.values[NUM_LAYERS - 1]
            rows.append((claim, _per_cent(*ends), _per_cent(first, last), way == claimed))
    return rows


def _per_cent(first: float, last: float) -> str:
    return f"{first:.1f} % to {last:.1f} %"
