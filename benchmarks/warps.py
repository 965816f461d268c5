"""Coordinates t of the straight path: alpha(t), and how fast it goes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tabulated import Doubles, TabulatedPath

# Returns alphas and d(alpha)/dt at points t, both [n].
Warp = Callable[[Doubles], tuple[Doubles, Doubles]]

UNIFORM = 0.2  # share of nodes that lie evenly, whatever the density


def straight(t: Doubles) -> tuple[Doubles, Doubles]:
    """Alpha itself."""
    return t, np.ones_like(t)


def squared(t: Doubles) -> tuple[Doubles, Doubles]:
    """Fine near the baseline."""
    return t**2, 2 * t


def swept(path: TabulatedPath, points: int) -> Warp:
    """Take the density |dF|^0.5, lightly smoothed, from a coarse forward sweep."""
    alphas = np.linspace(0, 1, points)
    padded = np.pad(np.sqrt(np.abs(np.diff(path.rise(alphas)))), 1, mode="edge")
    return from_density(alphas, 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:])


def from_density(alphas: Doubles, mass: Doubles) -> Warp:
    """Make the coordinate in which the mass between neighbouring alphas, and a uniform share, are even."""
    share = (1 - UNIFORM) * mass / (mass.sum() or 1.0) + UNIFORM * np.diff(alphas)
    return monotone(np.concatenate([[0.0], np.cumsum(share / share.sum())]), alphas)


def monotone(x: Doubles, y: Doubles) -> Warp:
    """Interpolate rising points by monotone cubics (Fritsch, Butland 1984)."""
    h, s = np.diff(x), np.diff(y) / np.diff(x)
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    slope = np.concatenate([s[:1], (w1 + w2) / (w1 / s[:-1] + w2 / s[1:]), s[-1:]])

    def evaluate(t: Doubles) -> tuple[Doubles, Doubles]:
        i = np.clip(np.searchsorted(x, t, side="right") - 1, 0, len(h) - 1)
        u, d0, d1, mean = (t - x[i]) / h[i], slope[i], slope[i + 1], s[i]
        c, e = 3 * mean - 2 * d0 - d1, d0 + d1 - 2 * mean
        alphas = y[i] + h[i] * u * (d0 + u * (c + u * e))
        return np.clip(alphas, 0.0, 1.0), d0 + u * (2 * c + 3 * u * e)

    return evaluate
