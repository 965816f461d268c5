"""Means and their intervals, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bertqa_fast.analysis.faithful.intervals import columns_of_mean, means
from bertqa_fast.analysis.tables import Column


def test_intervals() -> None:
    values = np.random.default_rng(0).normal(size=(9, 2))
    found = means(values)
    for at in range(2):
        column = values[:, at]
        low, high = stats.norm.interval(0.95, loc=column.mean(), scale=stats.sem(column))
        assert found.cells((at,)) == pytest.approx([column.mean(), low, high])
    np.testing.assert_array_equal(found.count, [9, 9])


def test_what_is_missing_does_not_count() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 2.0, np.nan], [np.nan, np.nan, np.nan]])
    found = means(values)
    np.testing.assert_array_equal(found.count, [2, 1, 0])
    np.testing.assert_array_equal(found.mean, [2, 2, np.nan])
    assert np.isfinite(found.low[0])
    assert np.isnan(found.low[1:]).all()
    low, high = stats.norm.interval(0.95, loc=2, scale=stats.sem([1, 3]))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high))


def test_columns_keep_direction_and_range() -> None:
    columns = columns_of_mean(Column("area", "under a curve", "nats", "lower", -1, 2))
    assert [column.name for column in columns] == ["area", "area_low", "area_high"]
    assert all((c.unit, c.better, c.low, c.high) == ("nats", "lower", -1, 2) for c in columns)
