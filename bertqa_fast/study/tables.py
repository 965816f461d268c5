"""Tables of word deletion: accuracies after k deletions, and their means beside random orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import bootstrap_means
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.study.methods import RANDOM


def deletion_table(methods: Sequence[str], right: NDArray[np.float64], **intervals: Any) -> Table:
    """Return a row for each method and number of deletions.

    Parameters
    ----------
    methods : sequence of str
        Their names.
    right : float64 ``[methods, N, K + 1]``
        Whether texts keep their class, see :func:`.deletion.deletion_curve`.
    **intervals
        As in :func:`bertqa_fast.analysis.estimates.bootstrap_means`; texts are drawn, each with all of its
        deletions.
    """
    rows = []
    for method, own in zip(methods, right, strict=True):
        low, high = bootstrap_means(100 * own, **intervals)
        for k, mean in enumerate(100 * own.mean(axis=0)):
            rows.append((method, k, mean, low[k], high[k], len(own)))
    columns: list[Column | str] = [
        Column("method", "whose ranking"),
        Column("k", "how many tokens are deleted", low=0),
        *_mean_columns("accuracy", "texts that still get their class", "lower"),
        Column("texts", "how many count", low=0),
    ]
    return Table.of("deletion", "Accuracy after word deletion", columns, rows)


def summary_table(
    methods: Sequence[str], right: NDArray[np.float64], notes: Mapping[str, str], **intervals: Any
) -> Table:
    """Return a row for each method: the mean over k = 1 … K, and how far it lies from the random order's.

    Parameters
    ----------
    methods, right, intervals
        As in :func:`deletion_table`. Differences are paired: a text's mean less its mean under random orders.
    notes : mapping
        Method → what a reader of the table has to know.
    """
    means = 100 * right[:, :, 1:].mean(axis=2)  # [methods, N]
    rows = []
    for method, own in zip(methods, means, strict=True):
        low, high = bootstrap_means(own, **intervals)
        cells: list[Any] = [own.mean(), float(low), float(high)]
        if RANDOM in methods and method != RANDOM:
            change = own - means[list(methods).index(RANDOM)]
            low, high = bootstrap_means(change, **intervals)
            cells += [change.mean(), float(low), float(high)]
        else:
            cells += [None] * 3
        rows.append((method, *cells, len(own), notes.get(method, "")))
    columns: list[Column | str] = [
        Column("method", "whose ranking"),
        *_mean_columns("mean", f"accuracy, mean over k = 1 to {right.shape[2] - 1}", "lower"),
        Column("change", "the mean less that of random orders, in points", "%", "lower", -100, 100),
        Column("change_low", "lower end of its 95 % interval, paired over texts", "%", None, -100, 100),
        Column("change_high", "upper end of its 95 % interval, paired over texts", "%", None, -100, 100),
        Column("texts", "how many count", low=0),
        Column("note", "how a layer was chosen"),
    ]
    return Table.of("summary", "Mean accuracy after word deletion", columns, rows)


def texts_table(methods: Sequence[str], ids: Sequence[str], right: NDArray[np.float64]) -> Table:
    """Return a row for each text and method: what every other table of deletions is worked out from."""
    rows = [
        (name, method, *right[m, n].tolist())
        for n, name in enumerate(ids)
        for m, method in enumerate(methods)
    ]
    columns: list[Column | str] = [
        Column("id", "the text"),
        Column("method", "whose ranking"),
        *(
            Column(
                f"right_{k}",
                f"1: still its class after {k} deletions; a share of random orders",
                "",
                None,
                0,
                1,
            )
            for k in range(right.shape[2])
        ),
    ]
    return Table.of("deletion_texts", "Word deletion, text by text", columns, rows)


def _mean_columns(name: str, about: str, better: Any) -> list[Column]:
    return [
        Column(name, about, "%", better, 0, 100),
        Column(f"{name}_low", "lower end of its 95 % interval", "%", None, 0, 100),
        Column(f"{name}_high", "upper end of its 95 % interval", "%", None, 0, 100),
    ]
