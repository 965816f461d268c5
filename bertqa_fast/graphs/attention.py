"""Multi-head self-attention (Vaswani et al. 2017, eq. 1) and its backward twin.

The product with the queries, keys and values is one matrix product with the weight ``[3H, H]``; the scale
1/sqrt(D) is folded into the query rows of that weight when it is exported.
"""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.builder import Dim, Fused, Graph
from bertqa_fast.graphs.spec import EncoderSpec


@dataclass(frozen=True)
class At:
    """Some tokens of every sequence, the only ones that ask in a block: its queries and its outputs.

    ``hot``: ``[B, P, T]``, 1 where the p-th of them is. Gathering is a product with it and scattering one
    with its transpose, in which what falls on one token adds up. ``sizes``: int64 ``[2]``, (B, P).
    """

    hot: str
    sizes: str

    def gather(self, g: Graph, spec: EncoderSpec, x: str, sizes: str) -> str:
        """``[N, H]`` becomes ``[B * P, H]``."""
        folded = _fold(g, x, sizes, g.constant([spec.hidden_size]))
        return g.reshape(g.op("MatMul", self.hot, folded), [-1, spec.hidden_size])

    def scatter(self, g: Graph, spec: EncoderSpec, x: str) -> str:
        """``[B * P, H]`` becomes ``[N, H]``: sums at these tokens, 0 elsewhere."""
        folded = _fold(g, x, self.sizes, g.constant([spec.hidden_size]))
        return g.reshape(g.op("MatMul", self._columns(g), folded), [-1, spec.hidden_size])

    def gather_heads(self, g: Graph, x: str) -> str:
        """``[B, A, T, D]`` becomes ``[B, A, P, D]``."""
        return g.op("MatMul", g.op("Unsqueeze", self.hot, g.constant([1])), x)

    def scatter_heads(self, g: Graph, x: str) -> str:
        """``[B, A, P, D]`` becomes ``[B, A, T, D]``."""
        return g.op("MatMul", g.op("Unsqueeze", self._columns(g), g.constant([1])), x)

    def _columns(self, g: Graph) -> str:
        return g.op("Transpose", self.hot, perm=[0, 2, 1])


@dataclass(frozen=True)
class SavedAttention:
    """Queries, keys, values ``[B, A, T, D]`` and probabilities ``[B, A, T, T]``.

    With ``at``, queries ``[B, A, P, D]`` and probabilities ``[B, A, P, T]``.
    """

    query: str
    key: str
    value: str
    probabilities: str
    layer: int
    at: At | None


def _fold(g: Graph, x: str, sizes: str, layout: str) -> str:
    return g.op("Reshape", x, g.op("Concat", sizes, layout, axis=0))


def _split_qkv(g: Graph, x: str, bias: str, sizes: str, layout: str) -> tuple[str, ...]:
    """Deal ``[N, 3H]`` out to three ``[B, A, T, D]``: ``sizes`` is (B, T), ``layout`` (3, A, D)."""
    folded = _fold(g, g.op("Add", x, bias), sizes, layout)
    stacked = g.op("Transpose", folded, perm=[2, 0, 3, 1, 4])  # [3, B, A, T, D]
    parts = g.op("Split", stacked, outputs=3, axis=0, num_outputs=3)
    return tuple(g.op("Squeeze", part, g.constant([0])) for part in parts)


def _merge_qkv(g: Graph, query: str, key: str, value: str) -> tuple[str]:
    """Three ``[B, A, T, D]`` become ``[N, 3H]``."""
    unsqueezed = [g.op("Unsqueeze", part, g.constant([0])) for part in (query, key, value)]
    stacked = g.op("Concat", *unsqueezed, axis=0)
    return (g.op("Flatten", g.op("Transpose", stacked, perm=[1, 3, 0, 2, 4]), axis=2),)


def _split_heads(g: Graph, x: str, sizes: str, layout: str) -> tuple[str]:
    """``[N, H]`` becomes ``[B, A, T, D]``: ``sizes`` is (B, T), ``layout`` (A, D)."""
    return (g.op("Transpose", _fold(g, x, sizes, layout), perm=[0, 2, 1, 3]),)


def _merge_heads(g: Graph, x: str) -> tuple[str]:
    """``[B, A, T, D]`` becomes ``[N, H]``."""
    return (g.op("Flatten", g.op("Transpose", x, perm=[0, 2, 1, 3]), axis=2),)


def _turned(g: Graph, x: str) -> str:
    return g.op("Transpose", x, perm=[0, 1, 3, 2])


def _masked_softmax(g: Graph, scores: str, bias: str) -> tuple[str]:
    return (g.op("Softmax", g.op("Add", scores, bias), axis=-1),)


def _softmax_backward(g: Graph, p: str, dp: str) -> tuple[str]:
    """dS_ij = P_ij (dP_ij - sum_k P_ik dP_ik)."""
    row = g.op("ReduceSum", g.op("Mul", p, dp), g.constant([-1]), keepdims=1)
    return (g.op("Mul", p, g.op("Sub", dp, row)),)


SPLIT_QKV = Fused(
    "SplitQKV",
    ("x", "bias", "sizes", "layout"),
    _split_qkv,
    outputs=3,
    required=3,
    integers=("sizes", "layout"),
)
MERGE_QKV = Fused("MergeQKV", ("query", "key", "value"), _merge_qkv)
SPLIT_HEADS = Fused("SplitHeads", ("x", "sizes", "layout"), _split_heads, integers=("sizes", "layout"))
MERGE_HEADS = Fused("MergeHeads", ("x",), _merge_heads)
# On the tiles of AMX, where a session multiplies in bfloat16 at all; the runtime's own products elsewhere.
PRODUCT = Fused("HeadProduct", ("a", "b"), lambda g, a, b: (g.op("MatMul", a, b),))
PRODUCT_TRANSPOSED_LEFT = Fused(
    "HeadProductTransposedLeft", ("a", "b"), lambda g, a, b: (g.op("MatMul", _turned(g, a), b),)
)
PRODUCT_TRANSPOSED_RIGHT = Fused(
    "HeadProductTransposedRight", ("a", "b"), lambda g, a, b: (g.op("MatMul", a, _turned(g, b)),)
)
MASKED_SOFTMAX = Fused("MaskedSoftmax", ("scores", "bias"), _masked_softmax)
SOFTMAX_BACKWARD = Fused("SoftmaxBackward", ("p", "dp"), _softmax_backward)


def _scores_shape(spec: EncoderSpec, sizes: str, at: At | None) -> list[Dim]:
    """Return the shape of scores and their like."""
    queries = f"T of {sizes}" if at is None else f"P of {at.sizes}"
    return [f"B of {sizes}", spec.num_heads, queries, f"T of {sizes}"]


def attention(
    g: Graph, spec: EncoderSpec, layer: int, x: str, sizes: str, bias: str, at: At | None = None
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
    at : At, optional
        The only tokens that ask; all by default.

    Returns
    -------
    tuple of (str, SavedAttention)
        The output projection of the context, ``[N, H]`` (``[B * P, H]`` with ``at``), without its bias and
        the residual.
    """
    query, key, value = queries_keys_values(g, spec, layer, x, sizes)
    if at is not None:
        query = at.gather_heads(g, query)
    [scores] = g.fused(PRODUCT_TRANSPOSED_RIGHT, query, key)
    [probabilities] = g.fused(MASKED_SOFTMAX, scores, bias)
    g.shape(_scores_shape(spec, sizes, at), scores, probabilities)
    [joined] = g.fused(MERGE_HEADS, *g.fused(PRODUCT, probabilities, value))
    out = g.linear(joined, f"{spec.block_name(layer)}.attention_output.weight")
    return out, SavedAttention(query, key, value, probabilities, layer, at)


def queries_keys_values(g: Graph, spec: EncoderSpec, layer: int, x: str, sizes: str) -> tuple[str, ...]:
    """Return what hidden states ``[N, H]`` ask for, offer and tell, ``[B, A, T, D]`` each."""
    qkv = g.linear(x, f"{spec.block_name(layer)}.qkv.weight")
    layout = g.constant([3, spec.num_heads, spec.head_size])
    return g.fused(SPLIT_QKV, qkv, g.weight(f"{spec.block_name(layer)}.qkv.bias"), sizes, layout)


def attention_backward(g: Graph, spec: EncoderSpec, d_out: str, sizes: str, saved: SavedAttention) -> str:
    """Return the gradient of the input ``[N, H]`` from ``d_out``, that of the sum of output and residual."""
    prefix, at = spec.block_name(saved.layer), saved.at
    d_joined = g.linear_backward(d_out, f"{prefix}.attention_output.weight")
    layout = g.constant([spec.num_heads, spec.head_size])
    [d_context] = g.fused(SPLIT_HEADS, d_joined, sizes if at is None else at.sizes, layout)
    [d_probabilities] = g.fused(PRODUCT_TRANSPOSED_RIGHT, d_context, saved.value)
    [d_value] = g.fused(PRODUCT_TRANSPOSED_LEFT, saved.probabilities, d_context)
    [d_scores] = g.fused(SOFTMAX_BACKWARD, saved.probabilities, d_probabilities)
    g.shape(_scores_shape(spec, sizes, at), d_probabilities, d_scores)
    [d_query] = g.fused(PRODUCT, d_scores, saved.key)
    [d_key] = g.fused(PRODUCT_TRANSPOSED_LEFT, d_scores, saved.query)
    if at is not None:
        d_query, d_out = at.scatter_heads(g, d_query), at.scatter(g, spec, d_out)
    [d_qkv] = g.fused(MERGE_QKV, d_query, d_key, d_value)
    return g.linear_backward(d_qkv, f"{prefix}.qkv.weight", d_out)
