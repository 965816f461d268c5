"""A block whose attention is masked, in two steps: what it has in common for every mask, and the rest.

The first is done once for all masks of a block. The second is done for the tokens whose attention a mask
changes; the others come out of the block as they did without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bertqa_fast.graphs.attention import (
    MASKED_SOFTMAX,
    MERGE_HEADS,
    PRODUCT,
    PRODUCT_TRANSPOSED_RIGHT,
    queries_keys_values,
)
from bertqa_fast.graphs.block import above_attention
from bertqa_fast.graphs.builder import FLOAT, INT64, Dim, Graph
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry


def attend_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Attention scores of block ``layer`` before masks and softmax, and the values that they would weigh.

    Input: ``hidden`` ``[E, T, H]``, the block's input. Outputs: ``scores`` ``[E, A, T, T]`` (a row for each
    token that asks), scaled, and ``head_values`` ``[E, A, T, D]``.
    """
    g = Graph(f"attend_{layer}", weights)
    hidden = g.input("hidden", FLOAT, ["E", "T", spec.hidden_size])
    sizes = g.op("Shape", hidden, start=0, end=2)
    x = g.reshape(hidden, [-1, spec.hidden_size])
    query, key, value = queries_keys_values(g, spec, layer, x, sizes)
    [scores] = g.fused(PRODUCT_TRANSPOSED_RIGHT, query, key)
    g.output(scores, "scores", FLOAT, _scores_shape(spec))
    g.output(value, "head_values", FLOAT, ["E", spec.num_heads, "T", spec.head_size])
    return g


def masked_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Block ``layer`` from its scores on, under any mask.

    Inputs: ``scores``, ``head_values`` as :func:`attend_graph` gives them, or changed; ``bias``
    ``[E, A or 1, T, T]``, added to the scores; ``hidden`` ``[E, T, H]``, the block's input; ``output``
    ``[E, T, H]``, what it gives without the mask; ``changed`` int64 ``[M]``, the tokens (numbers in
    ``[E * T]``) whose attention the mask changes; ``source`` int64 ``[E * T]``, where each token's output
    stands in ``output`` followed by what comes out for ``changed``. Output: ``masked`` ``[E, T, H]``.
    """
    g = Graph(f"masked_{layer}", weights)
    states: list[Dim] = ["E", "T", spec.hidden_size]
    scores = g.input("scores", FLOAT, _scores_shape(spec))
    value = g.input("head_values", FLOAT, ["E", spec.num_heads, "T", spec.head_size])
    bias = g.input("bias", FLOAT, ["E", "G", "T", "T"])
    hidden, output = (g.input(name, FLOAT, states) for name in ("hidden", "output"))
    changed, source = g.input("changed", INT64, ["M"]), g.input("source", INT64, ["N"])
    [probabilities] = g.fused(MASKED_SOFTMAX, scores, bias)
    [joined] = g.fused(MERGE_HEADS, *g.fused(PRODUCT, probabilities, value))
    weight = f"{spec.block_name(layer)}.attention_output.weight"
    attended = g.linear(g.op("Gather", joined, changed, axis=0), weight)
    x = g.op("Gather", g.reshape(hidden, [-1, spec.hidden_size]), changed, axis=0)
    y, _ = above_attention(g, spec, layer, attended, x, "M")
    both = g.op("Concat", g.reshape(output, [-1, spec.hidden_size]), y, axis=0)
    masked = g.op("Reshape", g.op("Gather", both, source, axis=0), g.op("Shape", hidden))
    g.output(masked, "masked", FLOAT, states)
    return g


def scale_heads_graph(spec: EncoderSpec) -> Graph:
    """Scores ``[E, A, T, T]`` times ``scale`` ``[A]``: where it is 0 a head attends uniformly. ``scaled``."""
    g = Graph("scale_heads", {})
    scores = g.input("scores", FLOAT, _scores_shape(spec))
    scale = g.op("Unsqueeze", g.input("scale", FLOAT, [spec.num_heads]), g.constant([1, 2]))
    g.output(g.op("Mul", scores, scale), "scaled", FLOAT, _scores_shape(spec))
    return g


def _scores_shape(spec: EncoderSpec) -> list[Dim]:
    return ["E", spec.num_heads, "T", "T"]
