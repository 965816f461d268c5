"""The two ends of a path integral: rows are made from examples on the way in, and summed on the way out.

Both run inside the graph, so that on a device nothing but the final ``[T, H]`` has to leave it.
"""

from __future__ import annotations

from bertqa_fast.graphs.builder import Graph


def interpolate(g: Graph, hidden: str, baseline: str, example: str, alpha: str) -> str:
    """Return rows x' + alpha (x - x'), ``[R, T, H]`` (Sundararajan et al. 2017, eq. 1).

    ``hidden`` and ``baseline`` are x and x', ``[E, T, H]``; ``example`` int64 ``[R]`` says whose row it is;
    ``alpha`` ``[R]``.
    """
    with g.scope("interpolate"):
        start = g.op("Gather", baseline, example, axis=0)
        change = g.op("Gather", g.op("Sub", hidden, baseline), example, axis=0)
        step = g.op("Unsqueeze", alpha, g.constant([1, 2]))
        return g.op("Add", start, g.op("Mul", step, change))


def weighted_sum(g: Graph, gradient: str, weights: str, accumulator: str) -> str:
    """Return accumulator + weights . gradient, ``[E, T, H]``, for a ``[N, H]`` and weights ``[E, R]``."""
    with g.scope("weighted_sum"):
        rows = g.op("Shape", weights, start=1, end=2)
        flat = g.op("Reshape", gradient, g.op("Concat", rows, g.constant([-1]), axis=0))
        total = g.op("MatMul", weights, flat)
        return g.op("Add", accumulator, g.op("Reshape", total, g.op("Shape", accumulator)))
