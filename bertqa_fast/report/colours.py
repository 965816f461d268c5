"""How a score becomes a colour: one hue for sizes, two for signed scores, the same in every output."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

RGB: TypeAlias = tuple[int, int, int]

HEAT: RGB = (232, 119, 34)
RAISES: RGB = (38, 122, 214)
LOWERS: RGB = (214, 52, 60)


def strength(scores: ArrayLike, largest: float | None = None) -> NDArray[np.float64]:
    """Map scores to the strength of a colour, 0 … 1: the square root of |score| / largest.

    The root keeps the many small scores of a long passage visible beside the few large ones.

    Parameters
    ----------
    scores : array
        Scores or signed sums, any shape.
    largest : float or None
        The score of full strength; None takes the largest magnitude among ``scores``.
    """
    sizes = np.abs(np.asarray(scores, dtype=np.float64))
    top = float(sizes.max(initial=0.0)) if largest is None else largest
    if top <= 0:
        return np.zeros_like(sizes)
    strengths: NDArray[np.float64] = np.sqrt(np.clip(sizes / top, 0, 1))
    return strengths


def css(colour: RGB) -> str:
    """Write a colour as CSS wants it inside ``rgb()`` or ``rgba()``."""
    return ",".join(str(part) for part in colour)


def hue(signed: float | None) -> RGB:
    """Return the colour of a signed score, or that of a size where ``signed`` is None."""
    if signed is None:
        return HEAT
    return RAISES if signed >= 0 else LOWERS


def blend(colour: RGB, alpha: float, ground: RGB) -> RGB:
    """Lay a colour over a ground with opacity ``alpha``."""
    red, green, blue = (
        round(alpha * over + (1 - alpha) * under) for over, under in zip(colour, ground, strict=True)
    )
    return red, green, blue
