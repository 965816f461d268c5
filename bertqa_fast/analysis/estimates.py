"""Means with intervals, and trends over layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95


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
