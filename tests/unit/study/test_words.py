"""Word ranks, correlations and tables, each by another route."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import TextExample
from bertqa_fast.study import published
from bertqa_fast.study.best_layer import LayerChoice, split
from bertqa_fast.study.correlation import agreement, agreement_table
from bertqa_fast.study.figures import figures
from bertqa_fast.study.published import SST5, compare, verdict
from bertqa_fast.study.ranks import Piece, normalised, rank_pieces, words_table
from bertqa_fast.study.tables import deletion_table, summary_table, texts_table

TEXTS = [["a", "b", "a"], ["b", "##c"], ["a", "b"]]
SCORES = [[1.0, -4.0, 2.0], [0.5, 0.25], [0.0, 0.0]]


def pieces(**means: float) -> list[Piece]:
    return [Piece(text, mean, 7) for text, mean in means.items()]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0.01, 10))
def test_normalised_scores_have_no_sign_and_no_scale(scores: list[float], scale: float) -> None:
    found = normalised(scores)
    assert (found >= 0).all()
    if max(map(abs, scores)) > 1e-100:
        assert found.max() == 1
        np.testing.assert_allclose(normalised([-scale * score for score in scores]), found, atol=1e-12)


def test_ranks_by_hand() -> None:
    assert rank_pieces(TEXTS, SCORES, 1) == [
        Piece("b", (1 + 1 + 0) / 3, 3),
        Piece("##c", 0.5, 1),
        Piece("a", (0.25 + 0.5 + 0) / 3, 3),
    ]
    assert [piece.text for piece in rank_pieces(TEXTS, SCORES, 3)] == ["b", "a"]
    assert rank_pieces(TEXTS, SCORES) == []


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), max_size=6), st.integers(1, 4))
def test_counts_are_occurrences(texts: list[list[str]], least: int) -> None:
    found = rank_pieces(texts, [np.arange(len(text)) for text in texts], least)
    counts = Counter(token for text in texts for token in text)
    assert {p.text: p.count for p in found} == {t: n for t, n in counts.items() if n >= least}
    assert [p.mean for p in found] == sorted((p.mean for p in found), reverse=True)


def test_ends_of_the_words() -> None:
    ranks = {"gs": pieces(a=0.9, b=0.5, c=0.4, d=0.1)}
    assert words_table(ranks, 1).column("piece") == ["a", "d"]
    assert words_table(ranks).column("rank") == [1, 2, 3, 4]


def test_agreement_equals_numpy_and_fisher() -> None:
    random = np.random.default_rng(3)
    names = [f"w{n}" for n in range(40)]
    one, other = random.uniform(size=(2, 40))
    other += one
    left = [Piece(*pair, 7) for pair in zip(names[:35], one[:35].tolist(), strict=True)]
    right = [Piece(*pair, 7) for pair in zip(names[5:], other[5:].tolist(), strict=True)][::-1]
    found = agreement(left, right)
    assert found.count == 30
    r = np.corrcoef(one[5:35], other[5:35])[0, 1]
    assert found.r == pytest.approx(r)
    half = 1.959963984540054 / math.sqrt(27)
    assert (found.low, found.high) == pytest.approx(np.tanh(np.arctanh(r) + np.array([-half, half])))


def test_agreement_of_too_little() -> None:
    assert math.isnan(agreement(pieces(a=1, b=0.5), pieces(a=1, b=0.5)).r)
    assert agreement(pieces(a=1, b=0.5, c=0.1), pieces(d=1)).count == 0
    assert math.isnan(agreement(pieces(a=1, b=1, c=1), pieces(a=0.1, b=0.2, c=0.3)).r)
    three = agreement(pieces(a=1, b=0.5, c=0.1), pieces(a=1, b=0.4, c=0.1))
    assert three.r > 0.99
    assert math.isnan(three.low)
    table = agreement_table({"gs": pieces(a=1), "ig": pieces(a=1)}, {"gs": pieces(a=1)})
    assert (table.column("method"), table.column("r"), table.column("published")) == (
        ["gs"],
        [None],
        [0.9122],
    )


def test_deletion_tables_equal_means_by_hand() -> None:
    random = np.random.default_rng(0)
    right = random.integers(0, 2, size=(2, 30, 4)).astype(float)
    table = deletion_table(("random", "gs"), right)
    for m, method in enumerate(("random", "gs")):
        part = table.where(method=method)
        for k in range(4):
            mean = 100 * sum(right[m, n, k] for n in range(30)) / 30
            assert part.column("accuracy")[k] == pytest.approx(mean)
            half = 196 * right[m, :, k].std(ddof=1) / math.sqrt(30)
            ends = part.column("accuracy_low")[k], part.column("accuracy_high")[k]
            assert ends == pytest.approx((max(0, mean - half), min(100, mean + half)), abs=5)
    summary = summary_table(("random", "gs"), right, {"gs": "a note"})
    means = 100 * right[:, :, 1:].mean(axis=(1, 2))
    assert summary.column("mean") == pytest.approx(means.tolist())
    assert summary.column("change") == [None, pytest.approx(means[1] - means[0])]
    assert summary.column("note") == ["", "a note"]
    same = summary_table(("random", "gs"), right[[1, 1]], {})
    assert (same.column("change_low")[1], same.column("change_high")[1]) == (0, 0)
    texts = texts_table(("random", "gs"), [str(n) for n in range(30)], right)
    assert texts.where(id="7", method="gs").rows[0][2:] == tuple(right[1, 7])


def test_published_means_and_order() -> None:
    for name, mean in {"random": 61.6, "gs": 40.0, "gi": 39.8, "lrp": 40.3, "lat": 64.0}.items():
        assert np.mean(SST5[name]) == pytest.approx(mean, abs=0.051)
        assert len(SST5[name]) == published.K
    low, high = ([np.mean(SST5[name]) for name in part] for part in (published.LOW, published.HIGH))
    assert max(low) + 20 < min(high)
    assert all(set(means) == set(SST5) for means in published.MEANS.values())
    assert all(set(pair) == set(published.SEEDS) for pair in published.PAIRS.values())


def test_ours_beside_the_published() -> None:
    curves = {name: [float(x) for x in curve] for name, curve in SST5.items()}
    table = compare({**curves, "ig": [0.0] * 10})
    assert table.column("method")[0] == "ig"
    assert table.column("published")[0] is None
    assert table.column("published_rank")[0] is None
    assert table.column("rank")[1:] == table.column("published_rank")[1:] == [1, 2, 3, 4, 5]
    assert table.column("ours")[1:] == table.column("published")[1:]
    short = compare({"gs": [50.0, 40.0], "lat": [30.0, 20.0]})
    assert short.where(method="gs").rows == (("gs", 50.0, 72, 45.0, 66.5, 2, 1),)


def test_verdict_says_which_way_it_came_out() -> None:
    means = {name: float(np.mean(curve)) for name, curve in SST5.items()}
    assert "gi 39.8 < gs 40.0 < lrp 40.3 < random 61.6 < lat 64.0" in verdict(means)
    assert "gs, gi and lrp: below random and lat (+21.3 points between the nearest two)" in verdict(means)
    assert "gs, gi and lrp: not below random and lat (-0.2 points" in verdict({**means, "lat": 40.1})
    assert verdict({"lat": 5.0, "gs": 5.0}).endswith(
        "lat 5.0 = gs 5.0. gs: not below lat (+0.0 points between the nearest two)"
    )
    assert verdict({"ig": 3.0, "gs": 1.0}).endswith("ours: gs 1.0 < ig 3.0")


def test_equal_means_share_a_rank() -> None:
    table = compare({"gs": [40.0], "gi": [40.0], "lat": [90.0]})
    assert (table.column("rank"), table.column("published_rank")) == ([1, 1, 3], [2, 1, 3])


def test_choice_of_a_layer() -> None:
    choice = LayerChoice((50.0, 40.0, 40.0), 12, held_out=True)
    assert choice.layer == 1
    assert choice.table().column("chosen") == [False, True, False]
    assert "3 layers on 12 texts set aside" in choice.note
    examples = [TextExample(f"text {n}", id=str(n)) for n in range(23)]
    left, aside = split(examples, 4)
    assert (len(left), len(aside)) == (19, 4)
    assert sorted([*left, *aside], key=lambda e: int(e.id or "")) == examples
    assert split(examples, 4)[1] == aside != split(examples, 5)[1]
    assert len(split(examples, 4, 2)[1]) == 2
    with pytest.raises(ValueError, match="'ig@best' with 4 texts, wanted five"):
        split(examples[:4], 0)


def test_figure_has_a_line_of_its_own_for_each_method() -> None:
    methods = ("random", "gs", "gi", "lrp", "lat", "ig", *(f"ig@{layer}" for layer in range(5)))
    right = np.random.default_rng(1).uniform(size=(len(methods), 6, 4))
    [axes] = figures(deletion_table(methods, right))["deletion"].axes
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == len(axes.lines) == len(methods)
    np.testing.assert_allclose(axes.lines[1].get_ydata(), 100 * right[1].mean(axis=0))
    assert axes.lines[-1].get_label() == "integrated gradients, layer 4"
