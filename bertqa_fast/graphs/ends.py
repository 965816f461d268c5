"""The two ends of a path integral: rows are made from examples on the way in, and summed on the way out.

Both run inside the graph, so that on a device nothing but the final ``[T, H]`` has to leave it.
"""

from __future__ import annotations

from bertqa_fast.graphs.builder import Graph


def interpolate(g: Graph, hidden: str, baseline: str, example: str, alpha: str) -> tuple[str, str]:
    """Return rows x' + alpha (x - x') and their changes x - x', ``[R, T, H]``.

    The straight path of Sundararajan et al. 2017, eq. 1.
    ``hidden`` and ``baseline`` are x and x', ``[E, T, H]``; ``example`` int64 ``[R]`` says whose row it is;
    ``alpha`` ``[R]``.
    """
    with g.scope("interpolate"):
        start = g.op("Gather", baseline, example, axis=0)
        change = g.op("Gather", g.op("Sub", hidden, baseline), example, axis=0)
        step = g.op("Unsqueeze", alpha, g.constant([1, 2]))
        return g.op("Add", start, g.op("Mul", step, change)), change


def slopes(g: Graph, gradient: str, change: str) -> str:
    """Return what each token adds to dF/d(alpha), ``[R, T]``: (x - x') times the gradient, summed over H."""
    with g.scope("slopes"):
        return g.op("ReduceSum", g.op("Mul", gradient, change), g.constant([-1]), keepdims=0)


def weighted_sum(g: Graph, gradient: str, weights: str, accumulator: str) -> str:
    """Return accumulator + weights . gradient, ``[A, T, H]``, for a ``[R, T, H]`` and weights ``[A, R]``.

    Rows without any weight may hold what is not finite: 0 times infinity must not reach the sum.
    """
    with g.scope("weighted_sum"):
        size = g.op("ReduceMax", g.op("Abs", weights), g.constant([0]), keepdims=0)
        live = g.op("Unsqueeze", g.op("Greater", size, g.constant(0.0)), g.constant([1]))
        flat = g.op("Where", live, g.op("Flatten", gradient, axis=1), g.constant(0.0))
        total = g.op("MatMul", weights, flat)
        return g.op("Add", accumulator, g.op("Reshape", total, g.op("Shape", accumulator)))
