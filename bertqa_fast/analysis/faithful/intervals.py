"""Means over examples with their confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import mean_interval
from bertqa_fast.analysis.tables import Column


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Means over examples, all of one shape; NaN where too few examples count.

    Attributes
    ----------
    mean, low, high : float64 arrays
        The mean, and the ends of its interval.
    count : int64 array
        Over how many examples.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.int64]

    def cells(self, at: tuple[Any, ...]) -> list[Any]:
        """Return mean, low and high at an index: what :func:`columns_of_mean` are the headings of."""
        return [self.mean[at], self.low[at], self.high[at]]


def means(values: NDArray[np.float64]) -> Means:
    """Average over the first axis, with the intervals of :func:`.estimates.mean_interval`.

    Parameters
    ----------
    values : array of [examples, ...]
        NaN does not count.
    """
    known = np.isfinite(values)
    mean, low, high = (np.array(part) for part in mean_interval(values))
    for at in np.argwhere(~known.all(axis=0)):  # the few cells to which some examples say nothing
        cell = tuple(at.tolist())
        column = values[:, *cell]
        mean[cell], low[cell], high[cell] = mean_interval(column[np.isfinite(column)])
    return Means(mean, low, high, known.sum(axis=0))


def columns_of_mean(column: Column) -> list[Column]:
    """Return the columns of a mean and of its interval's ends, which share unit, direction and range."""
    ends = [
        replace(column, name=f"{column.name}_{end}", about=f"{end} end of its 95 % interval")
        for end in ("low", "high")
    ]
    return [replace(column, about=f"mean over examples: {column.about}"), *ends]
