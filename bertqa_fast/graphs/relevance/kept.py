"""The encoder block, run forward with everything kept that a relevance rule divides by or multiplies with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.attention import (
    MASKED_SOFTMAX,
    MERGE_HEADS,
    PRODUCT,
    PRODUCT_TRANSPOSED_RIGHT,
    queries_keys_values,
)
from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import SavedNorm, add_norm
from bertqa_fast.graphs.spec import EncoderSpec


@dataclass(frozen=True)
class KeptBlock:
    """What a block computed on its way up.

    ``[N, H]``: its input ``x``, the ``context`` of attention (heads joined), ``middle`` (what comes out of
    the first LayerNorm) and its output ``y``; ``attended`` and ``output``, the two sums before LayerNorm
    (linear layer, bias and residual), and ``attention_dense`` and ``output_dense``, their first two terms.
    ``[N, I]``: ``intermediate`` (with its bias), ``activated`` and ``slope``. ``[B, A, T, D]``: ``query``
    (times 1/sqrt(D)), ``key``, ``value``, biases added; ``[B, A, T, T]``: ``scores`` before the mask, and
    ``probabilities``.
    """

    layer: int
    x: str
    query: str
    key: str
    value: str
    scores: str
    probabilities: str
    context: str
    attention_dense: str
    attended: str
    middle: str
    attention_norm: SavedNorm
    intermediate: str
    activated: str
    slope: str
    output_dense: str
    output: str
    y: str
    output_norm: SavedNorm


def kept_block(g: Graph, spec: EncoderSpec, layer: int, x: str, sizes: str, bias: str) -> KeptBlock:
    """Run encoder block ``layer`` on ``[N, H]``; for ``sizes`` and ``bias`` see `graphs.attention`."""
    prefix = spec.block_name(layer)
    with g.scope(f"block_{layer}"):
        query, key, value = queries_keys_values(g, spec, layer, x, sizes)
        [scores] = g.fused(PRODUCT_TRANSPOSED_RIGHT, query, key)
        [probabilities] = g.fused(MASKED_SOFTMAX, scores, bias)
        [context] = g.fused(MERGE_HEADS, *g.fused(PRODUCT, probabilities, value))
        product = g.linear(context, f"{prefix}.attention_output.weight")
        shift = g.weight(f"{prefix}.attention_output.bias")
        eps = spec.layer_norm_eps
        middle, attention_norm = add_norm(g, product, shift, x, f"{prefix}.attention_norm", eps)
        attention_dense = g.op("Add", product, shift)
        product = g.linear(middle, f"{prefix}.intermediate.weight")
        shift = g.weight(f"{prefix}.intermediate.bias")
        activated, slope = ACTIVATIONS[spec.activation](g, product, shift)
        intermediate = g.op("Add", product, shift)
        product = g.linear(activated, f"{prefix}.output.weight")
        shift = g.weight(f"{prefix}.output.bias")
        y, output_norm = add_norm(g, product, shift, middle, f"{prefix}.output_norm", eps)
        output_dense = g.op("Add", product, shift)
        return KeptBlock(
            layer=layer,
            x=x,
            query=query,
            key=key,
            value=value,
            scores=scores,
            probabilities=probabilities,
            context=context,
            attention_dense=attention_dense,
            attended=g.op("Add", attention_dense, x),
            middle=middle,
            attention_norm=attention_norm,
            intermediate=intermediate,
            activated=activated,
            slope=slope,
            output_dense=output_dense,
            output=g.op("Add", output_dense, middle),
            y=y,
            output_norm=output_norm,
        )


def fold(g: Graph, x: str, sizes: str, last: Sequence[int]) -> str:
    """Reshape N rows into ``[B, T, *last]``."""
    return g.op("Reshape", x, g.op("Concat", sizes, g.constant(list(last)), axis=0))


def part_of_qkv(g: Graph, spec: EncoderSpec, layer: int, part: int) -> tuple[str, str]:
    """Return weight ``[H, H]`` and bias ``[H]`` of the queries (0), keys (1) or values (2)."""
    H = spec.hidden_size
    first, last, axis = g.constant([part * H]), g.constant([(part + 1) * H]), g.constant([0])
    weight, bias = (g.weight(f"{spec.block_name(layer)}.qkv.{kind}") for kind in ("weight", "bias"))
    return g.op("Slice", weight, first, last, axis), g.op("Slice", bias, first, last, axis)
