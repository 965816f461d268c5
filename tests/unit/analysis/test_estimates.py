"""Intervals and trends against scipy, statistics and numbers by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from bertqa_fast.analysis import estimates
from bertqa_fast.analysis.estimates import (
    bootstrap_interval,
    bootstrap_means,
    mean_interval,
    trend,
    wilson_interval,
)


def test_an_interval_by_hand() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 6.0])
    assert mean == 3
    half = statistics.NormalDist().inv_cdf(0.975) * statistics.stdev([1, 2, 6]) / math.sqrt(3)
    assert high - mean == pytest.approx(half)
    assert mean - low == pytest.approx(half)


def test_intervals_are_scipys() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=(50, 3, 2))
    mean, low, high = mean_interval(values, 0.9)
    wanted = stats.norm.interval(0.9, loc=values.mean(axis=0), scale=stats.sem(values, axis=0))
    np.testing.assert_allclose(mean, values.mean(axis=0))
    np.testing.assert_allclose((low, high), wanted)


def test_too_few_for_an_interval() -> None:
    mean, low, high = mean_interval(np.zeros((0, 2)))
    assert np.isnan([mean, low, high]).all()
    mean, low, high = mean_interval(np.full((1, 2), 7.0))
    assert mean.tolist() == [7, 7]
    assert np.isnan([low, high]).all()


def test_a_trend_by_hand() -> None:
    # Ranks 1 2 3 4 against 1 3 2 4: 1 - 6 * 2 / (4 * 15) = 0.8; slope over -1.5, -0.5, 0.5, 1.5.
    rank, slope = trend([0, 1, 2, 3], [1.0, 4.0, 3.0, 9.0])
    assert rank == pytest.approx(0.8)
    assert slope == pytest.approx((-1.5 * 1 - 0.5 * 4 + 0.5 * 3 + 1.5 * 9) / 5)


def test_no_trend() -> None:
    assert np.isnan(trend([0, 1], [1.0, 2.0])).all()
    assert np.isnan(trend([0, 1, 2], [4.0, 4.0, 4.0])).all()


@pytest.mark.parametrize(("hits", "count"), [(0, 12), (3, 12), (12, 12), (97, 200)])
def test_score_intervals_are_scipys(hits: int, count: int) -> None:
    wanted = stats.binomtest(hits, count).proportion_ci(0.9, method="wilson")
    got = wilson_interval(hits / count, count, 0.9)
    np.testing.assert_allclose(got, (wanted.low, wanted.high), atol=1e-12)


def test_score_intervals_of_many_and_of_nothing() -> None:
    low, high = wilson_interval([0.5, np.nan], [10, 0])
    assert 0 < low[0] < 0.5 < high[0] < 1
    assert np.isnan([low[1], high[1]]).all()


def test_bootstrap_is_about_scipys() -> None:
    """Percentile intervals of the same values, with resamples of their own: ends differ by chance alone."""
    values = np.random.default_rng(1).gamma(2.0, size=120)
    wanted = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(2)
    ).confidence_interval
    low, high = bootstrap_interval(values, np.mean, resamples=4000)
    spread = stats.sem(values)
    assert low == pytest.approx(wanted.low, abs=0.15 * spread)
    assert high == pytest.approx(wanted.high, abs=0.15 * spread)
    assert bootstrap_interval(values, np.mean) == bootstrap_interval(values, np.mean)


def test_bootstrap_draws_examples_with_all_their_numbers() -> None:
    """Three copies of each number tell no more than one, and what is missing does not count."""
    values = np.random.default_rng(3).normal(size=40)
    copies = np.stack([values, values, values, np.full(40, np.nan)], axis=1)
    assert bootstrap_interval(copies, np.mean) == pytest.approx(bootstrap_interval(values, np.mean))
    assert bootstrap_interval([7.0, np.nan], np.median) == (7, 7)
    assert np.isnan(bootstrap_interval([np.nan, np.nan], np.median)).all()


def test_means_of_examples_drawn_again() -> None:
    values = np.random.default_rng(1).normal(size=(7, 3, 2))
    low, high = bootstrap_means(values, 0.9, resamples=200, seed=5)
    drawn = np.random.default_rng(5).integers(7, size=(200, 7))
    means = np.array([values[chosen].mean(axis=0) for chosen in drawn])
    np.testing.assert_allclose([low, high], np.quantile(means, [0.05, 0.95], axis=0))
    assert np.isnan(bootstrap_means(np.zeros((0, 4)))).all()


def test_means_drawn_in_parts_are_drawn_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).normal(size=(11, 2))
    whole = bootstrap_means(values, resamples=50)
    monkeypatch.setattr(estimates, "_DRAWN", 30)
    np.testing.assert_allclose(bootstrap_means(values, resamples=50), whole)
