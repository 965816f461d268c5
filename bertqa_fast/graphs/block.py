"""The encoder block of BERT (attention, residual, LayerNorm, feed-forward, residual, LayerNorm) and its twin.

Both work on hidden states as a matrix ``[N, H]``, N = B * T. The twin returns the gradient of the input only:
weights are never differentiated.
"""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.attention import At, SavedAttention, attention, attention_backward
from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import SavedNorm, add_norm, layer_norm_backward
from bertqa_fast.graphs.spec import EncoderSpec


@dataclass(frozen=True)
class SavedBlock:
    """What the forward block keeps for its backward twin."""

    layer: int
    attention: SavedAttention
    attention_norm: SavedNorm
    slope: str
    output_norm: SavedNorm


def block(
    g: Graph, spec: EncoderSpec, layer: int, x: str, sizes: str, bias: str, at: At | None = None
) -> tuple[str, SavedBlock]:
    """Run encoder block ``layer``; see :func:`bertqa_fast.graphs.attention.attention` for the arguments.

    Biases are added by what follows a product, on its way through memory, and not by the product. With ``at``
    only queries, keys and values are worked out for every token, and the output is ``[B * P, H]``.
    """
    with g.scope(f"block_{layer}"):
        attended, saved_attention = attention(g, spec, layer, x, sizes, bias, at)
        if at is not None:
            x = at.gather(g, spec, x, sizes)
        y, saved = above_attention(g, spec, layer, attended, x, _rows(sizes, at))
    return y, SavedBlock(layer, saved_attention, *saved)


def above_attention(
    g: Graph, spec: EncoderSpec, layer: int, attended: str, x: str, rows: str
) -> tuple[str, tuple[SavedNorm, str, SavedNorm]]:
    """Run what a block does with each token on its own: residual, LayerNorm, feed-forward, and both again.

    ``attended`` is the output projection of the context and ``x`` the block's input, ``[M, H]`` each;
    ``rows`` names M. Also returned is what the backward twin needs: first LayerNorm, slope, second LayerNorm.
    """
    prefix = spec.block_name(layer)
    middle, attention_norm = add_norm(
        g,
        attended,
        g.weight(f"{prefix}.attention_output.bias"),
        x,
        f"{prefix}.attention_norm",
        spec.layer_norm_eps,
    )
    intermediate = g.linear(middle, f"{prefix}.intermediate.weight")
    activated, slope = ACTIVATIONS[spec.activation](g, intermediate, g.weight(f"{prefix}.intermediate.bias"))
    g.shape([rows, spec.intermediate_size], intermediate, activated, slope)
    output = g.linear(activated, f"{prefix}.output.weight")
    y, output_norm = add_norm(
        g,
        output,
        g.weight(f"{prefix}.output.bias"),
        middle,
        f"{prefix}.output_norm",
        spec.layer_norm_eps,
    )
    g.shape([rows, spec.hidden_size], attended, attention_norm.z, middle, output, output_norm.z, y)
    return y, (attention_norm, slope, output_norm)


def block_backward(g: Graph, spec: EncoderSpec, dy: str, sizes: str, saved: SavedBlock) -> str:
    """Return the gradient of the block's input ``[N, H]`` from that of its output."""
    prefix = spec.block_name(saved.layer)
    rows = _rows(sizes, saved.attention.at)
    with g.scope(f"block_{saved.layer}_backward"):
        d_sum = layer_norm_backward(g, dy, saved.output_norm)
        d_activated = g.linear_backward(d_sum, f"{prefix}.output.weight")
        d_intermediate = g.op("Mul", d_activated, saved.slope)
        d_middle = g.linear_backward(d_intermediate, f"{prefix}.intermediate.weight")
        d_residual = layer_norm_backward(g, d_middle, saved.attention_norm, d_sum)
        dx = attention_backward(g, spec, d_residual, sizes, saved.attention)
        g.shape([rows, spec.intermediate_size], d_activated, d_intermediate)
        g.shape([rows, spec.hidden_size], d_sum, d_middle, d_residual)
        g.shape([f"N of {sizes}", spec.hidden_size], dx)
        return dx


def _rows(sizes: str, at: At | None) -> str:
    """Name how many rows the output has: a symbol that means one number in the whole graph."""
    return f"N of {sizes}" if at is None else f"N of {at.sizes}"
