"""Multi-head self-attention (Vaswani et al. 2017, eq. 1) and its backward twin.

The product with the queries, keys and values is one matrix product with the weight ``[3H, H]``; the scale
1/sqrt(D) is folded into the query rows of that weight when it is exported.
"""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.spec import EncoderSpec


@dataclass(frozen=True)
class SavedAttention:
    """Queries, keys, values ``[B, A, T, D]``, probabilities ``[B, A, T, T]``, context ``[B, A, T, D]``."""

    query: str
    key: str
    value: str
    probabilities: str
    context: str
    layer: int


def attention(
    g: Graph, spec: EncoderSpec, layer: int, x: str, sizes: str, bias: str
) -> tuple[str, SavedAttention]:
    """Attend.

    Parameters
    ----------
    x : str
        Hidden states as a matrix ``[N, H]``.
    sizes : str
        int64 ``[2]``: (B, T), to fold N rows into B sequences.
    bias : str
        ``[B, 1, 1, T]``, added to the scores: 0, or the lowest float for keys that must not be attended.

    Returns
    -------
    tuple of (str, SavedAttention)
        The output projection of the context, ``[N, H]``, without the residual.
    """
    A, D, H = spec.num_heads, spec.head_size, spec.hidden_size
    prefix = f"layer.{layer}"
    qkv = g.op("Gemm", x, g.weight(f"{prefix}.qkv.weight"), g.weight(f"{prefix}.qkv.bias"), transB=1)
    folded = g.op("Reshape", qkv, g.op("Concat", sizes, g.constant([3, A, D]), axis=0))
    stacked = g.op("Transpose", folded, perm=[2, 0, 3, 1, 4])  # [3, B, A, T, D]
    query, key, value = (
        g.op("Squeeze", part, g.constant([0]))
        for part in g.op("Split", stacked, outputs=3, axis=0, num_outputs=3)
    )
    scores = g.op("MatMul", query, g.op("Transpose", key, perm=[0, 1, 3, 2]))
    probabilities = g.op("Softmax", g.op("Add", scores, bias), axis=-1)
    context = g.op("MatMul", probabilities, value)
    joined = g.reshape(g.op("Transpose", context, perm=[0, 2, 1, 3]), [-1, H])
    out = g.op(
        "Gemm",
        joined,
        g.weight(f"{prefix}.attention_output.weight"),
        g.weight(f"{prefix}.attention_output.bias"),
        transB=1,
    )
    return out, SavedAttention(query, key, value, probabilities, context, layer)


def attention_backward(g: Graph, spec: EncoderSpec, d_out: str, sizes: str, saved: SavedAttention) -> str:
    """Return the gradient of the input ``[N, H]`` from that of the output projection ``[N, H]``."""
    A, D, H = spec.num_heads, spec.head_size, spec.hidden_size
    prefix = f"layer.{saved.layer}"
    d_joined = g.op("Gemm", d_out, g.weight(f"{prefix}.attention_output.weight"))
    folded = g.op("Reshape", d_joined, g.op("Concat", sizes, g.constant([A, D]), axis=0))
    d_context = g.op("Transpose", folded, perm=[0, 2, 1, 3])  # [B, A, T, D]
    d_probabilities = g.op("MatMul", d_context, g.op("Transpose", saved.value, perm=[0, 1, 3, 2]))
    d_value = g.op("MatMul", g.op("Transpose", saved.probabilities, perm=[0, 1, 3, 2]), d_context)
    # sum_j P_ij dP_ij = <dC_i, C_i>: D numbers a row to sum in place of T.
    row = g.op("ReduceSum", g.op("Mul", d_context, saved.context), g.constant([-1]), keepdims=1)
    d_scores = g.op("Mul", saved.probabilities, g.op("Sub", d_probabilities, row))
    d_query = g.op("MatMul", d_scores, saved.key)
    d_key = g.op("MatMul", g.op("Transpose", d_scores, perm=[0, 1, 3, 2]), saved.query)
    unsqueezed = [g.op("Unsqueeze", part, g.constant([0])) for part in (d_query, d_key, d_value)]
    stacked = g.op("Concat", *unsqueezed, axis=0)  # [3, B, A, T, D]
    d_qkv = g.reshape(g.op("Transpose", stacked, perm=[1, 3, 0, 2, 4]), [-1, 3 * H])
    return g.op("Gemm", d_qkv, g.weight(f"{prefix}.qkv.weight"))
