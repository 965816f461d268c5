"""Ideas that were tried and dropped, beside the rule that was kept, at equal nodes (for schemes.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from local_spline import nodes_chosen
from tabulated import Doubles, Spline, TabulatedPath
from warps import Warp, from_density, straight

from bertqa_fast import _core

CLIP = 0.5  # of a panel's width: the most that a correction may add to a weight


def at_equal_nodes(paths: Sequence[TabulatedPath], nodes: int) -> dict[str, Any]:
    """Return, for each idea, median and worst true error by layer, and over all paths, with so many nodes.

    ``spline_corrected`` makes every panel complete: what its integral lacks of the known difference of F is
    shared between the gradients at its two ends. ``gauss_oracle`` are Gauss-Legendre nodes in a coordinate
    that knows the integrand, by the square root of its L1 norm over the tokens.
    """
    chosen = {id(path): nodes_chosen(path, nodes) for path in paths}
    ideas: dict[str, Callable[[TabulatedPath], float]] = {
        "spline": lambda path: _spline(path, chosen[id(path)], corrected=False),
        "spline_corrected": lambda path: _spline(path, chosen[id(path)], corrected=True),
        "gauss": lambda path: _gauss(path, nodes, straight),
        "gauss_oracle": lambda path: _gauss(path, nodes, oracle(path)),
    }
    found: dict[str, Any] = {"nodes": nodes}
    for name, idea in ideas.items():
        errors = [(path.layer, idea(path)) for path in paths]
        groups = {"all": [error for _, error in errors]}
        for layer, error in errors:
            groups.setdefault(str(layer), []).append(error)
        found[name] = {
            group: {"median": float(np.median(own)), "worst": max(own)} for group, own in groups.items()
        }
    return found


def _spline(path: TabulatedPath, nodes: Doubles, *, corrected: bool) -> float:
    at = path.grid.at(nodes)
    weights = np.array(_core.spline_weights(nodes.tolist()))
    if corrected:
        lines, bends = Spline(nodes).panels()
        slopes = (at @ path.slopes).sum(axis=1)
        gaps = np.diff(path.rise(nodes)) - (lines + bends) @ slopes
        size = np.maximum(slopes[:-1] ** 2 + slopes[1:] ** 2, np.finfo(float).tiny)
        limit = CLIP * np.diff(nodes)
        weights[:-1] += np.clip(gaps * slopes[:-1] / size, -limit, limit)
        weights[1:] += np.clip(gaps * slopes[1:] / size, -limit, limit)
    return path.error(weights @ at)


def oracle(path: TabulatedPath) -> Warp:
    """Return a coordinate whose density is that of the integrand itself, which no scheme can know."""
    alphas = path.grid.alphas
    size = np.sqrt(np.abs(path.slopes).sum(axis=1))
    rising = np.concatenate([[0.0], np.cumsum(np.diff(alphas) * (size[:-1] + size[1:]) / 2)])
    knots = np.linspace(0, 1, 41) ** 2
    return from_density(knots, np.diff(np.interp(knots, alphas, rising)))


def _gauss(path: TabulatedPath, nodes: int, warp: Warp) -> float:
    t, weights = _core.quadrature_rule("gausslegendre", nodes)
    alphas, speed = warp(t)
    weights = weights * speed
    return path.error(weights / weights.sum() @ path.grid.at(alphas))
