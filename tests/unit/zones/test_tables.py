"""What is said of a grid: against scipy, and against loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bertqa_fast.zones.correlation import drop_correlation
from bertqa_fast.zones.head_importance import head_importance
from bertqa_fast.zones.published import BASELINE, PUBLISHED, RANKING, compare, spearman
from bertqa_fast.zones.question_types import TYPES, by_question_type, question_type
from bertqa_fast.zones.result import ZoneGrid
from bertqa_fast.zones.tables import changes

MakeGrid = Callable[..., ZoneGrid]


@pytest.mark.parametrize("metric", ["exact_match", "f1", "kept"])
def test_changes_are_means_of_differences(make_grid: MakeGrid, metric: str) -> None:
    grid = make_grid(count=30)
    table = grid.table(metric)
    assert len(table) == 3 * 5
    before = getattr(grid.unmasked, metric)
    for layer, zone, head, found in zip(
        *(table.column(name) for name in ("layer", "zone", "head", "change")), strict=True
    ):
        after = getattr(grid.masked, metric)[:, layer, grid.zones.index(zone), 0]
        assert head is None
        assert found == pytest.approx(100 * float(np.mean(after - before)))
    assert table.column("unmasked")[0] == pytest.approx(100 * before.mean())
    assert set(table.column("examples")) == {30}


def test_intervals_are_those_of_scipy(make_grid: MakeGrid) -> None:
    grid = make_grid(count=60, layers=1)
    found = changes(grid, "kept", resamples=5000)
    for zone in range(5):
        differences = 100 * (grid.masked.kept[:, 0, zone, 0] - grid.unmasked.kept)
        theirs = stats.bootstrap(
            (differences,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1)
        )
        low, high = theirs.confidence_interval
        # Two sets of 5,000 draws: their quantiles differ by a few per cent of the width.
        assert found.low[0, zone, 0] == pytest.approx(low, abs=0.05 * (high - low))
        assert found.high[0, zone, 0] == pytest.approx(high, abs=0.05 * (high - low))


def test_intervals_are_paired_and_seeded(make_grid: MakeGrid) -> None:
    grid = make_grid()
    same = replace(
        grid,
        masked=replace(
            grid.masked,
            kept=np.broadcast_to(grid.unmasked.kept[:, None, None, None] - 0.25, grid.masked.kept.shape),
        ),
    )
    # Everyone loses the same: however examples are drawn, so do their means.
    found = changes(same, "kept")
    np.testing.assert_allclose([found.change, found.low, found.high], -25.0)
    assert found.significant.all()
    assert grid.table("kept", seed=3) == grid.table("kept", seed=3)
    assert grid.table("kept", seed=3) != grid.table("kept", seed=4)


def test_examples_without_gold_do_not_count(make_grid: MakeGrid) -> None:
    grid = make_grid(count=10)
    for answers in (grid.unmasked, grid.masked):
        answers.exact_match[:4] = answers.f1[:4] = np.nan
    assert set(grid.table("exact_match").column("examples")) == {6}
    assert set(grid.table("kept").column("examples")) == {10}
    found = changes(grid, "f1").change[0, 0, 0]
    assert found == pytest.approx(100 * float(np.mean((grid.masked.f1[:, 0, 0, 0] - grid.unmasked.f1)[4:])))


def test_without_gold_only_probabilities_are_known(make_grid: MakeGrid) -> None:
    grid = make_grid(golds=False)
    assert grid.metrics == ("kept",)
    with pytest.raises(ValueError, match="metric: got 'exact_match', but no example has a gold answer"):
        grid.table()
    with pytest.raises(ValueError, match="metric must be one of exact_match, f1, kept, got 'em'"):
        grid.table("em")
    with pytest.raises(ValueError, match="no example has a gold answer"):
        drop_correlation(grid)


def test_heads_are_ranked(make_grid: MakeGrid) -> None:
    grid = make_grid(zones=("q2", "p2"), heads=(0, 1, 2))
    table = head_importance(grid)
    assert table.column("rank") == list(range(1, 3 * 2 * 3 + 1))
    drops = table.column("drop")
    assert drops == sorted(drops, reverse=True)
    assert all(
        low <= drop <= high
        for drop, low, high in zip(drops, table.column("drop_low"), table.column("drop_high"), strict=True)
    )
    layer, zone, head = (table.column(name)[0] for name in ("layer", "zone", "head"))
    masked = grid.masked.kept[:, layer, grid.zones.index(zone), head]
    assert drops[0] == pytest.approx(100 * float(np.mean(grid.unmasked.kept - masked)))
    with pytest.raises(ValueError, match="wanted one of zone_grid"):
        head_importance(make_grid())


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What is it?", "what"),
        ("In which year did Ada leave?", "which"),
        ("Whose ship was it?", "who"),
        ("To whom was it sold?", "who"),
        ("When did they leave?", "when"),
        ("Where is the port?", "where"),
        ("How many ships?", "how many"),
        ("HOW  MUCH tea?", "how much"),
        ("How old was she?", "how"),
        ("Why did they leave?", "why"),
        ("Name the port.", "other"),
        ("Somewhat later, who left?", "who"),
        ("What happened when they left?", "what"),
        ("他是什么时候出生的", "when"),
        ("为什么离开", "why"),
        ("谁写的", "who"),
        ("在什么地方", "where"),
        ("有多少人", "how many"),
        ("共有几个部分", "how many"),
        ("这座桥有多长", "how much"),
        ("如何开始的", "how"),
        ("属于哪个国家", "which"),
        ("主要内容是什么", "what"),
        ("位于哪里", "where"),
        ("请介绍一下", "other"),
    ],
)
def test_types_of_questions(question: str, wanted: str) -> None:
    assert question_type(question) == wanted


def test_types_have_their_own_changes(make_grid: MakeGrid) -> None:
    grid = make_grid(count=20)
    table = by_question_type(grid, "kept")
    assert list(dict.fromkeys(table.column("type"))) == [
        name for name in TYPES if name in {"who", "which", "how many", "what", "other"}
    ]
    part = table.where(type="which", layer=1, zone="p2")
    chosen = np.array([question_type(question) == "which" for question in grid.questions])
    assert part.column("examples") == [int(chosen.sum())]
    wanted = (grid.masked.kept[:, 1, 3, 0] - grid.unmasked.kept)[chosen].mean()
    assert part.column("change")[0] == pytest.approx(100 * wanted)


def test_correlation_is_that_of_drop_and_right(make_grid: MakeGrid) -> None:
    grid = make_grid(count=40)
    table = drop_correlation(grid)
    row = table.where(layer=2, zone="p2q")
    drop = grid.unmasked.kept - grid.masked.kept[:, 2, 2, 0]
    right = grid.unmasked.exact_match
    assert row.column("correlation")[0] == pytest.approx(np.corrcoef(drop, right)[0, 1])
    # Fisher's transformation: atanh r is normal with variance 1 / (N - 3).
    middle, half = np.arctanh(row.column("correlation")[0]), stats.norm.ppf(0.975) / math.sqrt(37)
    assert row.column("correlation_low")[0] == pytest.approx(np.tanh(middle - half))
    assert row.column("correlation_high")[0] == pytest.approx(np.tanh(middle + half))
    # The partial correlation is that of what regressions on the unmasked probability leave over.
    line = np.stack([np.ones(40), grid.unmasked.kept], axis=1)
    left = [side - line @ np.linalg.lstsq(line, side, rcond=None)[0] for side in (drop, right)]
    assert row.column("partial")[0] == pytest.approx(np.corrcoef(*left)[0, 1])


def test_no_correlation_of_what_does_not_change(make_grid: MakeGrid) -> None:
    grid = make_grid()
    grid.unmasked.exact_match[:] = 1.0
    assert set(drop_correlation(grid).column("correlation")) == {None}
    assert set(drop_correlation(make_grid(count=3)).column("p")) == {None}


def test_published_numbers_have_the_published_order() -> None:
    means = {zone: np.mean(list(one.values.values())) for zone, one in PUBLISHED.items()}
    assert tuple(sorted(RANKING, key=lambda zone: means[zone])) == RANKING
    for zone, mean in {"all": -1.4, "q2": -0.34, "q2p": -0.12, "p2q": -1.07, "p2": -2.9}.items():
        assert means[zone] == pytest.approx(mean, abs=0.05)
    assert all(len(one.values) == 12 for one in PUBLISHED.values())
    assert BASELINE == 80.567


def test_the_published_grid_agrees_with_itself(make_grid: MakeGrid) -> None:
    grid = make_grid(count=8, layers=12)
    grid.unmasked.exact_match[:] = 0.5
    for at, zone in enumerate(grid.zones):
        losses = np.array([PUBLISHED[zone].at(layer, 12) for layer in range(12)]) / 100
        grid.masked.exact_match[:, :, at, 0] = 0.5 + losses
    table = compare(grid)
    assert table.column("zone") == [*RANKING, "all", "ranking", "cells"]
    assert table.column("rank")[:5] == table.column("published_rank")[:5] == [1, 2, 3, 4, None]
    assert table.column("change")[:5] == pytest.approx(table.column("published")[:5])
    assert table.column("spearman") == pytest.approx([1.0] * 7)


def test_comparison_is_by_depth_and_says_what_it_finds(make_grid: MakeGrid) -> None:
    grid = make_grid(count=8, layers=6, zones=("q2p", "p2"))
    grid.unmasked.exact_match[:] = 0.5
    grid.masked.exact_match[:, :, 0, 0] = 0.1  # the other way round than published
    grid.masked.exact_match[:, :, 1, 0] = 0.5
    table = compare(grid)
    assert table.column("zone") == ["p2", "q2p", "ranking", "cells"]
    assert table.column("rank")[:2] == [2, 1]
    assert table.column("published_rank")[:2] == [1, 2]
    assert table.column("spearman")[0] is None  # no layer differs from another
    assert table.column("spearman")[3] < 0
    with pytest.raises(ValueError, match="heads are masked one at a time"):
        compare(make_grid(heads=(0, 1)))
    assert math.isnan(spearman(np.ones(2), np.ones(2)))
