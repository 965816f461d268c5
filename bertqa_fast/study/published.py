"""What was published of word deletion and of correlations, beside a study.

Wu & Ong, "On Explaining Your Explanations of BERT: An Empirical Study with Sequence Classification" (2021,
arXiv:2101.00196). The numbers are outputs of the notebooks in its repository, frankaging/BERT-LRP: word
deletion of ``code/notebook/plots_scripts.ipynb``, correlations of ``code/notebook/lrp_visualize.ipynb`` at
the commits 7a61885 (data sets) and f323ff0 (seeds).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bertqa_fast.analysis.tables import Column, Table

SOURCE = "Wu & Ong 2021 (notebooks of frankaging/BERT-LRP)"
ORDER = "gs = gi = lrp << random = lat"  # "=": no clear difference
LOW, HIGH = ("gs", "gi", "lrp"), ("random", "lat")
K = 10

# Accuracy in per cent after k = 1 … 10 deletions, BERT-base on SST-5, of texts that were classified right.
SST5: dict[str, tuple[int, ...]] = {
    "random": (93, 83, 78, 65, 61, 56, 51, 49, 41, 39),
    "gs": (72, 61, 53, 45, 38, 31, 28, 25, 23, 24),
    "gi": (71, 61, 53, 44, 39, 32, 27, 24, 24, 23),
    "lrp": (72, 60, 52, 45, 38, 32, 30, 25, 24, 25),
    "lat": (96, 89, 82, 74, 66, 59, 52, 47, 40, 35),
}
# Means over k = 1 … 10 on the other data sets, worked out from its table.
MEANS: dict[str, dict[str, float]] = {
    "SemEval": {"random": 82.1, "gs": 62.9, "gi": 63.3, "lrp": 62.2, "lat": 82.4},
    "IMDb": {"random": 97.7, "gs": 91.5, "gi": 91.8, "lrp": 90.3, "lat": 96.8},
    "Yelp-5": {"random": 90.9, "gs": 73.7, "gi": 74.2, "lrp": 77.8, "lat": 90.8},
}
# Pearson's r of mean scores by word piece: two fine-tuning seeds on SST-5, and pairs of data sets.
SEEDS = {"gs": 0.9122, "gi": 0.9122, "lrp": 0.8857, "lat": 0.8526}
PAIRS: dict[tuple[str, str], dict[str, float]] = {
    ("SST-5", "SemEval"): {"gs": 0.69, "gi": 0.71, "lrp": 0.75, "lat": 0.82},
    ("SST-5", "IMDb"): {"gs": 0.65, "gi": 0.68, "lrp": 0.77, "lat": 0.80},
    ("SST-5", "Yelp-5"): {"gs": 0.51, "gi": 0.56, "lrp": 0.64, "lat": 0.67},
    ("SemEval", "IMDb"): {"gs": 0.73, "gi": 0.75, "lrp": 0.75, "lat": 0.82},
    ("SemEval", "Yelp-5"): {"gs": 0.61, "gi": 0.63, "lrp": 0.64, "lat": 0.71},
    ("IMDb", "Yelp-5"): {"gs": 0.59, "gi": 0.60, "lrp": 0.69, "lat": 0.82},
}
NOTE = (
    f"Published: {SOURCE}, BERT-base on SST-5, the first 1,001 test texts, those of at least 10 tokens that "
    "were classified right; [PAD] in place of deleted tokens. Compare the order, not the levels."
)


def compare(curves: Mapping[str, Sequence[float]]) -> Table:
    """Put accuracies after deletion beside the published ones of SST-5.

    Parameters
    ----------
    curves : mapping
        Method → accuracy in per cent after 1, 2, … deletions.

    Returns
    -------
    Table
        A row for each method: means over those k that both have and their ranks (1 falls fastest) among the
        methods that were published, for a few k both accuracies, and last the order of all of ours.
    """
    both = min([K, *(len(curve) for curve in curves.values())])
    shown = sorted({k for k in (1, 5, K) if k <= both})
    ours = {name: _mean(curve[:both]) for name, curve in curves.items()}
    theirs = {name: _mean(SST5[name][:both]) for name in curves if name in SST5}
    ranks = _ranks({name: ours[name] for name in theirs}), _ranks(theirs)
    rows = []
    for name in sorted(curves, key=lambda name: ours[name]):
        known = SST5.get(name)
        cells = [x for k in shown for x in (curves[name][k - 1], None if known is None else known[k - 1])]
        places = [rank.get(name) for rank in ranks]
        rows.append((name, *cells, ours[name], theirs.get(name), *places))
    columns: list[Column | str] = [
        Column("method", "in the order of our means, the fastest fall first"),
        *(
            Column(f"{whose}_{k}", f"accuracy after {k} deletions, {about}", "%", None, 0, 100)
            for k in shown
            for whose, about in (("ours", "ours"), ("published", SOURCE))
        ),
        Column("ours", f"mean over k = 1 to {both}", "%", "lower", 0, 100),
        Column("published", "the same, of SST-5", "%", "lower", 0, 100),
        Column("rank", "1 falls fastest, of the methods that were published", low=1),
        Column("published_rank", "1 falls fastest", low=1),
    ]
    return Table.of("published", f"Word deletion, beside {SOURCE}, SST-5", columns, rows)


def verdict(means: Mapping[str, float]) -> str:
    """Say in a line whether our order is the published one; of means alone, their intervals aside.

    Parameters
    ----------
    means : mapping
        Method → mean accuracy after deletion, in per cent.
    """
    names = sorted(means, key=lambda name: means[name])
    shown = [f"{means[name]:.1f}" for name in names]
    order = f"{names[0]} {shown[0]}"
    for name, value, before in zip(names[1:], shown[1:], shown, strict=False):
        order += f" {'=' if value == before else '<'} {name} {value}"
    line = f"published order: {ORDER}; ours: {order}"
    low, high = ([name for name in part if name in means] for part in (LOW, HIGH))
    if not low or not high:
        return line
    gap = min(means[name] for name in high) - max(means[name] for name in low)
    found = "below" if gap > 0 else "not below"
    return f"{line}. {_listed(low)}: {found} {_listed(high)} ({gap:+.1f} points between the nearest two)"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else math.nan


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    """Return places from the smallest up, from 1; equal values share the first of their places."""
    return {name: 1 + sum(other < value for other in values.values()) for name, value in values.items()}
