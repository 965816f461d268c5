"""What erasing tokens says of an order of importance: pure arithmetic, for any function of the tokens.

DeYoung et al. 2020 (ERASER), for an input x, its function m and the tokens r that come first in an order:

- comprehensiveness = m(x) - m(x without r)                    (eq. 1)
- sufficiency       = m(x) - m(r alone)                        (eq. 2)
- AOPC: the mean of either over several sizes of r.

Log-odds (Shrikumar et al. 2017, as a measure of text by Chen et al. 2020) = log p(x without r) - log p(x),
with p the probability of what is explained. The area under m(x without r), as r grows from nothing to
everything, is that of the deletion curve; under m(r alone), of the insertion curve (Petsiuk et al. 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_count

Floats = NDArray[np.float64]

ORDERS = ("scores", "random", "least")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many tokens are erased.

    Attributes
    ----------
    fractions : tuple of float
        Shares of the tokens, in (0, 1].
    k : tuple of int
        Numbers of tokens.
    steps : int
        Steps of the curves from nothing to everything.
    """

    fractions: tuple[float, ...]
    k: tuple[int, ...]
    steps: int

    def __post_init__(self) -> None:
        if not self.fractions or not all(0 < share <= 1 for share in self.fractions):
            raise ValueError(f"fractions must hold numbers in (0, 1], got {self.fractions}")
        if not all(count >= 1 for count in self.k):
            raise ValueError(f"k must hold positive numbers, got {self.k}")
        check_count("steps", self.steps)

    @property
    def names(self) -> list[str]:
        """Names of the fractions and numbers, the curves left out."""
        tokens = [f"{count} token{'s' if count > 1 else ''}" for count in self.k]
        return [*(f"{100 * share:g} %" for share in self.fractions), *tokens]

    @property
    def grid(self) -> Floats:
        """Shares at which the curves are known: ``[steps + 1]``."""
        return np.linspace(0, 1, self.steps + 1)

    def counts(self, total: int) -> NDArray[np.int64]:
        """Return how many of ``total`` tokens each size means: fractions, numbers, then the grid.

        Shares are rounded, and but for 0 mean one token at least.
        """
        shares = np.concatenate([self.fractions, self.grid])
        rounded = np.maximum(np.rint(shares * total), shares > 0).astype(np.int64)
        at = len(self.fractions)
        numbers = np.array(self.k, dtype=np.int64)
        counts: NDArray[np.int64] = np.minimum(np.concatenate([rounded[:at], numbers, rounded[at:]]), total)
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class Erased:
    """What one order of one input's tokens gave.

    Attributes
    ----------
    sizes : float64 array of [fractions + k, 3]
        Comprehensiveness, sufficiency and log-odds at each size.
    summary : float64 array of [5]
        The means of these three over the fractions (AOPC), the areas under the deletion and insertion curves.
    curves : float64 array of [2, steps + 1]
        The two curves.
    """

    sizes: Floats
    summary: Floats
    curves: Floats


def orders_of(
    scores: NDArray[np.floating], positions: NDArray[np.intp], random: Sequence[NDArray[np.intp]]
) -> list[NDArray[np.intp]]:
    """Return orders of positions: by falling score, the random ones, by rising score.

    Parameters
    ----------
    scores : array of [T]
        Of equal ones the first in the text counts as more important.
    positions : array of positions
        Those that may be erased.
    random : sequence of arrays
        Permutations of ``positions``.
    """
    falling = positions[np.argsort(-scores[positions], kind="stable")]
    return [falling, *random, falling[::-1]]


def evaluate(sizes: Sizes, counts: NDArray[np.int64], full: Floats, removed: Floats, kept: Floats) -> Erased:
    """Work out the measures of one order.

    Parameters
    ----------
    sizes : Sizes
        What was erased.
    counts : int array of [N]
        :meth:`Sizes.counts`; its last entry stands for all tokens.
    full : float64 array of [2]
        The function and log p of the whole input.
    removed, kept : float64 array of [N, 2]
        The same with so many tokens erased, and with all but so many erased.
    """
    named = len(sizes.names)
    at_sizes = np.stack(
        [full[0] - removed[:named, 0], full[0] - kept[:named, 0], removed[:named, 1] - full[1]], axis=1
    )
    curves = np.stack([removed[named:, 0], kept[named:, 0]])
    areas = area(counts[named:] / counts[-1], curves)
    averages = at_sizes[: len(sizes.fractions)].mean(axis=0)
    return Erased(at_sizes, np.concatenate([averages, areas]), curves)


def area(shares: Floats, curves: Floats) -> Floats:
    """Return the areas under curves ``[..., N]`` over rising shares ``[N]``, by trapezoids."""
    under: Floats = ((curves[..., 1:] + curves[..., :-1]) / 2 * np.diff(shares)).sum(axis=-1)
    return under


def average(results: Sequence[Erased]) -> Erased:
    """Average over random orders."""
    return Erased(
        np.mean([result.sizes for result in results], axis=0),
        np.mean([result.summary for result in results], axis=0),
        np.mean([result.curves for result in results], axis=0),
    )
