"""Rules for what stands between the context of attention and queries, keys and values.

``[B, A, T, D]`` and ``[B, A, T, T]`` as in :mod:`bertqa_fast.graphs.attention`.
"""

from __future__ import annotations

from bertqa_fast.graphs.attention import (
    MERGE_HEADS,
    MERGE_QKV,
    PRODUCT,
    PRODUCT_TRANSPOSED_LEFT,
    PRODUCT_TRANSPOSED_RIGHT,
    SPLIT_HEADS,
)
from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.relevance.kept import KeptBlock, part_of_qkv
from bertqa_fast.graphs.relevance.rules import LinearLayer, LinearRule, stabilised
from bertqa_fast.graphs.spec import EncoderSpec


def attention_as_given(
    g: Graph, spec: EncoderSpec, linear: LinearRule, relevance: str, kept: KeptBlock, sizes: str
) -> tuple[str, None]:
    """Carry the context's relevance ``[N, H]`` to the block's input, with the probabilities taken as given.

    The attention-head rule of Ali et al. 2022: context = P V is linear in V, which gets all of it. Queries
    and keys get none, and nothing passes through the softmax.
    """
    quotient = _heads(g, spec, g.op("Div", relevance, stabilised(g, kept.context)), sizes)
    [back] = g.fused(PRODUCT_TRANSPOSED_LEFT, kept.probabilities, quotient)
    [of_values] = g.fused(MERGE_HEADS, g.op("Mul", kept.value, back))
    [values] = g.fused(MERGE_HEADS, kept.value)
    weight, bias = part_of_qkv(g, spec, kept.layer, 2)
    return linear(g, LinearLayer(kept.x, weight, bias, values, sizes=sizes), of_values), None


def attention_attn_lrp(
    g: Graph, spec: EncoderSpec, linear: LinearRule, relevance: str, kept: KeptBlock, sizes: str
) -> tuple[str, str]:
    """Carry the context's relevance to the block's input as AttnLRP does (Achtibat et al. 2024).

    Both products give half to each factor (proposition 3.3). The softmax s of scores x passes on
    R_x = x (R_s - s sum R_s) (proposition 3.1), which does not conserve. Also returned is its gap ``[B]``:
    the sum over heads and scores of what left it minus what came.
    """
    of_context, context = (_heads(g, spec, each, sizes) for each in (relevance, kept.context))
    of_probabilities, of_value = halves(g, of_context, kept.probabilities, kept.value, context)
    of_scores = softmax(g, of_probabilities, kept.scores, kept.probabilities)
    gap = g.op("ReduceSum", g.op("Sub", of_scores, of_probabilities), g.constant([1, 2, 3]), keepdims=0)
    of_query, of_key = halves(g, of_scores, kept.query, kept.key, kept.scores, transposed=True)
    [of_all] = g.fused(MERGE_QKV, of_query, of_key, of_value)
    [outputs] = g.fused(MERGE_QKV, kept.query, kept.key, kept.value)
    name = f"{spec.block_name(kept.layer)}.qkv"
    weight, bias = g.weight(f"{name}.weight"), g.weight(f"{name}.bias")
    layer = LinearLayer(kept.x, weight, bias, outputs, f"{name}.weight", sizes)
    return linear(g, layer, of_all), gap


def halves(
    g: Graph, relevance: str, a: str, b: str, product: str, *, transposed: bool = False
) -> tuple[str, str]:
    """Part the relevance of ``product`` = a b (a b^T with ``transposed``) between its factors.

    R_a_ik = sum_j a_ik b_kj R_ij / (2 z_ij + eps sign z_ij), and R_b the like: Achtibat et al. 2024,
    proposition 3.3.
    """
    quotient = g.op("Div", relevance, stabilised(g, product, 2.0))
    [back_a] = g.fused(PRODUCT if transposed else PRODUCT_TRANSPOSED_RIGHT, quotient, b)
    [back_b] = g.fused(PRODUCT_TRANSPOSED_LEFT, *((quotient, a) if transposed else (a, quotient)))
    return g.op("Mul", a, back_a), g.op("Mul", b, back_b)


def softmax(g: Graph, relevance: str, x: str, s: str) -> str:
    """Return x (R - s sum R): the first-order Taylor expansion at x, whose bias keeps the rest.

    ``x`` has no mask added: a masked score has s = 0 and R = 0, and so gets 0 and not 0 times the mask.
    """
    total = g.op("ReduceSum", relevance, g.constant([-1]), keepdims=1)
    return g.op("Mul", x, g.op("Sub", relevance, g.op("Mul", s, total)))


def _heads(g: Graph, spec: EncoderSpec, x: str, sizes: str) -> str:
    [heads] = g.fused(SPLIT_HEADS, x, sizes, g.constant([spec.num_heads, spec.head_size]))
    return heads
