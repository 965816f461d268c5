"""Divergence between layers, against scipy and against numbers reckoned by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import jensenshannon

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.divergence import divergences, draw, layer_divergence
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

QUESTION, CONTEXT = "who sailed ?", "ada winter ##bourne sailed ."
SCORES = np.array(
    [
        # [CLS] who sailed ?  [SEP] ada winter ##bourne sailed . [SEP]
        [1, 1, 1, 1, 2, 8, 1, 1, 2, 4, 2],
        [1, 2, 3, 4, 1, 1, 4, 2, 1, 8, 1],
        [9, 9, 9, 9, 0, 0, 0, 3, 0, 1, 0],
    ],
    dtype=np.float64,
)


def pairs(rows: np.ndarray) -> np.ndarray:
    """Compare every pair with scipy, which returns the square root."""
    return np.array([[jensenshannon(p, q, base=2) ** 2 for q in rows] for p in rows])


def matrix(run: Run, kept: str, **options: object) -> np.ndarray:
    table = layer_divergence(run, **options).table("jsd").where(kept=kept)  # type: ignore[arg-type]
    side = len(set(table.column("layer")))
    return np.array(table.column("jsd")).reshape(side, side)


@given(hnp.arrays(np.float64, (3, 7), elements=st.floats(1e-3, 10)))
def test_divergences_are_scipys(rows: np.ndarray) -> None:
    np.testing.assert_allclose(divergences(rows), np.nan_to_num(pairs(rows)), atol=1e-9)


def test_extremes() -> None:
    apart = divergences(np.array([[1.0, 0.0], [0.0, 3.0]]))
    np.testing.assert_allclose(apart, [[0, 1], [1, 0]], atol=1e-15)
    assert divergences(np.array([[1.0, 2.0], [2.0, 4.0]]))[0, 1] == pytest.approx(0, abs=1e-15)


def test_rows_of_zeros() -> None:
    rows = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert divergences(rows, "uniform")[0, 1] == 0
    assert np.isnan(divergences(rows, "skip")[0]).all()


@pytest.mark.parametrize(
    ("part", "columns"), [("separators", slice(4, 11)), ("context", slice(5, 10)), ("window", slice(0, 11))]
)
def test_parts_of_the_window(make_run: MakeRun, written: Write, part: str, columns: slice) -> None:
    run = make_run(written(QUESTION, CONTEXT, SCORES))
    np.testing.assert_allclose(matrix(run, "all", part=part), pairs(SCORES[:, columns]), atol=1e-9)


def test_words_are_sums_of_their_pieces(make_run: MakeRun, written: Write) -> None:
    run = make_run(written(QUESTION, CONTEXT, SCORES))
    words = np.array([[8, 2, 2, 4], [1, 6, 1, 8], [0, 3, 0, 1]])
    np.testing.assert_allclose(matrix(run, "all", level="word"), pairs(words), atol=1e-9)


def test_largest_kept_and_removed(make_run: MakeRun, written: Write) -> None:
    run = make_run(written(QUESTION, CONTEXT, SCORES))
    # Within [SEP] ada winter ##bourne sailed . [SEP]; of equal scores the first counts.
    kept = np.array([[0, 8, 0, 0, 0, 4, 0], [0, 0, 4, 0, 0, 8, 0], [0, 0, 0, 3, 0, 1, 0]])
    rest = SCORES[:, 4:] - kept
    rest[2] = 1  # nothing is left: uniform
    np.testing.assert_allclose(matrix(run, "top 2"), pairs(kept), atol=1e-9)
    np.testing.assert_allclose(matrix(run, "rest 2"), pairs(rest), atol=1e-9)


def test_skipping_what_is_empty(make_run: MakeRun, written: Write) -> None:
    other = SCORES.copy()
    other[2] = [1, 1, 1, 1, 3, 1, 4, 1, 5, 9, 2]
    run = make_run(written(QUESTION, CONTEXT, SCORES), written(QUESTION, CONTEXT, other))
    table = layer_divergence(run, k=(2,), empty="skip").table("jsd").where(kept="rest 2", layer=1, other=0)
    assert table.column("examples") == [1]
    rest = other[1:, 4:].copy()
    rest[0, [2, 5]] = 0
    rest[1, [4, 5]] = 0
    np.testing.assert_allclose(table.column("jsd"), [pairs(rest)[0, 1]], atol=1e-9)


def test_mean_and_deviation_over_examples(make_run: MakeRun, written: Write) -> None:
    windows = [written(QUESTION, CONTEXT, SCORES), written(QUESTION, CONTEXT, SCORES[::-1])]
    run = make_run(*windows, written(QUESTION, CONTEXT, np.ones_like(SCORES)))
    table = layer_divergence(run, part="window").table("jsd").where(kept="all", layer=-1, other=0)
    each = [pairs(SCORES)[0, 1], pairs(SCORES[::-1])[0, 1], 0]
    assert table.column("jsd")[0] == pytest.approx(np.mean(each))
    assert table.column("deviation")[0] == pytest.approx(np.std(each))
    limited = layer_divergence(run, limit=1, part="window").table("jsd").where(kept="all", layer=-1, other=0)
    assert limited.column("jsd")[0] == pytest.approx(each[0])


def test_in_few_numbers_beside_the_published_ones(make_run: MakeRun, written: Write) -> None:
    result = layer_divergence(make_run(written(QUESTION, CONTEXT, SCORES)), k=(5,), part="context")
    own, paper, reproduction = result.table("jsd_summary").where(kept="top 5").rows
    cells = pairs(SCORES[:, 5:10])
    off = cells[~np.eye(3, dtype=bool)]
    wanted = [off.min(), off.mean(), off.max(), (cells[0, 1] + cells[1, 2]) / 2, cells[0, 2]]
    assert own[1] == "this run"
    np.testing.assert_allclose(own[2:], wanted, atol=1e-9)
    # The paper's matrix: neighbours .49 .45 .33 .32 .28 .23 .22 .19 .17 .16 .10, first against last .59.
    assert (paper[2], paper[4], paper[6]) == (0.07, 0.6, 0.59)
    assert paper[5] == pytest.approx(2.94 / 11)
    assert reproduction[2:] == (0.06, 0.406, 0.6, None, None)
    assert [row[1] for row in result.table("jsd_summary").where(kept="all").rows] == ["this run"]
    assert len(result.table("jsd_published")) == 2 * 66


def test_figures(make_run: MakeRun, written: Write) -> None:
    result = layer_divergence(make_run(written(QUESTION, CONTEXT, SCORES)), k=(2,))
    figures = draw(result)
    assert list(figures) == ["jsd_all", "jsd_top_2", "jsd_rest_2"]
    axes = figures["jsd_all"].axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["emb", "0", "1"]
    cells = np.array(result.table("jsd").where(kept="all").column("jsd")).reshape(3, 3)
    np.testing.assert_allclose(axes.images[0].get_array(), cells)


def test_refusals(make_run: MakeRun, written: Write) -> None:
    run = make_run(written(QUESTION, CONTEXT, SCORES[:1]))
    with pytest.raises(CannotAnalyzeError, match="one only; attribute with --layers all"):
        layer_divergence(run)
    for option, value in (("level", "letter"), ("part", "all"), ("empty", "zero")):
        with pytest.raises(ValueError, match=f"{option} must be one of"):
            layer_divergence(run, **{option: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="k must hold positive numbers"):
        layer_divergence(run, k=(0,))
