"""Means with intervals, and trends over layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
_DRAWN = 1 << 21  # examples that are drawn at once: some 50 MB


def mean_interval(
    values: ArrayLike, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return means and both ends of their normal intervals: ``[N, …]`` becomes three arrays ``[…]``.

    The interval is mean ± z s / √N, with s the standard deviation over the N examples (N - 1 in the
    denominator) and z the normal quantile: about the mean, not about single examples. NaN where N is too
    small (0 for the mean, 1 for its ends).

    Parameters
    ----------
    values : array of [N, …]
        A row for each example.
    level : float
        Coverage, between 0 and 1.
    """
    from scipy.special import ndtri

    rows = np.asarray(values, dtype=np.float64)
    count = len(rows)
    unknown = np.full(rows.shape[1:], np.nan)
    mean = rows.mean(axis=0) if count else unknown
    if count < 2:
        return mean, unknown, unknown
    half = ndtri((1 + level) / 2) * rows.std(axis=0, ddof=1) / math.sqrt(count)
    return mean, mean - half, mean + half


def trend(depths: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return how a measure goes with depth: Spearman's rank correlation, and the slope of least squares.

    Parameters
    ----------
    depths : sequence of float
        Where it was measured.
    values : sequence of float
        The measure at each.

    Returns
    -------
    tuple of (float, float)
        Both NaN for fewer than three depths or a measure that does not change: nothing can be said.
    """
    from scipy.stats import linregress, spearmanr

    if len(set(depths)) < 3 or len(set(values)) < 2:
        return math.nan, math.nan
    return float(spearmanr(depths, values).statistic), float(linregress(depths, values).slope)


def wilson_interval(
    share: ArrayLike, count: ArrayLike, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the score interval of a share (Wilson 1927), which no share of 0 or 1 shrinks to 0.

    Parameters
    ----------
    share : array
        Between 0 and 1; a mean of shares of examples makes the interval, if anything, too wide.
    count : array
        Examples that it is a share of; the ends are NaN where there are none.
    level : float
        Coverage, between 0 and 1.
    """
    from scipy.special import ndtri

    p, n = np.asarray(share, dtype=np.float64), np.asarray(count, dtype=np.float64)
    z = ndtri((1 + level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[NDArray[np.float64]], Any],
    level: float = LEVEL,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return both ends of a percentile interval over examples drawn again (Efron 1979).

    Parameters
    ----------
    values : array of [N] or [N, D]
        A number, or several, for each example, which are drawn together; NaN does not count.
    statistic : callable
        Of all numbers that count, in one row: ``numpy.median``, say.
    level : float
        Coverage, between 0 and 1.
    resamples, seed : int
        How often, and where the drawing begins.

    Returns
    -------
    tuple of (float, float)
        Both NaN where no number counts.
    """
    rows = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    found = []
    for _ in range(resamples if np.isfinite(rows).any() else 0):
        drawn = rows[random.integers(len(rows), size=len(rows))]
        drawn = drawn[np.isfinite(drawn)]
        if drawn.size:
            found.append(statistic(drawn))
    if not found:
        return math.nan, math.nan
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_means(
    values: ArrayLike, level: float = LEVEL, resamples: int = 2000, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the percentile intervals of means, over examples drawn again (Efron 1979).

    All columns of an example are drawn together. ``[N, …]`` becomes two arrays ``[…]``, of NaN where N is 0.

    Parameters
    ----------
    values : array of [N, …]
        A row for each example; of a paired comparison, the differences.
    level : float
        Coverage, between 0 and 1.
    resamples, seed : int
        How often, and where the drawing begins.
    """
    rows = np.asarray(values, dtype=np.float64)
    count = len(rows)
    if count == 0:
        return np.full(rows.shape[1:], np.nan), np.full(rows.shape[1:], np.nan)
    flat = rows.reshape(count, -1)
    random = np.random.default_rng(seed)
    means = np.empty((resamples, flat.shape[1]))
    step = max(1, _DRAWN // count)
    for first in range(0, resamples, step):
        part = means[first : first + step]
        drawn = random.integers(count, size=(len(part), count)) + count * np.arange(len(part))[:, None]
        # How often each example was drawn: one product gives the means of all columns.
        times = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        part[:] = times @ flat / count
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low.reshape(rows.shape[1:]), high.reshape(rows.shape[1:])
