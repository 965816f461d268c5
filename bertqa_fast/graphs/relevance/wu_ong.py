"""The rule of Wu and Ong (arXiv 2101.00196) as their code has it, double counting included.

Linear layers divide by sums over positive and over negative *weights*, whatever the sign of the activations;
the result loses its signs and is scaled back to the total. LayerNorm, residuals and attention pass relevance
on as if it were a gradient, and the gradient of a residual follows the path beside it as well.
"""

from __future__ import annotations

from bertqa_fast.graphs.attention import (
    MERGE_HEADS,
    PRODUCT,
    PRODUCT_TRANSPOSED_LEFT,
    PRODUCT_TRANSPOSED_RIGHT,
    SOFTMAX_BACKWARD,
    SPLIT_HEADS,
    SavedAttention,
    attention_backward,
)
from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import layer_norm_backward
from bertqa_fast.graphs.relevance.kept import KeptBlock, fold, part_of_qkv
from bertqa_fast.graphs.relevance.rules import LinearLayer, named_layer
from bertqa_fast.graphs.spec import EncoderSpec

ALPHA = 0.5
"""Weight of the positive weights' part; 1 - ALPHA is that of the negative ones'."""

EPS = 1e-7
"""Added to sums over positive weights, taken from those over negative ones."""

RESCALE = 1e-7
"""Added to both totals before they are divided."""


def wu_ong_linear(g: Graph, layer: LinearLayer, relevance: str) -> str:
    """Carry relevance through a linear layer, and rescale it."""
    return _linear(g, layer, relevance)


def _linear(
    g: Graph, layer: LinearLayer, relevance: str, *, scale: float = 1.0, centred: bool = False
) -> str:
    """Apply the rule to a layer whose weights hold a factor ``scale`` that the model's own do not.

    ``relevance`` is that of the model's own outputs. ``centred`` says that it sums to 0, as what passed
    a LayerNorm backward does: added up in float32 it would sum to noise of the order of RESCALE.
    """
    zero, eps = g.constant(0.0), g.constant(EPS * scale)
    terms = []
    for name, sign, share in (("Relu", "Add", ALPHA), ("Min", "Sub", 1 - ALPHA)):
        inputs = () if name == "Relu" else (zero,)
        weight, bias = g.op(name, layer.weight, *inputs), g.op(name, layer.bias, *inputs)
        total = g.op(sign, g.op("Gemm", layer.inputs, weight, bias, transB=1), eps)
        terms.append(g.op("Gemm", g.op("Div", relevance, total), weight, alpha=share))
    found = g.op("Abs", g.op("Mul", layer.inputs, g.op("Add", *terms)))
    wanted = g.constant(RESCALE)
    if not centred:
        wanted = g.op("Add", _totals(g, layer, relevance), wanted)
    factor = g.op("Div", wanted, g.op("Add", _totals(g, layer, found), g.constant(RESCALE)))
    if layer.sizes is None:
        return g.op("Mul", found, factor)
    folded = g.op("Reshape", found, g.op("Concat", layer.sizes, g.constant([-1]), axis=0))
    return g.op("Reshape", g.op("Mul", folded, factor), g.op("Shape", found))


def _totals(g: Graph, layer: LinearLayer, relevance: str) -> str:
    """Sum over each example: ``[B, 1, 1]`` where rows are folded into examples, else ``[M, 1]``."""
    total = g.op("ReduceSum", relevance, g.constant([-1]), keepdims=1)
    if layer.sizes is None:
        return total
    return g.op("ReduceSum", fold(g, total, layer.sizes, [1]), g.constant([1]), keepdims=1)


def wu_ong_block(
    g: Graph, spec: EncoderSpec, relevance: str, kept: KeptBlock, sizes: str
) -> tuple[str, None]:
    """Return the relevance of the block's input ``[N, H]`` from that of its output."""
    prefix = spec.block_name(kept.layer)
    with g.scope(f"block_{kept.layer}_relevance"):
        d_sum = layer_norm_backward(g, relevance, kept.output_norm)
        d_intermediate = g.op("Mul", g.linear_backward(d_sum, f"{prefix}.output.weight"), kept.slope)
        gradient = g.linear_backward(d_intermediate, f"{prefix}.intermediate.weight", d_sum)
        layer = named_layer(g, f"{prefix}.output", kept.activated, kept.output_dense, sizes)
        through = _linear(g, layer, d_sum, centred=True)
        layer = named_layer(g, f"{prefix}.intermediate", kept.middle, kept.intermediate, sizes)
        of_middle = g.op("Add", gradient, _linear(g, layer, through))
        d_sum = layer_norm_backward(g, of_middle, kept.attention_norm)
        saved = SavedAttention(kept.query, kept.key, kept.value, kept.probabilities, kept.layer, None)
        gradient = attention_backward(g, spec, d_sum, sizes, saved)
        layer = named_layer(g, f"{prefix}.attention_output", kept.context, kept.attention_dense, sizes)
        through = _linear(g, layer, d_sum, centred=True)
        return g.op("Add", gradient, _attention(g, spec, through, kept, sizes)), None


def _attention(g: Graph, spec: EncoderSpec, of_context: str, kept: KeptBlock, sizes: str) -> str:
    """Carry it to queries, keys and values as a gradient, and through their linear layers by the rule."""
    layout = g.constant([spec.num_heads, spec.head_size])
    [d_context] = g.fused(SPLIT_HEADS, of_context, sizes, layout)
    [d_probabilities] = g.fused(PRODUCT_TRANSPOSED_RIGHT, d_context, kept.value)
    [d_value] = g.fused(PRODUCT_TRANSPOSED_LEFT, kept.probabilities, d_context)
    [d_scores] = g.fused(SOFTMAX_BACKWARD, kept.probabilities, d_probabilities)
    [d_query] = g.fused(PRODUCT, d_scores, kept.key)
    [d_key] = g.fused(PRODUCT_TRANSPOSED_LEFT, d_scores, kept.query)
    # The export folds 1/sqrt(D) into weight and bias of the queries; the rule is of the model's own.
    scale = float(spec.head_size**-0.5)
    found = []
    for part, (gradient, factor) in enumerate(((d_query, scale), (d_key, 1.0), (d_value, 1.0))):
        [relevance] = g.fused(MERGE_HEADS, gradient)
        if factor != 1.0:
            relevance = g.op("Mul", relevance, g.constant(factor))
        weight, bias = part_of_qkv(g, spec, kept.layer, part)
        layer = LinearLayer(kept.x, weight, bias, outputs="", sizes=sizes)  # this rule makes its own sums
        found.append(_linear(g, layer, relevance, scale=factor))
    return g.op("Add", g.op("Add", found[0], found[1]), found[2])
