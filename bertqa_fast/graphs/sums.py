"""Graphs of the quadrature: gradients are weighed and added up, and sums become attributions."""

from __future__ import annotations

from bertqa_fast.graphs.builder import FLOAT, INT64, Dim, Graph
from bertqa_fast.graphs.ends import weighted_sum
from bertqa_fast.graphs.spec import EncoderSpec


def weigh_graph(spec: EncoderSpec) -> Graph:
    """Add weighted gradients to sums: the quadrature.

    Inputs (A sums, R rows): ``accumulator`` ``[A, T, H]``, ``weights`` ``[A, R]``, ``gradient``
    ``[R, T, H]``. Output: ``accumulated`` ``[A, T, H]``.
    """
    g = Graph("weigh", {})
    sums: list[Dim] = ["A", "T", spec.hidden_size]
    accumulator = g.input("accumulator", FLOAT, sums)
    row_weights = g.input("weights", FLOAT, ["A", "R"])
    gradient = g.input("gradient", FLOAT, ["R", "T", spec.hidden_size])
    g.output(weighted_sum(g, gradient, row_weights, accumulator), "accumulated", FLOAT, sums)
    return g


def upload_graph(spec: EncoderSpec) -> Graph:
    """Give back what it is given: the way of a tensor ``[E, T, H]`` to a device. ``values``; ``uploaded``."""
    g = Graph("upload", {})
    shape: list[Dim] = ["E", "T", spec.hidden_size]
    g.output(g.input("values", FLOAT, shape), "uploaded", FLOAT, shape)
    return g


def finish_graph(spec: EncoderSpec) -> Graph:
    """Turn averaged gradients into attributions (Sundararajan et al. 2017, eq. 1).

    Inputs (E examples, A sums): ``hidden``, ``baseline`` ``[E, T, H]``, ``accumulated`` ``[A, T, H]``,
    ``example`` int64 ``[A]`` (whose sum it is). Outputs ``values`` = (x - x') * accumulated ``[A, T, H]``,
    ``scores`` (L2 norms over H) and ``signed`` (sums over H), ``[A, T]``.
    """
    g = Graph("finish", {})
    H = spec.hidden_size
    hidden, baseline = (g.input(name, FLOAT, ["E", "T", H]) for name in ("hidden", "baseline"))
    accumulated = g.input("accumulated", FLOAT, ["A", "T", H])
    example = g.input("example", INT64, ["A"])
    change = g.op("Gather", g.op("Sub", hidden, baseline), example, axis=0)
    values = g.op("Mul", change, accumulated)
    last = g.constant([-1])
    g.output(values, "values", FLOAT, ["A", "T", H])
    g.output(g.op("ReduceL2", values, last, keepdims=0), "scores", FLOAT, ["A", "T"])
    g.output(g.op("ReduceSum", values, last, keepdims=0), "signed", FLOAT, ["A", "T"])
    return g
