"""The published numbers: at other depths, and what the papers say of them."""

from __future__ import annotations

from itertools import combinations

import pytest

from bertqa_fast.analysis.published import PAPER, REPRODUCTION, Series, find, series
from bertqa_fast.analysis.published_numbers import DIVERGENCE_RANGES, DIVERGENCES, POS_RANGES, ROLES


def test_the_same_depth() -> None:
    every = series(PAPER, "SQuAD", "x", [10.0 * layer for layer in range(12)])
    assert [every.at(layer, 12) for layer in (0, 5, 11)] == [0, 50, 110]
    # 6 layers: half of them, from the second on; 5: the first is at 12/5 - 1 = 1.4.
    assert [every.at(layer, 6) for layer in range(6)] == [10, 30, 50, 70, 90, 110]
    assert every.at(0, 5) == pytest.approx(14)
    assert every.at(-1, 12) is None
    assert every.at(0, 24) is None  # between the embeddings, which were not published, and the first layer


def test_no_interpolation_over_what_was_not_published() -> None:
    sparse = Series(PAPER, "SQuAD", "x", {0: 5.6, 10: 17.7, 11: 15.5})
    assert sparse.at(5, 6) == 15.5
    assert sparse.at(2, 6) is None
    assert sparse.at(21, 24) == 17.7
    assert sparse.at(22, 24) == pytest.approx((17.7 + 15.5) / 2)


def test_series_are_found() -> None:
    answer = find(ROLES, REPRODUCTION, "DuoRC", "answer")
    assert answer is not None
    assert (answer.values[-1], answer.values[11]) == (11.78, 12.94)
    assert find(ROLES, PAPER, "DuoRC", "answer") is None
    assert find(ROLES, PAPER, None, "answer") is None


def test_every_layer_is_there_once() -> None:
    for one in ROLES:
        assert list(one.values) == list(range(0 if one.source == PAPER else -1, 12))
    for cells in DIVERGENCES.values():
        assert list(cells) == list(combinations(range(12), 2))
    for _, _, _, least, most in POS_RANGES:
        assert least <= most


def test_the_matrices_have_the_extremes_of_their_caption() -> None:
    kept, rest = DIVERGENCES["top 5"].values(), DIVERGENCES["rest 5"].values()
    assert (min(kept), max(kept)) == (0.07, 0.6)
    assert (min(rest), max(rest)) == (0.08, 0.21)  # the caption says 0.09; the cells show 0.08
    for ranges in DIVERGENCE_RANGES.values():
        assert all(low < mean < high for low, high, mean in ranges.values())
