"""Intervals and trends against scipy, statistics and numbers by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from bertqa_fast.analysis.estimates import mean_interval, trend


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
