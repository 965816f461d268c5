"""The engine's adaptive rule on tabulated integrands, round by round: schemes.py compares it with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tabulated import Doubles, Spline, TabulatedPath

from bertqa_fast import _core

GAP_WEIGHT, BEND_WEIGHT = 0.6, 0.7  # csrc/quadrature/adaptive.cpp


@dataclass(frozen=True)
class Round:
    """What is known after one round, and how wrong it is."""

    nodes: int
    gap: float  # sum of the panels' absolute gaps over the L1 norm of the signed scores
    bend: float  # the same of how far the spline bends away from straight lines
    estimate: float  # the engine's
    error: float  # true


def refine(path: TabulatedPath, tolerance: float, most: int) -> list[Round]:
    """Let the engine's rule choose nodes until its estimate is under ``tolerance``, and return every round.

    The nodes that it visits do not depend on the tolerance. Asserts its estimate and its weights against
    `Spline`.
    """
    nodes, rounds = _core.first_nodes(), []
    while True:
        at = path.grid.at(nodes)
        slopes, values = (at @ path.slopes).astype(np.float32), path.rise(nodes)
        estimate, more = _core.assess_path(
            nodes.tolist(), values.tolist(), slopes, values[0], values[-1], tolerance, most
        )
        lines, bends = Spline(nodes).panels()
        weights = _core.spline_weights(nodes.tolist())
        assert abs(weights.sum() - 1) < 1e-9
        assert np.allclose(weights, (lines + bends).sum(axis=0), atol=1e-9)
        size = float(np.abs(weights @ slopes).sum())
        gap = float(np.abs(np.diff(values) - ((lines + bends) @ slopes).sum(axis=1)).sum()) / size
        bend = float(np.abs(bends @ slopes).sum()) / size
        mine = combined(gap, bend)
        assert abs(mine - estimate) <= 1e-3 * mine + 1e-4, f"estimate {estimate}, by definition {mine}"
        rounds.append(Round(len(nodes), gap, bend, estimate, path.error(weights @ at)))
        if not len(more):
            return rounds
        nodes = np.sort(np.concatenate([nodes, more]))


def nodes_chosen(path: TabulatedPath, count: int) -> Doubles:
    """Return the first nodes that the engine's rule would choose."""
    nodes = _core.first_nodes()
    while len(nodes) < count:
        slopes, values = (path.grid.at(nodes) @ path.slopes).astype(np.float32), path.rise(nodes)
        _, more = _core.assess_path(nodes.tolist(), values.tolist(), slopes, 0.0, values[-1], 1e-12, count)
        nodes = np.sort(np.concatenate([nodes, more]))
    return nodes


def combined(
    gap: float, bend: float, gap_weight: float = GAP_WEIGHT, bend_weight: float = BEND_WEIGHT
) -> float:
    """Return the estimate that two weights make of gap and bend."""
    return float(gap_weight * gap + bend_weight * bend**1.5)


def stop(
    rounds: Sequence[Round], tol: float, gap_weight: float = GAP_WEIGHT, bend_weight: float = BEND_WEIGHT
) -> Round:
    """Return the round in which the rule stops with these weights; the last where it never does."""
    return next(
        (one for one in rounds if combined(one.gap, one.bend, gap_weight, bend_weight) <= tol), rounds[-1]
    )
